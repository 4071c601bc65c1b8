#pragma once

#include "tenjo/base/random.h"

namespace tenjo::synth {

using tenjo::Random;

}  // namespace tenjo::synth
