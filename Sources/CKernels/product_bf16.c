#include "internal.h"

#include <string.h>

// Products in BF16: both factors rounded to 8 bits of mantissa (to nearest even), sums in float32. The instruction
// multiplies pairs of neighbours in k, so B's tiles hold terms k and k + 1 side by side and A is read as pairs.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,bmi2"))), apply_to = function)

enum { ROWS = 12, UNIT = 2, DEPTH = 768, A_ROWS = 480, B_COLUMNS = 512, FETCHES = 0, A_STRIDE = DEPTH + 32 };
#include "product_parts.h"
#include "pack_bf16.h"

static inline __attribute__((always_inline)) void inner_step(
    __m512 sum[ROWS][2], const element *a, int64_t stride, const element *b, int vectors) {
    __m512bh column[2];
    for (int v = 0; v < vectors; v++) column[v] = (__m512bh)_mm512_load_si512(b + 32 * v);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        int pair;
        memcpy(&pair, a + r * stride, sizeof pair);
        __m512bh row = (__m512bh)_mm512_set1_epi32(pair);
        for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], row, column[v]);
    }
}

#include "body_thin.h"
#include "thin_vectors.h"
#include "body_block_weights.h"
#include "body_tile.h"
#include "body_product.h"
#include "body_blocks.h"

#pragma clang attribute pop

int ck_product_bf16(const ck_product *p) {
    if (ck_isa() == CK_ISA_AMX) return ck_product_amx(p);
    if (ck_isa() != CK_ISA_AVX512BF16) return 0;
    return run_product(p);
}

#else

int ck_product_bf16(const ck_product *p) {
    (void)p;
    return 0;
}

#endif
