#pragma once

#include <string>
#include <vector>

namespace tenjo {

//! What this machine's processor offers to networks.
struct Processor {
  std::string name;
  int cores = 0;                          //!< that the program may use
  std::vector<std::string> instructions;  //!< of AVX2, AVX-512, VNNI, AMX, bf16; those it has
  std::vector<std::string> lacks;         //!< the others
  std::vector<std::string> computes;      //!< as OpenVINO says: FP32, INT8, BF16, ...

  bool Computes(const std::string& precision) const;
};

Processor ReadProcessor();

//! Throws Error for a processor that does not compute in bf16.
void NeedBf16(const Processor& processor);

}  // namespace tenjo
