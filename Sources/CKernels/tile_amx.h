// A tile of the product by AMX: 32 rows of A by 32 columns of B. See body_product.h.
#include "product_tile.h"
#include "amx.h"

enum { LINE = TILE * sizeof(float) };  // bytes of a row of the sums in memory

/// alpha · A·B + A2·B2 as rows of TILE sums.
static inline __attribute__((always_inline)) void add_all(float *sums, const tile *t, int two_rows, int two_columns) {
    const int64_t stride = t->a_stride * (int64_t)sizeof(element), stride2 = t->a2_stride * (int64_t)sizeof(element);
    CLEAR_SUMS();
    ADD_TERMS(t->a, stride, 64, t->b, t->steps, two_rows, two_columns);
    if (t->alpha != 1) {
        EACH_TILE(PUT, sums, LINE, two_rows, two_columns);
        __m512 alpha = _mm512_set1_ps(t->alpha);
        for (int r = 0; r < t->rows; r++)
            for (int v = 0; v < 1 + two_columns; v++) {
                float *some = sums + r * TILE + 16 * v;
                _mm512_store_ps(some, _mm512_mul_ps(alpha, _mm512_load_ps(some)));
            }
        EACH_TILE(TAKE, sums, LINE, two_rows, two_columns);
    }
    ADD_TERMS(t->a2, stride2, 64, t->b2, t->steps2, two_rows, two_columns);
    EACH_TILE(PUT, sums, LINE, two_rows, two_columns);
}

static __attribute__((noinline)) void run_tile(const tile *t) {
    _Alignas(64) float sums[ROWS * TILE];
    int two_rows = t->rows > 16, two_columns = t->columns > 16;
    if (two_rows && two_columns) add_all(sums, t, 1, 1);
    else if (two_rows) add_all(sums, t, 1, 0);
    else if (two_columns) add_all(sums, t, 0, 1);
    else add_all(sums, t, 0, 0);
    __m512 beta = _mm512_set1_ps(t->beta);
    int64_t unit = t->c_type == CK_F32 ? 4 : 2;
    for (int v = 0; v < 1 + two_columns; v++) {
        __mmask16 some = first(t->columns - 16 * v);
        __m512 bias = t->bias ? _mm512_maskz_loadu_ps(some, t->bias + 16 * v) : _mm512_setzero_ps();
        const float *sum = sums + 16 * v, *d = t->d ? t->d + 16 * v : NULL;
        char *c = (char *)t->c + 16 * v * unit;
        for (int r = 0; r < t->rows; r++, sum += TILE, c += t->ldc * unit) {
            __m512 y = _mm512_load_ps(sum);
            // A factor of zero leaves out what is there, which may not be a number.
            if (d) y = _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(some, d + r * t->ldd), y);
            store16(c, t->c_type, some, _mm512_add_ps(y, bias));
        }
    }
}
