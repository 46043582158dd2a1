#include "internal.h"

#include <string.h>

// Products in float32 with AVX-512: 12 x 32 sums in registers. Elsewhere OpenBLAS does them.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi2"))), apply_to = function)

typedef float element;
enum { ROWS = 12, STEP = 1, UNIT = 1, DEPTH = 384, A_ROWS = 480, B_COLUMNS = 512, FETCHES = 0, A_STRIDE = DEPTH + 16, AHEAD = 64, TOGETHER = 16 };
#include "product_parts.h"
enum { ELEMENT = CK_F32 };
static inline int64_t filled(int64_t depth) { return depth; }

/// A (m, k): rows, each A_STRIDE apart.
static void pack_rows(float *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < depth; k += 16)
            _mm512_storeu_ps(out + r * A_STRIDE + k, widen16(at(a, type, r * lda + k), type, first(depth - k)));
}

/// A stored (k, m): the same rows, read across.
static void pack_rows_turned(float *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r += 16)
        for (int64_t k = 0; k < depth; k += 16) {
            __m512i block[16];
            for (int i = 0; i < 16; i++) {
                __mmask16 some = k + i < depth ? first(rows - r) : 0;
                block[i] = _mm512_castps_si512(widen16(at(a, type, (k + i) * lda + r), type, some));
            }
            turn_words(block);
            for (int i = 0; i < 16 && r + i < rows; i++)
                _mm512_storeu_si512(out + (r + i) * A_STRIDE + k, block[i]);
        }
}

/// What of the last ROWS rows does not exist, as zeros: what lies there must be numbers, or sums that nobody stores would
/// run at the speed of denormals.
static void clear_rows(float *out, int64_t rows, int64_t depth) {
    for (int64_t r = rows; r % ROWS != 0; r++) memset(out + r * A_STRIDE, 0, (size_t)depth * sizeof(float));
}

/// Terms `begin` to `end` of the tiles of B (k, n): for each term, 32 columns.
static void pack_some_tiles(
    float *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t begin, int64_t end, int64_t depth) {
    for (int64_t j = 0; j < columns; j += TILE)
        for (int64_t k = begin; k < end; k++) {
            _mm_prefetch(at(b, type, k * ldb + j + AHEAD), _MM_HINT_T0);
            for (int64_t half = 0; half < TILE; half += 16) {
                __mmask16 some = first(columns - j - half);
                float *to = out + j * depth + k * TILE + half;
                _mm512_store_ps(to, widen16(at(b, type, k * ldb + j + half), type, some));
            }
        }
}

/// Tiles of B stored (n, k), read across.
static void pack_tiles_turned(float *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    for (int64_t j = 0; j < columns; j += TILE, out += depth * TILE)
        for (int64_t half = 0; half < TILE; half += 16)
            for (int64_t k = 0; k < depth; k += 16) {
                __m512i block[16];
                for (int i = 0; i < 16; i++) {
                    const char *from = at(b, type, (j + half + i) * ldb + k);
                    _mm_prefetch(at(from, type, 16 * ldb), _MM_HINT_T0);
                    __mmask16 some = j + half + i < columns ? first(depth - k) : 0;
                    block[i] = _mm512_castps_si512(widen16(from, type, some));
                }
                turn_words(block);
                for (int i = 0; i < 16 && k + i < depth; i++) _mm512_store_si512(out + (k + i) * TILE + half, block[i]);
            }
}

static inline __attribute__((always_inline)) void inner_step(
    __m512 sum[ROWS][2], const element *a, int64_t stride, const element *b, int vectors) {
    __m512 column[2];
    for (int v = 0; v < vectors; v++) column[v] = _mm512_load_ps(b + 16 * v);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        __m512 row = _mm512_set1_ps(a[r * stride]);
        for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_fmadd_ps(row, column[v], sum[r][v]);
    }
}

/// Some of 16 results; all are float32 here.
static inline void store16(void *target, int type, __mmask16 mask, __m512 x) {
    (void)type;
    _mm512_mask_storeu_ps(target, mask, x);
}

/// Rows of the second sum's A, A2_DEPTH apart.
static void pack_second(float *out, const ck_product *p, int64_t row, int64_t rows) {
    __m512 factor = _mm512_set1_ps(p->alpha2);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < p->k2; k += 16) {
            __m512 x = _mm512_maskz_loadu_ps(first(p->k2 - k), p->a2 + (row + r) * p->lda2 + k);
            _mm512_storeu_ps(out + r * A2_DEPTH + k, _mm512_mul_ps(x, factor));
        }
}

/// 16 columns of a row.
static inline __m512i words_of_rows(const void *row, int type, int64_t stride, int64_t there, __mmask16 some) {
    (void)stride, (void)there;
    return _mm512_castps_si512(widen16(row, type, some));
}
static inline __attribute__((always_inline)) void columns_of_rows(
    __m512i column[2], const void *row, int type, int64_t stride, int64_t there, const __mmask16 some[2]) {
    _mm_prefetch(at(row, type, 2 * 16), _MM_HINT_T0);
    _mm_prefetch(at(row, type, 3 * 16), _MM_HINT_T0);
    column[0] = words_of_rows(row, type, stride, there, some[0]);
    column[1] = words_of_rows(at(row, type, 16), type, stride, there, some[1]);
}
static inline __attribute__((always_inline)) __m512 multiply_word(__m512 sum, const uint32_t *word, __m512i column) {
    float x;
    memcpy(&x, word, sizeof x);
    return _mm512_fmadd_ps(_mm512_set1_ps(x), _mm512_castsi512_ps(column), sum);
}

#include "body_thin.h"
#include "thin_vectors.h"
#include "body_block_weights.h"
#include "body_tile.h"
#include "body_product.h"
#include "body_blocks.h"

#pragma clang attribute pop

int ck_product_widens_blocks(void) { return ck_isa() >= CK_ISA_AVX512; }

/// Whether tile registers are faster: they need whole tiles, and work enough for the numbers that are split.
static int tiles_pay(const ck_product *p) {
    return !is_thin(p) && p->m >= 64 && p->n >= 64 && p->k >= 32 && p->m * p->n * p->k >= 4000000;
}

int ck_product_f32(const ck_product *p) {
    if (ck_isa() < CK_ISA_AVX512 || p->c_type != CK_F32) return 0;
    if (ck_isa() == CK_ISA_AMX && tiles_pay(p)) return ck_product_thirds(p);
    return run_product(p);
}

#else

int ck_product_widens_blocks(void) { return 0; }

int ck_product_f32(const ck_product *p) {
    (void)p;
    return 0;
}

#endif
