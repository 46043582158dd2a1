#include "internal.h"

// Products in float32 with what every processor has: what the others are compared with.

#define PANEL 2
#define KERNELS ck_product_portable
#include "body_vector.h"
#include "body_vector_product.h"
