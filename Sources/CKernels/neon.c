#include "internal.h"

// Every 64-bit ARM has NEON, so the bodies need no target attribute: with 32 registers, tiles are as large as AVX2's.

#if defined(__aarch64__)
#include <arm_neon.h>

#define HALF_NEON
#define TABLE ck_table_neon
enum { MR = 6, NR = 1 };
#include "body_vector.h"
#include "body_elements.h"
#include "body_norms.h"
#include "body_activations.h"
#include "body_attention.h"
#include "body_table.h"
#endif
