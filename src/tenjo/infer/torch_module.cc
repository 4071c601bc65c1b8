#include "tenjo/infer/torch_module.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string_view>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// LibTorch takes about a second and 150 MB to load, and most runs do not need it. It stays loaded:
// it leaves threads behind.
void* LoadModule() {
  void* module = dlopen("libtenjo_torch.so", RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    throw Error(fmt::format("LibTorch is not there (Tenjo is built with it by TENJO_TORCH=ON): {}",
                            dlerror()));
  }
  using Version = const char*();
  auto* version = reinterpret_cast<Version*>(dlsym(module, "tenjo_torch_version"));
  if (version == nullptr || std::string_view(version()) != TENJO_VERSION) {
    throw Error("libtenjo_torch.so is not of this Tenjo, " TENJO_VERSION);
  }
  return module;
}

}  // namespace

void* TorchSymbol(const char* name) {
  static void* const kModule = LoadModule();
  void* symbol = dlsym(kModule, name);
  TENJO_CHECK(symbol != nullptr);
  return symbol;
}

}  // namespace tenjo
