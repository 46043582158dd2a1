#include "internal.h"

#include <string.h>

// Products in float32 by AMX, whose tiles multiply BF16 alone: a float32 number is the sum of three in BF16 (but for
// 2^-25 of it, pack_thirds.h), so a product of two is the sum of nine. The three smallest are together below 2^-24 of it,
// where float32 rounds, and are left out; the other six are added to the same float32 sums. Henry, Tang and Heinecke 2019
// ("Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations") show why the error is
// that of float32. Two things differ: numbers, or what two parts leave over of them, count as zero below 2^-126; and an
// infinity makes its sums not a number.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target( \
        "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,bmi2,amx-tile,amx-bf16,prfchw"))), apply_to = function)

// Both packed blocks stay in a second-level cache of 2 MiB. Columns are many, since the rows of A are split anew for
// every block of them.
enum { ROWS = 32, DEPTH = 256, A_ROWS = 160, B_COLUMNS = 768, FETCHES = 0 };
#include "product_parts.h"
#include "pack_thirds.h"

#include "amx.h"
#define LOAD(number, from, part) _tile_loadd(number, (from) + (part) * PART + number % 2 * (PART / 2), 64)
#define LOAD_A0(part) LOAD(4, from_a, part)
#define LOAD_A1(part) if (two_rows) LOAD(5, from_a, part)
#define LOAD_B0(part) LOAD(6, from_b, part)
#define LOAD_B1(part) if (two_columns) LOAD(7, from_b, part)
#define ADD00 _tile_dpbf16ps(0, 4, 6)
#define ADD01 if (two_columns) _tile_dpbf16ps(1, 4, 7)
#define ADD10 if (two_rows) _tile_dpbf16ps(2, 5, 6)
#define ADD11 if (two_rows && two_columns) _tile_dpbf16ps(3, 5, 7)

// Of each part of A and of B those that are multiplied next are in the registers: only one of B is loaded twice. B
// that was held in BF16 has one part.
#define ADD_THREE_PARTS()                               \
    LOAD_A0(0); LOAD_B0(2); LOAD_A1(0); LOAD_B1(2);     \
    ADD00; ADD10; LOAD_B0(1); ADD01; ADD11; LOAD_B1(1); \
    ADD00; ADD10; LOAD_B0(0); ADD01; ADD11; LOAD_B1(0); \
    ADD00; ADD01; LOAD_A0(2); ADD10; ADD11; LOAD_A1(2); \
    ADD00; ADD01; LOAD_A0(1); ADD10; ADD11; LOAD_A1(1); \
    ADD00; ADD10; LOAD_B0(1); ADD01; ADD11; LOAD_B1(1); \
    ADD00; ADD01; ADD10; ADD11
#define ADD_ONE_PART()                                  \
    LOAD_A0(2); LOAD_B0(0); LOAD_A1(2); LOAD_B1(0);     \
    ADD00; ADD01; LOAD_A0(1); ADD10; ADD11; LOAD_A1(1); \
    ADD00; ADD01; LOAD_A0(0); ADD10; ADD11; LOAD_A1(0); \
    ADD00; ADD01; ADD10; ADD11

#define ADD_FACTORS(a, a_stride, b, b_type, pairs, two_rows, two_columns)                   \
    do {                                                                                    \
        const uint16_t *from_a = (const uint16_t *)(a), *from_b = (const uint16_t *)(b);    \
        const uint16_t *end = from_a + (pairs) / (UNIT / 2) * 3 * PART;                     \
        (void)(a_stride);                                                                   \
        if ((b_type) == CK_BF16)                                                            \
            for (; from_a < end; from_a += 3 * PART, from_b += 3 * PART) { ADD_ONE_PART(); } \
        else                                                                                \
            for (; from_a < end; from_a += 3 * PART, from_b += 3 * PART) { ADD_THREE_PARTS(); } \
    } while (0)

/// Some of 16 results; all are float32 here.
static inline void store16(void *target, int type, __mmask16 mask, __m512 x) {
    (void)type;
    _mm512_mask_storeu_ps(target, mask, x);
}
/// Thin products stay with vectors: they are bound by what they read.
static inline int run_thin(const ck_product *p) {
    (void)p;
    return 0;
}

#include "body_block_weights.h"
#include "tile_amx.h"
#include "body_product.h"
#include "body_blocks.h"

#pragma clang attribute pop

int ck_product_thirds(const ck_product *p) { return run_product(p); }

#else

int ck_product_thirds(const ck_product *p) {
    (void)p;
    return 0;
}

#endif
