// A tile of the product by AMX: 32 rows of A by 32 columns of B. See body_product.h.
//   ADD_FACTORS(a, a_stride, b, b_type, steps, two_rows, two_columns)   adds A·B to the sums in the registers
#include "product_tile.h"

enum { LINE = TILE * sizeof(float) };  // bytes of a row of the sums in memory

/// Whether the sums go on from d as it is, in the registers; otherwise d is added at the end.
static inline int goes_on(const tile *t) { return t->d && t->alpha == 1 && t->beta == 1; }

/// (what the sums go on from) + alpha · A·B + A2·B2, left in the registers.
static inline __attribute__((always_inline)) void add_all(
    float *sums, const tile *t, int whole, int two_rows, int two_columns) {
    if (!goes_on(t)) {
        CLEAR_SUMS();
    } else if (whole) {
        EACH_TILE(TAKE, t->d, t->ldd * 4, 1, 1);
    } else {
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < 2; v++) {
                __mmask16 some = r < t->rows ? first(t->columns - 16 * v) : 0;
                _mm512_store_ps(sums + r * TILE + 16 * v, _mm512_maskz_loadu_ps(some, t->d + r * t->ldd + 16 * v));
            }
        EACH_TILE(TAKE, sums, LINE, two_rows, two_columns);
    }
    ADD_FACTORS(t->a, t->a_stride, t->b, t->b_type, t->steps, two_rows, two_columns);
    if (t->alpha != 1) {
        EACH_TILE(PUT, sums, LINE, two_rows, two_columns);
        __m512 alpha = _mm512_set1_ps(t->alpha);
        for (int i = 0; i < ROWS * TILE; i += 16)
            _mm512_store_ps(sums + i, _mm512_mul_ps(alpha, _mm512_load_ps(sums + i)));
        EACH_TILE(TAKE, sums, LINE, two_rows, two_columns);
    }
    ADD_FACTORS(t->a2, t->a2_stride, t->b2, t->b2_type, t->steps2, two_rows, two_columns);
}

/// A tile with all its rows and columns whose sums are the result, but for rounding.
static __attribute__((noinline)) void whole_tile(const tile *t) {
    _Alignas(64) float sums[ROWS * TILE];
    // Written at the end: the lines can be on their way while the sums are made.
    const int64_t unit = t->c_type == CK_F32 ? 4 : 2;
    for (int r = 0; r < ROWS; r++) {
        const char *c = (const char *)t->c + r * t->ldc * unit;
        __builtin_prefetch(c, 1, 3);
        if (unit == 4) __builtin_prefetch(c + 64, 1, 3);
    }
    add_all(sums, t, 1, 1, 1);
    if (t->c_type == CK_F32) {
        EACH_TILE(PUT, t->c, t->ldc * 4, 1, 1);
        return;
    }
    EACH_TILE(PUT, sums, LINE, 1, 1);
    uint16_t *c = t->c;
#pragma clang loop unroll_count(8)
    for (int r = 0; r < ROWS; r++)
        _mm512_storeu_si512(
            c + r * t->ldc, (__m512i)_mm512_cvtne2ps_pbh(
                                _mm512_load_ps(sums + r * TILE + 16), _mm512_load_ps(sums + r * TILE)));
}

static __attribute__((noinline)) void some_tile(const tile *t) {
    _Alignas(64) float sums[ROWS * TILE] = {0};
    int two_rows = t->rows > 16, two_columns = t->columns > 16;
    if (two_rows && two_columns) add_all(sums, t, 0, 1, 1);
    else if (two_rows) add_all(sums, t, 0, 1, 0);
    else if (two_columns) add_all(sums, t, 0, 0, 1);
    else add_all(sums, t, 0, 0, 0);
    EACH_TILE(PUT, sums, LINE, two_rows, two_columns);
    __m512 beta = _mm512_set1_ps(t->beta);
    int64_t unit = t->c_type == CK_F32 ? 4 : 2;
    const float *more = goes_on(t) ? NULL : t->d;
    for (int v = 0; v < 1 + two_columns; v++) {
        __mmask16 some = first(t->columns - 16 * v);
        __m512 bias = t->bias ? _mm512_maskz_loadu_ps(some, t->bias + 16 * v) : _mm512_setzero_ps();
        const float *sum = sums + 16 * v;
        char *c = (char *)t->c + 16 * v * unit;
        for (int r = 0; r < t->rows; r++, sum += TILE, c += t->ldc * unit) {
            __m512 y = _mm512_load_ps(sum);
            // A factor of zero leaves out what is there, which may not be a number.
            if (more) y = _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(some, more + r * t->ldd + 16 * v), y);
            store16(c, t->c_type, some, _mm512_add_ps(y, bias));
        }
    }
}

static inline void run_tile(const tile *t) {
    int whole = t->rows == ROWS && t->columns == TILE && !t->bias && (!t->d || goes_on(t));
    (whole ? whole_tile : some_tile)(t);
}
