#pragma once

#include <torch/types.h>

namespace tenjo {

struct PersonLosses {
  torch::Tensor centres;
  torch::Tensor boxes;
};

//! Losses of person heads. `targets`: N x 10 x h x w (pose/person_encoder.h).
//! - centres: focal loss that forgives what lies near a person (Zhou et al. 2019, equation 1;
//!   alpha 2, beta 4), over the number of people.
//! - boxes: smooth L1 of the place, in shares of half the box's size, of the sides' logarithms and
//!   of the doubled angle's cosine and sine; the angle counts the less the more the box is a
//!   square. The mean over the people.
PersonLosses LossesOfPeople(const torch::Tensor& centres, const torch::Tensor& boxes,
                            const torch::Tensor& targets);

}  // namespace tenjo
