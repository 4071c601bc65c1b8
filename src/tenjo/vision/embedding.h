#pragma once

#include <vector>

namespace tenjo {

//! What a person looks like, as an appearance network says it: some numbers of unit length.
using Embedding = std::vector<float>;

}  // namespace tenjo
