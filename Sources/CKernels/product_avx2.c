#include "internal.h"

// Products in float32 with AVX2 and FMA: 6 x 16 sums in twelve of the sixteen registers.

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi2"))), apply_to = function)
#define MASK_256
#define PANEL 6
#define KERNELS ck_product_avx2
#include "body_vector.h"
#include "body_vector_product.h"
#pragma clang attribute pop
#endif
