#include "internal.h"

// Products in float32 with NEON: 6 x 16 sums in 24 of the 32 registers.

#if defined(__aarch64__)
#include <arm_neon.h>

#define HALF_NEON
#define PANEL 6
#define KERNELS ck_product_neon
#include "body_vector.h"
#include "body_vector_product.h"
#endif
