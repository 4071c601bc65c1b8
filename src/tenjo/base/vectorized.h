#pragma once

// Loops over numbers are compiled again for wider vectors, chosen when the program starts: for
// AVX2, and where memory is not the limit for AVX-512 as well. Sanitizers cannot run the functions
// that choose. Contraction is off, so all kinds give the same numbers.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__ELF__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TENJO_VECTORIZED __attribute__((target_clones("avx2", "default")))
#define TENJO_VECTORIZED_WIDE __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define TENJO_VECTORIZED
#define TENJO_VECTORIZED_WIDE
#endif
