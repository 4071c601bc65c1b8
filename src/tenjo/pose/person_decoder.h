#pragma once

#include <vector>

#include "tenjo/vision/rotated_box.h"

namespace tenjo {

//! Outputs "centres" and "boxes" of a network with person heads for one image (docs/formats.md):
//! planes of `height` x `width`, row by row. They belong to the caller.
struct PersonMaps {
  const float* centres = nullptr;  //!< 1 plane: logits
  const float* boxes = nullptr;    //!< 6 planes
  int width = 0;
  int height = 0;
  int stride = 8;  //!< input pixels per map pixel
};

struct PersonDecoderOptions {
  float threshold = 0.3F;  //!< least score of a person, in (0, 1)
  //! Of two boxes that overlap more than this (IoU) the one of the lower score goes.
  double overlap = 0.5;
  int max_people = 300;  //!< the best stay
};

//! A person's box as it was found.
struct FoundBox {
  RotatedBox box;    //!< pixels of the network's input
  double score = 0;  //!< in (0, 1)
};

//! People by their centres: maxima of 3x3 logits over the threshold (Zhou et al. 2019), each with
//! the box on which the pixels about it vote (Gidaris and Komodakis 2015, arXiv:1505.01749), by
//! falling score. Of equal neighbours the first, row by row, is the
//! maximum. What is not finite is nobody. Throws Error for options that make no sense.
std::vector<FoundBox> DecodePeople(const PersonMaps& maps,
                                   const PersonDecoderOptions& options = {});

}  // namespace tenjo
