#pragma once

// Loops over pixels are compiled a second time for AVX2, chosen when the program starts. Sanitizers
// cannot run the functions that choose. Contraction is off, so both kinds give the same numbers.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__ELF__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TENJO_VECTORIZED __attribute__((target_clones("avx2", "default")))
#else
#define TENJO_VECTORIZED
#endif
