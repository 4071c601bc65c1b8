# LibTorch, Debian's or a PyPI wheel's. Not by its own CMake files: those of a wheel with CUDA ask for
# the CUDA compiler, which nothing here needs.
set(TENJO_TORCH_ROOT "" CACHE PATH
  "Folder with LibTorch's include/ and lib/, as .../site-packages/torch; empty: the system's")
find_path(TENJO_TORCH_INCLUDE torch/csrc/api/include/torch/torch.h HINTS "${TENJO_TORCH_ROOT}/include")
foreach(name torch torch_cpu c10)
  find_library(TENJO_LIB_${name} ${name} HINTS "${TENJO_TORCH_ROOT}/lib")
endforeach()
if(NOT TENJO_TORCH_INCLUDE OR NOT TENJO_LIB_torch OR NOT TENJO_LIB_torch_cpu OR NOT TENJO_LIB_c10)
  message(FATAL_ERROR "LibTorch was not found: install libtorch-dev, name its folder with "
    "-DTENJO_TORCH_ROOT=, or build without it (no training, no --backend torch) with -DTENJO_TORCH=OFF")
endif()
add_library(tenjo_libtorch INTERFACE)
target_include_directories(tenjo_libtorch SYSTEM INTERFACE
  "${TENJO_TORCH_INCLUDE}" "${TENJO_TORCH_INCLUDE}/torch/csrc/api/include")
target_link_libraries(tenjo_libtorch INTERFACE
  "${TENJO_LIB_torch}" "${TENJO_LIB_torch_cpu}" "${TENJO_LIB_c10}")
# CUDA's part registers itself when it is loaded; no symbol of it is named.
find_library(TENJO_LIB_torch_cuda torch_cuda HINTS "${TENJO_TORCH_ROOT}/lib")
if(TENJO_LIB_torch_cuda)
  find_library(TENJO_LIB_c10_cuda c10_cuda HINTS "${TENJO_TORCH_ROOT}/lib" REQUIRED)
  target_link_libraries(tenjo_libtorch INTERFACE -Wl,--no-as-needed
    "${TENJO_LIB_torch_cuda}" "${TENJO_LIB_c10_cuda}" -Wl,--as-needed)
endif()
