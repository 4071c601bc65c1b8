#pragma once

#include <span>

#include "tenjo/vision/embedding.h"

namespace tenjo {

//! Sum of products. The order of the sum is fixed: the same numbers on every machine.
float Dot(std::span<const float> a, std::span<const float> b);

//! True if all numbers are finite and not all of them 0.
bool IsUsable(std::span<const float> embedding);

//! Gives a usable embedding unit length.
void Normalise(std::span<float> embedding);

//! 1 - cosine of the angle between two embeddings of unit length: 0 for the same, up to 2.
double CosineDistance(std::span<const float> a, std::span<const float> b);
//! Euclidean distance of two embeddings of unit length: the root of twice the cosine distance.
double EuclideanDistance(std::span<const float> a, std::span<const float> b);

}  // namespace tenjo
