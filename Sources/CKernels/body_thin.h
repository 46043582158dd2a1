// Products over many rows whose result is thin: C (m, n) = alpha · Aᵀ·B + beta · C with A (k, m), B (k, n), and m or n
// at most THIN, as the gradients of a low-rank adapter are. Nothing of the long factor is packed: 32 of its columns are
// read where they lie, and multiplied with 16 columns of the thin one, half of them at a time in registers.

enum { THIN = 64, THIN_DEPTH = 256, GROUP = 16, HALF = GROUP / 2 };

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

/// Sums over `depth` terms of HALF thin columns, in `row`, times 32 wide ones from `from` on.
static inline __attribute__((always_inline)) void add_thin(
    __m512 sum[HALF][2], const thin_product *t, const uint32_t *row, const char *from, int64_t depth,
    const __mmask16 some[2]) {
    for (int r = 0; r < HALF; r++) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
    for (int64_t k = 0; k < depth; k += STEP, row += GROUP, from = at(from, t->wide_type, STEP * t->ld_wide)) {
        __m512i column[2];
        columns_of_rows(column, from, t->wide_type, t->ld_wide, depth - k, some);
#pragma clang loop unroll(full)
        for (int r = 0; r < HALF; r++) {
            sum[r][0] = multiply_word(sum[r][0], row + r, column[0]);
            sum[r][1] = multiply_word(sum[r][1], row + r, column[1]);
        }
    }
}

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

static void thin_columns(const void *context, int64_t begin, int64_t end) {
    const thin_product *t = context;
    const ck_product *p = t->p;
    int64_t groups = (t->thin_columns + GROUP - 1) / GROUP, size = THIN_DEPTH / STEP * GROUP;
    uint32_t *words = (uint32_t *)ck_workspace(CK_SLOT_PANEL, (size_t)(groups * size));
    for (int64_t k0 = 0; k0 < p->k; k0 += THIN_DEPTH) {
        int64_t depth = p->k - k0 < THIN_DEPTH ? p->k - k0 : THIN_DEPTH;
        for (int64_t g = 0; g < groups; g++) pack_thin(words + g * size, t, k0, depth, g * GROUP);
        for (int64_t j = begin; j < end; j += 2 * GROUP) {
            const __mmask16 some[2] = {first(end - j), first(end - j - GROUP)};
            const char *from = at(t->wide, t->wide_type, k0 * t->ld_wide + j);
            for (int64_t g = 0; g < groups; g++) {
                __m512 sums[2][GROUP];
                for (int64_t half = 0; half < GROUP; half += HALF) {
                    __m512 sum[HALF][2];
                    add_thin(sum, t, words + g * size + half, from, depth, some);
                    for (int r = 0; r < HALF; r++) sums[0][half + r] = sum[r][0], sums[1][half + r] = sum[r][1];
                }
                for (int v = 0; v < 2 && j + v * GROUP < end; v++)
                    store_thin(
                        t, sums[v], j + v * GROUP, end - j - v * GROUP, g * GROUP, t->thin_columns - g * GROUP,
                        k0 == 0 ? p->beta : 1);
            }
        }
    }
}

/// 0 when the product is none of these: nothing is done then.
static int run_thin(const ck_product *p) {
    if (!p->transpose_a || p->transpose_b || (p->m > THIN && p->n > THIN)) return 0;
    if (p->c_type != CK_F32 || p->bias || p->k2 > 0 || p->k < 64) return 0;
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
