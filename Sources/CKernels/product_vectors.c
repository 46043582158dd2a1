#include "internal.h"

// Which kernels of body_vector_product.h run, and when.

static const ck_product_kernels *kernels(void) {
    switch (ck_isa()) {
    case CK_ISA_PORTABLE: return &ck_product_portable;
#if defined(__x86_64__)
    default: return &ck_product_avx2;
#elif defined(__aarch64__)
    default: return &ck_product_neon;
#else
    default: return &ck_product_portable;
#endif
    }
}

void ck_product_vectors(const ck_product *p) {
    if (p->m <= 0 || p->n <= 0) return;
    if (p->k <= 0) {
        float *c = p->c;
        for (int64_t r = 0; r < p->m; r++, c += p->ldc) ck_scale(c, c, p->beta, p->n);
        return;
    }
    const ck_product_kernels *set = kernels();
    // Below some ten microseconds of work, waking a thread costs more than it gives.
    int64_t small = p->m * p->n * p->k < 400000;
    // The factor that is cut is packed once, the other by every thread: cut the larger one.
    if (p->m > p->n) ck_parallel_evenly(p->m, small ? p->m : set->panel, set->panel, set->some_rows, p);
    else ck_parallel_evenly(p->n, small ? p->n : 16, 16, set->some_columns, p);
}

int ck_product_vectors_pay(const ck_product *p) {
    if (ck_isa() == CK_ISA_PORTABLE) return 0;
    // OpenBLAS packs both factors whatever their sizes: thin products gain by leaving one where it lies. Of large ones
    // its assembly does 2 to 8 % more in a second, and there half of a tile would be empty below 16 columns.
    enum { THIN = 64 };
    if (p->n < 16) return 0;
    return p->m <= THIN || p->n <= THIN || p->k <= THIN;
}
