// Products over many rows whose result is thin: C (m, n) = alpha · Aᵀ·B + beta · C with A (k, m), B (k, n), and m or n
// at most THIN, as the gradients of a low-rank adapter are. Nothing of the long factor is packed: 16 of its columns are
// read where they lie, and multiplied with 16 columns of the thin one in registers.

enum { THIN = 64, THIN_DEPTH = 256, GROUP = 16 };

typedef struct {
    const ck_product *p;
    const void *thin, *wide;
    int thin_type, wide_type;
    int64_t ld_thin, ld_wide, thin_columns;
    int turned;  // the thin factor is B: C is written across
} thin_product;

/// Words of the thin factor: (steps, GROUP) from column `column` on, columns and terms that do not exist zero.
static void pack_thin(uint32_t *out, const thin_product *t, int64_t k0, int64_t depth, int64_t column) {
    __mmask16 some = first(t->thin_columns - column);
    for (int64_t k = 0; k < depth; k += STEP, out += GROUP) {
        const char *from = at(t->thin, t->thin_type, (k0 + k) * t->ld_thin + column);
        _mm512_store_si512(out, words_of_rows(from, t->thin_type, t->ld_thin, depth - k, some));
    }
}

static void thin_columns(const void *context, int64_t begin, int64_t end) {
    const thin_product *t = context;
    const ck_product *p = t->p;
    int64_t groups = (t->thin_columns + GROUP - 1) / GROUP;
    uint32_t *words = (uint32_t *)ck_workspace(CK_SLOT_PANEL, (size_t)(groups * THIN_DEPTH / STEP * GROUP));
    __m512 alpha = _mm512_set1_ps(p->alpha);
    for (int64_t k0 = 0; k0 < p->k; k0 += THIN_DEPTH) {
        int64_t depth = p->k - k0 < THIN_DEPTH ? p->k - k0 : THIN_DEPTH;
        float beta = k0 == 0 ? p->beta : 1;
        for (int64_t g = 0; g < groups; g++) pack_thin(words + g * THIN_DEPTH / STEP * GROUP, t, k0, depth, g * GROUP);
        for (int64_t j = begin; j < end; j += GROUP)
            for (int64_t g = 0; g < groups; g++) {
                __mmask16 some = first(end - j);
                __m512 sum[GROUP];
                for (int r = 0; r < GROUP; r++) sum[r] = _mm512_setzero_ps();
                const uint32_t *row = words + g * THIN_DEPTH / STEP * GROUP;
                for (int64_t k = 0; k < depth; k += STEP, row += GROUP) {
                    const char *from = at(t->wide, t->wide_type, (k0 + k) * t->ld_wide + j);
                    __m512i column = words_of_rows(from, t->wide_type, t->ld_wide, depth - k, some);
#pragma clang loop unroll(full)
                    for (int r = 0; r < GROUP; r++) sum[r] = multiply_word(sum[r], row + r, column);
                }
                int64_t there = t->thin_columns - g * GROUP, lines = there < GROUP ? there : GROUP;
                float *c = (float *)p->c + (t->turned ? j * p->ldc + g * GROUP : g * GROUP * p->ldc + j);
                if (t->turned) {
                    __m512i words16[GROUP];
                    memcpy(words16, sum, sizeof sum);
                    turn_words(words16);
                    memcpy(sum, words16, sizeof sum);
                    some = first(lines);
                    lines = end - j < GROUP ? end - j : GROUP;
                }
                for (int64_t r = 0; r < lines; r++, c += p->ldc) {
                    __m512 y = _mm512_mul_ps(alpha, sum[r]);
                    if (beta != 0) y = _mm512_fmadd_ps(_mm512_set1_ps(beta), _mm512_maskz_loadu_ps(some, c), y);
                    _mm512_mask_storeu_ps(c, some, y);
                }
            }
    }
}

/// 0 when the product is none of these: nothing is done then.
static int run_thin(const ck_product *p) {
    if (!p->transpose_a || p->transpose_b || (p->m > THIN && p->n > THIN)) return 0;
    if (p->c_type != CK_F32 || p->d || p->bias || p->k2 > 0 || p->k < 64) return 0;
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
