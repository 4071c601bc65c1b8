#pragma once

#include <span>
#include <vector>

#include "tenjo/pose/person_decoder.h"
#include "tenjo/vision/person.h"

namespace tenjo {

//! Skeletons and boxes of one picture, each as one person:
//! - A skeleton belongs to the box that holds most of it: at least 0.6 of its keypoints, by score,
//!   in the box widened by a tenth; of several boxes the one that it fills best, by the
//!   root of its score. A box has one
//!   skeleton at most. Pairs are made from the best down.
//! - Who has both keeps the keypoints, gets the rotated box and its upright one, and the score
//!   1 - (1 - a) (1 - b): found twice is more than found once.
//! - A skeleton without a box is a piece of a surer person (of several, of the surest) if at least
//!   0.6 of it lies in that person's box and it is weak (score under 0.15) or has only joints that
//!   the person lacks: those become the person's.
//! - A box alone is a person without keypoints, unless a person with a skeleton and no lower score
//!   covers more than half of it: that is a second box of the same person. A skeleton alone stays
//!   as it is.
//! By falling score; of equal ones skeletons first, in their order. Pixels of both must be the
//! same.
std::vector<Person> MergePeople(std::vector<Person> skeletons, std::span<const FoundBox> boxes);

}  // namespace tenjo
