// OpenBLAS, reduced to what the engine asks of it.
#ifndef FTBENCH_COPENBLAS_SHIM_H
#define FTBENCH_COPENBLAS_SHIM_H

#include <cblas.h>

/// One thread per call: the engine splits products over its own pool.
static inline void ftbench_prepare_openblas(void) { openblas_set_num_threads(1); }

/// row-major C (m, n) = alpha · op(A) · op(B) + beta · C. (How Swift sees CBLAS's enums differs between builds.)
static inline void ftbench_sgemm(
    int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
    int ldb, float beta, float *c, int ldc) {
    cblas_sgemm(
        CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n, k,
        alpha, a, lda, b, ldb, beta, c, ldc);
}

static inline const char *ftbench_openblas_core(void) { return openblas_get_corename(); }
static inline const char *ftbench_openblas_config(void) { return openblas_get_config(); }

#endif
