#include "internal.h"

#include <string.h>

// Products in BF16 by AMX, which multiplies tiles: factors rounded and sums kept as in product_bf16.c, 32 terms added to
// 16 x 16 sums by one instruction.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target( \
        "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,bmi2,amx-tile,amx-bf16,prfchw"))), apply_to = function)

enum { ROWS = 32, UNIT = 32, DEPTH = 768, A_ROWS = 480, B_COLUMNS = 512, FETCHES = 1, A_STRIDE = DEPTH + 32 };
#include "product_parts.h"
#include "pack_bf16.h"

#include "amx.h"
#define ADD_FACTORS(a, a_stride, b, b_type, steps, two_rows, two_columns) \
    ADD_TERMS(a, (a_stride) * 2, 64, b, 64, 1024, steps, two_rows, two_columns)
#include "body_thin.h"
#include "thin_tiles.h"
#include "body_block_weights.h"
#include "tile_amx.h"
#include "body_product.h"
#include "body_blocks.h"

#pragma clang attribute pop

int ck_product_amx(const ck_product *p) { return run_product(p); }

#else

int ck_product_amx(const ck_product *p) {
    (void)p;
    return 0;
}

#endif
