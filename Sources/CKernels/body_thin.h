// Products over many rows whose result is thin: C (m, n) = alpha · Aᵀ·B + beta · C with A (k, m), B (k, n), and m or n
// at most THIN, as the gradients of a low-rank adapter are. thin_columns, for a range of columns of the long factor, is in
// thin_vectors.h or thin_tiles.h.

enum { THIN = 64, THIN_DEPTH = 256, GROUP = 16 };

typedef struct {
    const ck_product *p;
    const void *thin, *wide;
    int thin_type, wide_type;
    int64_t ld_thin, ld_wide, thin_columns;
    int turned;  // the thin factor is B: C is written across
} thin_product;

/// 16 thin columns, `lines` of which exist, of the 16 wide ones from j on: C = alpha · sum + beta · C.
static void store_thin(
    const thin_product *t, const __m512 sums[GROUP], int64_t j, int64_t columns, int64_t thin, int64_t lines,
    float beta) {
    const ck_product *p = t->p;
    float *c = (float *)p->c + (t->turned ? j * p->ldc + thin : thin * p->ldc + j);
    __m512 sum[GROUP], alpha = _mm512_set1_ps(p->alpha);
    __mmask16 some = first(t->turned ? lines : columns);
    if (t->turned) {
        __m512i words[GROUP];
        memcpy(words, sums, sizeof words);
        turn_words(words);
        memcpy(sum, words, sizeof sum);
        lines = columns;
    } else {
        memcpy(sum, sums, sizeof sum);
    }
    for (int64_t r = 0; r < lines && r < GROUP; r++, c += p->ldc) {
        __m512 y = _mm512_mul_ps(alpha, sum[r]);
        if (beta != 0) y = _mm512_fmadd_ps(_mm512_set1_ps(beta), _mm512_maskz_loadu_ps(some, c), y);
        _mm512_mask_storeu_ps(c, some, y);
    }
}

static void thin_columns(const void *context, int64_t begin, int64_t end);

static int is_thin(const ck_product *p) {
    if (!p->transpose_a || p->transpose_b || (p->m > THIN && p->n > THIN)) return 0;
    return p->c_type == CK_F32 && !p->bias && p->k2 == 0 && p->k >= 64;
}

/// 0 when the product is none of these: nothing is done then.
static int run_thin(const ck_product *p) {
    if (!is_thin(p)) return 0;
    thin_product t = {
        .p = p, .thin = p->a, .wide = p->b, .thin_type = p->a_type, .wide_type = p->b_type, .ld_thin = p->lda,
        .ld_wide = p->ldb, .thin_columns = p->m,
    };
    if (p->n < p->m)
        t = (thin_product){
            .p = p, .thin = p->b, .wide = p->a, .thin_type = p->b_type, .wide_type = p->a_type, .ld_thin = p->ldb,
            .ld_wide = p->lda, .thin_columns = p->n, .turned = 1,
        };
    int64_t extent = t.turned ? p->m : p->n, small = p->m * p->n * p->k < 400000;
    ck_parallel(extent, small ? extent : 2 * GROUP, 2 * GROUP, thin_columns, &t);
    return 1;
}
