#include "tenjo/serve/id_corrections.h"

#include <algorithm>
#include <iterator>

namespace tenjo {

std::vector<IdCorrection> IdCorrectionsOf(std::span<const Correction> corrections) {
  std::vector<IdCorrection> list;
  list.reserve(corrections.size());
  std::transform(corrections.begin(), corrections.end(), std::back_inserter(list),
                 [](const Correction& correction) {
                   return IdCorrection{.from = correction.other_id,
                                       .to = correction.id,
                                       .swap = correction.kind == Correction::Kind::kSwap};
                 });
  return list;
}

}  // namespace tenjo
