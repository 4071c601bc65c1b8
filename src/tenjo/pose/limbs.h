#pragma once

#include <vector>

#include "tenjo/pose/padded_map.h"
#include "tenjo/pose/peaks.h"

namespace tenjo {

//! Two peaks found to be the ends of one limb.
struct LimbConnection {
  int from = 0;  //!< place in the list of the limb's first keypoint
  int to = 0;    //!< place in the list of its second keypoint
  float score = 0;
};

struct LimbOptions {
  float paf_threshold = 0.05F;  //!< least projection of the paf on the limb at a sample point
  float limb_ratio = 0.8F;      //!< share of the sample points that must reach more than this
};

//! Mean projection of the part affinity field on the line between two peaks, over those of 10
//! points of the line where it is above the threshold (Cao et al. 2017, eq. 10, as sampled by
//! Osokin 2018); 0 where too few points are. The field is interpolated at the points only.
float LimbScore(const PaddedMap& paf_x, const PaddedMap& paf_y, const Peak& from, const Peak& to,
                const LimbOptions& options);

//! Connects peaks greedily from the best score down, each peak at most once; of equal scores the
//! pair that comes first by `from`, then `to`.
std::vector<LimbConnection> ConnectLimbs(const PaddedMap& paf_x, const PaddedMap& paf_y,
                                         const std::vector<Peak>& from, const std::vector<Peak>& to,
                                         const LimbOptions& options);

}  // namespace tenjo
