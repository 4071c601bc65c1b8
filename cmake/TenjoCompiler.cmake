set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(TENJO_CCACHE ccache)
if(TENJO_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${TENJO_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TENJO_CCACHE}")
endif()

# What every target of the project is compiled with.
add_library(tenjo_compiler INTERFACE)
target_compile_features(tenjo_compiler INTERFACE cxx_std_20)
target_compile_options(tenjo_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  $<$<BOOL:${TENJO_WERROR}>:-Werror>)
# GCC 12 takes std::string's own memcpy for an overlap (its bug 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(tenjo_compiler INTERFACE -Wno-restrict)
endif()
# Floating point contraction would make results differ between machines with and without FMA.
target_compile_options(tenjo_compiler INTERFACE -ffp-contract=off)
if(TENJO_SANITIZE)
  target_compile_options(tenjo_compiler INTERFACE
    -fsanitize=${TENJO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # GCC takes the sanitizers' own code for uses of what is not initialised.
    -Wno-maybe-uninitialized)
  target_link_options(tenjo_compiler INTERFACE -fsanitize=${TENJO_SANITIZE})
endif()
