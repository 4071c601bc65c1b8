#include "tenjo/infer/processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <openvino/openvino.hpp>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

// As Linux names them. Other systems and architectures answer none.
std::set<std::string> Flags() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("flags")) {
      std::istringstream words(line.substr(line.find(':') + 1));
      std::set<std::string> flags;
      std::string word;
      while (words >> word) {
        flags.insert(word);
      }
      return flags;
    }
  }
  return {};
}

}  // namespace

bool Processor::Computes(const std::string& precision) const {
  return std::find(computes.begin(), computes.end(), precision) != computes.end();
}

Processor ReadProcessor() {
  Processor out;
  ov::Core core;
  out.name = Trim(core.get_property("CPU", ov::device::full_name));
  out.computes = core.get_property("CPU", ov::device::capabilities);
  out.cores = static_cast<int>(std::thread::hardware_concurrency());
  const std::set<std::string> flags = Flags();
  const std::vector<std::pair<std::string, std::vector<std::string>>> known = {
      {"AVX2", {"avx2"}},
      {"AVX-512", {"avx512f"}},
      {"VNNI", {"avx512_vnni", "avx_vnni"}},
      {"AMX", {"amx_int8"}},
      {"bf16", {"avx512_bf16", "amx_bf16"}}};
  for (const auto& [name, any] : known) {
    const bool has = std::any_of(any.begin(), any.end(),
                                 [&](const std::string& flag) { return flags.contains(flag); });
    (has ? out.instructions : out.lacks).push_back(name);
  }
  return out;
}

void NeedBf16(const Processor& processor) {
  if (!processor.Computes("BF16")) {
    throw Error(
        fmt::format("this processor ({}) does not compute in bf16; --precision fp32 or int8 run on "
                    "it",
                    processor.name));
  }
}

}  // namespace tenjo
