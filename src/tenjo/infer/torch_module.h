#pragma once

#include <memory>

#include "tenjo/infer/backend.h"

namespace tenjo {

//! A function of libtenjo_torch.so, the module that holds all that uses LibTorch; loaded at the
//! first call. Name and type must be those of an extern "C" function in it.
//! Throws Error if the module is absent (a Tenjo built without LibTorch) or of another version.
void* TorchSymbol(const char* name);

template <typename Function>
Function* TorchFunction(const char* name) {
  return reinterpret_cast<Function*>(TorchSymbol(name));
}

}  // namespace tenjo
