#include "internal.h"

#include <string.h>

// Products in BF16: both factors rounded to 8 bits of mantissa (to nearest even), sums in float32.
//
// Blocks as Goto and van de Geijn 2008 ("Anatomy of high-performance matrix multiplication") cut them: DEPTH terms of
// the sum at a time, B packed in tiles of 32 columns that stay in the first-level cache, A rounded into rows that
// stay in the second. The instruction multiplies pairs of neighbours in k, so B's tiles hold (k, k + 1) side by side
// and A is read as pairs, broadcast. Every element of C is summed in the same order whatever the threads.

#if defined(__x86_64__)

#include <immintrin.h>

enum { DEPTH = 512, A_STRIDE = DEPTH + 32, ROWS = 12, TILE = 32, A_ROWS = 480, B_COLUMNS = 1024 };

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,bmi2"))), apply_to = function)

typedef uint16_t bf16;

static inline __m512 widen16(const void *source, int type, __mmask16 mask) {
    if (type == CK_F32) return _mm512_maskz_loadu_ps(mask, source);
    __m256i half = _mm256_maskz_loadu_epi16(mask, source);
    if (type == CK_F16) return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/// 16 numbers of any type as BF16.
static inline __m256i rounded16(const void *source, int type, __mmask16 mask) {
    if (type == CK_BF16) return _mm256_maskz_loadu_epi16(mask, source);
    return (__m256i)_mm512_cvtneps_pbh(widen16(source, type, mask));
}

static inline __mmask16 first(int64_t count) {
    return count >= 16 ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

static inline const char *at(const void *base, int type, int64_t index) {
    return (const char *)base + index * (type == CK_F32 ? 4 : 2);
}

/// A (m, k): `rows` rows of `depth` terms, each row DEPTH long and filled up with zeros to a pair.
static void pack_rows(bf16 *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r++) {
        bf16 *to = out + r * A_STRIDE;
        for (int64_t k = 0; k < depth; k += 16)
            _mm256_storeu_si256((__m256i *)(to + k), rounded16(at(a, type, r * lda + k), type, first(depth - k)));
    }
}

/// 16 rows of 16 numbers, turned.
static inline void turn16(__m256i r[16]) {
    __m256i t[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm256_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        r[4 * i] = _mm256_unpacklo_epi32(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm256_unpackhi_epi32(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm256_unpacklo_epi32(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm256_unpackhi_epi32(t[4 * i + 1], t[4 * i + 3]);
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 4; j++) {
            t[8 * i + 2 * j] = _mm256_unpacklo_epi64(r[8 * i + j], r[8 * i + 4 + j]);
            t[8 * i + 2 * j + 1] = _mm256_unpackhi_epi64(r[8 * i + j], r[8 * i + 4 + j]);
        }
    for (int j = 0; j < 8; j++) {
        r[j] = _mm256_permute2x128_si256(t[j], t[8 + j], 0x20);
        r[8 + j] = _mm256_permute2x128_si256(t[j], t[8 + j], 0x31);
    }
}

/// A stored (k, m): the same rows, read across.
static void pack_rows_turned(bf16 *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r += 16) {
        __mmask16 some = first(rows - r);
        for (int64_t k = 0; k < depth; k += 16) {
            __m256i block[16];
            for (int i = 0; i < 16; i++)
                block[i] = k + i < depth ? rounded16(at(a, type, (k + i) * lda + r), type, some) : _mm256_setzero_si256();
            turn16(block);
            for (int i = 0; i < 16 && r + i < rows; i++)
                _mm256_storeu_si256((__m256i *)(out + (r + i) * A_STRIDE + k), block[i]);
        }
    }
}

/// Tiles of B (k, n): for each pair of terms, 32 columns of two.
static void pack_tiles(bf16 *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    for (int64_t j = 0; j < columns; j += TILE) {
        for (int64_t k = 0; k < depth; k += 2) {
            for (int half = 0; half < 2; half++) {
                int64_t column = j + 16 * half;
                __mmask16 some = first(columns - column);
                __m512i low = _mm512_cvtepu16_epi32(rounded16(at(b, type, k * ldb + column), type, some));
                __m512i high = k + 1 < depth
                    ? _mm512_cvtepu16_epi32(rounded16(at(b, type, (k + 1) * ldb + column), type, some))
                    : _mm512_setzero_si512();
                _mm512_store_si512(out + k * TILE + 32 * half, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
            }
        }
        out += (depth + 1) / 2 * 2 * TILE;
    }
}

/// 16 rows of 16 pairs, turned.
static inline void turn_pairs(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    // r[4 i + j] holds, in its lane l, column 4 l + j of rows 4 i to 4 i + 3.
    for (int j = 0; j < 4; j++) {
        __m512i a = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88), b = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xdd);
        __m512i c = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88), d = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xdd);
        t[j] = _mm512_shuffle_i32x4(a, c, 0x88);
        t[8 + j] = _mm512_shuffle_i32x4(a, c, 0xdd);
        t[4 + j] = _mm512_shuffle_i32x4(b, d, 0x88);
        t[12 + j] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
    memcpy(r, t, sizeof t);
}

/// Tiles of B stored (n, k), read across.
static void pack_tiles_turned(bf16 *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    for (int64_t j = 0; j < columns; j += TILE) {
        for (int half = 0; half < 2; half++) {
            int64_t column = j + 16 * half;
            for (int64_t k = 0; k < depth; k += 32) {
                __mmask16 low = first(depth - k), high = first(depth - k - 16);
                __m512i block[16];
                for (int i = 0; i < 16; i++) {
                    if (column + i >= columns) {
                        block[i] = _mm512_setzero_si512();
                        continue;
                    }
                    __m256i left = rounded16(at(b, type, (column + i) * ldb + k), type, low);
                    __m256i right = rounded16(at(b, type, (column + i) * ldb + k + 16), type, high);
                    block[i] = _mm512_inserti64x4(_mm512_castsi256_si512(left), right, 1);
                }
                turn_pairs(block);
                for (int i = 0; i < 16 && k + 2 * i < depth; i++)
                    _mm512_store_si512(out + (k + 2 * i) * TILE + 32 * half, block[i]);
            }
        }
        out += (depth + 1) / 2 * 2 * TILE;
    }
}

typedef struct {
    const bf16 *a, *b;
    float *c;
    int64_t ldc, pairs;
    int rows;          // of ROWS that exist
    int64_t columns;   // of the tile that exist
    float alpha, beta;
} tile;

static inline __attribute__((always_inline)) void multiply_tile(const tile *t, int vectors) {
    __m512 sum[ROWS][2];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_setzero_ps();
    const bf16 *a = t->a, *b = t->b;
    for (int64_t k = 0; k < t->pairs; k++, a += 2, b += 2 * TILE) {
        __m512bh column[2];
        for (int v = 0; v < vectors; v++) column[v] = (__m512bh)_mm512_load_si512(b + 32 * v);
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; r++) {
            int pair;
            memcpy(&pair, a + r * A_STRIDE, 4);
            __m512bh row = (__m512bh)_mm512_set1_epi32(pair);
            for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], row, column[v]);
        }
    }
    __m512 alpha = _mm512_set1_ps(t->alpha), beta = _mm512_set1_ps(t->beta);
    for (int r = 0; r < t->rows; r++)
        for (int v = 0; v < vectors; v++) {
            __mmask16 some = first(t->columns - 16 * v);
            float *c = t->c + r * t->ldc + 16 * v;
            // A factor of zero leaves out what is there, which may not be a number.
            __m512 y = _mm512_mul_ps(alpha, sum[r][v]);
            if (t->beta != 0) y = _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(some, c), y);
            _mm512_mask_storeu_ps(c, some, y);
        }
}

static void wide_tile(const tile *t) { multiply_tile(t, 2); }
static void narrow_tile(const tile *t) { multiply_tile(t, 1); }

static void product_block(const ck_product *p, int64_t row0, int64_t row1, int64_t column0, int64_t column1) {
    size_t a_size = (size_t)(A_ROWS + ROWS) * A_STRIDE, b_size = (size_t)B_COLUMNS * DEPTH;
    bf16 *packed = (bf16 *)ck_workspace(CK_SLOT_PANEL, (a_size + b_size) / 2 + 64);
    bf16 *a = packed, *b = packed + (a_size + 31) / 32 * 32;
    for (int64_t j0 = column0; j0 < column1; j0 += B_COLUMNS) {
        int64_t columns = column1 - j0 < B_COLUMNS ? column1 - j0 : B_COLUMNS;
        for (int64_t k0 = 0; k0 < p->k; k0 += DEPTH) {
            int64_t depth = p->k - k0 < DEPTH ? p->k - k0 : DEPTH;
            int64_t pairs = (depth + 1) / 2;
            if (p->transpose_b) pack_tiles_turned(b, at(p->b, p->b_type, j0 * p->ldb + k0), p->b_type, p->ldb, columns, depth);
            else pack_tiles(b, at(p->b, p->b_type, k0 * p->ldb + j0), p->b_type, p->ldb, columns, depth);
            for (int64_t i0 = row0; i0 < row1; i0 += A_ROWS) {
                int64_t rows = row1 - i0 < A_ROWS ? row1 - i0 : A_ROWS;
                if (p->transpose_a) pack_rows_turned(a, at(p->a, p->a_type, k0 * p->lda + i0), p->a_type, p->lda, rows, depth);
                else pack_rows(a, at(p->a, p->a_type, i0 * p->lda + k0), p->a_type, p->lda, rows, depth);
                // The last panel reads past its rows: what lies there must be numbers, or sums that nobody stores
                // would run at the speed of denormals and NaN.
                for (int64_t r = rows; r % ROWS != 0; r++) memset(a + r * A_STRIDE, 0, DEPTH * sizeof(bf16));
                for (int64_t j = 0; j < columns; j += TILE)
                    for (int64_t i = 0; i < rows; i += ROWS) {
                        tile t = {
                            .a = a + i * A_STRIDE, .b = b + j * 2 * pairs, .c = p->c + (i0 + i) * p->ldc + j0 + j,
                            .ldc = p->ldc, .pairs = pairs, .rows = rows - i < ROWS ? (int)(rows - i) : ROWS,
                            .columns = columns - j < TILE ? columns - j : TILE, .alpha = p->alpha,
                            .beta = k0 == 0 ? p->beta : 1,
                        };
                        if (t.columns <= 16) narrow_tile(&t);
                        else wide_tile(&t);
                    }
            }
        }
    }
}

#pragma clang attribute pop

static void some_rows(const void *args, int64_t begin, int64_t end) {
    const ck_product *p = args;
    product_block(p, begin, end, 0, p->n);
}
static void some_columns(const void *args, int64_t begin, int64_t end) {
    const ck_product *p = args;
    product_block(p, 0, p->m, begin, end);
}

int ck_product_bf16(const ck_product *p) {
    if (ck_isa() != CK_ISA_AVX512BF16) return 0;
    if (p->m <= 0 || p->n <= 0) return 1;
    if (p->k <= 0) {
        for (int64_t r = 0; r < p->m; r++) ck_scale(p->c + r * p->ldc, p->c + r * p->ldc, p->beta, p->n);
        return 1;
    }
    // The factor that is cut is packed once, the other by every thread: cut the larger one.
    int64_t small = p->m * p->n * p->k < 800000;
    if (p->m > p->n) ck_parallel(p->m, small ? p->m : ROWS, ROWS, some_rows, p);
    else ck_parallel(p->n, small ? p->n : TILE, TILE, some_columns, p);
    return 1;
}

#else

int ck_product_bf16(const ck_product *p) {
    (void)p;
    return 0;
}

#endif
