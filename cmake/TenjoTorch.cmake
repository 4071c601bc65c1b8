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
set(torch_include "${TENJO_TORCH_INCLUDE}")
if(TENJO_TORCH_ROOT AND EXISTS "${TENJO_TORCH_INCLUDE}/fmt")
  # Newer wheels bring an fmt of their own, which must not take the place of the one that spdlog was
  # built with.
  set(torch_include "${PROJECT_BINARY_DIR}/torch_include")
  file(MAKE_DIRECTORY "${torch_include}")
  file(GLOB entries RELATIVE "${TENJO_TORCH_INCLUDE}" "${TENJO_TORCH_INCLUDE}/*")
  list(REMOVE_ITEM entries fmt)
  foreach(entry ${entries})
    file(CREATE_LINK "${TENJO_TORCH_INCLUDE}/${entry}" "${torch_include}/${entry}" SYMBOLIC)
  endforeach()
endif()
add_library(tenjo_libtorch INTERFACE)
target_include_directories(tenjo_libtorch SYSTEM INTERFACE
  "${torch_include}" "${torch_include}/torch/csrc/api/include")
target_link_libraries(tenjo_libtorch INTERFACE
  "${TENJO_LIB_torch}" "${TENJO_LIB_torch_cpu}" "${TENJO_LIB_c10}")
# CUDA's part registers itself when it is loaded; no symbol of it is named.
find_library(TENJO_LIB_torch_cuda torch_cuda HINTS "${TENJO_TORCH_ROOT}/lib")
if(TENJO_LIB_torch_cuda)
  find_library(TENJO_LIB_c10_cuda c10_cuda HINTS "${TENJO_TORCH_ROOT}/lib" REQUIRED)
  target_link_libraries(tenjo_libtorch INTERFACE -Wl,--no-as-needed
    "${TENJO_LIB_torch_cuda}" "${TENJO_LIB_c10_cuda}" -Wl,--as-needed)
endif()
# NCCL, for several processes with GPUs: its header and those of the CUDA toolkit, of the wheels beside
# LibTorch's or installed. Without them gloo carries what GPUs have to say, over main memory.
set(TENJO_NCCL OFF)
if(TENJO_LIB_torch_cuda)
  file(GLOB wheels "${TENJO_TORCH_ROOT}/../nvidia/*/include" "${TENJO_TORCH_ROOT}/../nvidia/*/include/cccl")
  set(toolkit /usr/local/cuda/include /usr/local/cuda/include/cccl)
  find_path(TENJO_NCCL_INCLUDE nccl.h HINTS ${wheels} PATHS ${toolkit})
  find_path(TENJO_CUDA_INCLUDE crt/host_config.h HINTS ${wheels} PATHS ${toolkit})
  find_path(TENJO_CCCL_INCLUDE nv/target HINTS ${wheels} PATHS ${toolkit})
  if(TENJO_NCCL_INCLUDE AND TENJO_CUDA_INCLUDE AND TENJO_CCCL_INCLUDE)
    set(TENJO_NCCL ON)
    target_include_directories(tenjo_libtorch SYSTEM INTERFACE
      "${TENJO_NCCL_INCLUDE}" "${TENJO_CUDA_INCLUDE}" "${TENJO_CCCL_INCLUDE}" ${wheels})
  else()
    message(STATUS "Headers of NCCL or of the CUDA toolkit are absent: GPUs of several processes "
      "speak over gloo")
  endif()
endif()
