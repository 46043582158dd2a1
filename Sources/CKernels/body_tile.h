// A tile of the product in vector registers: ROWS rows of A by 32 columns of B. See body_product.h.
//   inner_step   the multiply-adds of one step, see add_steps
#include "product_tile.h"

static inline __attribute__((always_inline)) void add_steps(
    __m512 sum[ROWS][2], const element *a, int64_t stride, const element *b, int64_t steps, int vectors) {
    for (int64_t k = 0; k < steps; k++, a += STEP, b += STEP * TILE) inner_step(sum, a, stride, b, vectors);
}

// Every loop over the sums is unrolled: indexed as it runs, they would leave the registers.
#define EACH_ROW _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)

static inline __attribute__((always_inline)) void multiply_tile(const tile *t, int vectors) {
    __m512 sum[ROWS][2];
    EACH_ROW EACH_VECTOR sum[r][v] = _mm512_setzero_ps();
    add_steps(sum, t->a, t->a_stride, t->b, t->steps, vectors);
    if (t->alpha != 1) {
        __m512 alpha = _mm512_set1_ps(t->alpha);
        EACH_ROW EACH_VECTOR sum[r][v] = _mm512_mul_ps(alpha, sum[r][v]);
    }
    if (t->steps2 > 0) add_steps(sum, t->a2, t->a2_stride, t->b2, t->steps2, vectors);
    __mmask16 some[2] = {first(t->columns), first(t->columns - 16)};
    // A factor of zero leaves out what is there, which may not be a number.
    if (t->d) {
        __m512 beta = _mm512_set1_ps(t->beta);
        EACH_ROW if (r < t->rows) EACH_VECTOR {
            __m512 d = _mm512_maskz_loadu_ps(some[v], t->d + r * t->ldd + 16 * v);
            sum[r][v] = _mm512_fmadd_ps(beta, d, sum[r][v]);
        }
    }
    if (t->bias) {
        __m512 bias[2];
        EACH_VECTOR bias[v] = _mm512_maskz_loadu_ps(some[v], t->bias + 16 * v);
        EACH_ROW EACH_VECTOR sum[r][v] = _mm512_add_ps(sum[r][v], bias[v]);
    }
    char *c = t->c;
    int64_t unit = t->c_type == CK_F32 ? 4 : 2, stride = t->ldc * unit;
    EACH_ROW if (r < t->rows) EACH_VECTOR store16(c + r * stride + 16 * v * unit, t->c_type, some[v], sum[r][v]);
}

static __attribute__((noinline)) void wide_tile(const tile *t) { multiply_tile(t, 2); }
static __attribute__((noinline)) void narrow_tile(const tile *t) { multiply_tile(t, 1); }
static inline void run_tile(const tile *t) { (t->columns <= 16 ? narrow_tile : wide_tile)(t); }
static inline void begin_tiles(void) {}
static inline void end_tiles(void) {}
