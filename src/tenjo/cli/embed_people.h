#pragma once

#include <cstdint>
#include <functional>

#include "tenjo/appearance/appearance_network.h"
#include "tenjo/dataset/identity_set.h"
#include "tenjo/evaluate/appearance_eval.h"

namespace tenjo::cli {

//! What a network says to each picture of a set. Pictures that cannot be read are named and left
//! out; `progress` is told how many are done. Throws Error if none is left.
EmbeddingSet EmbedPeople(const IdentitySet& set, AppearanceNetwork& network,
                         const std::function<void(std::int64_t)>& progress = {});

}  // namespace tenjo::cli
