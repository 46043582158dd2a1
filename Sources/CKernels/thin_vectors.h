// Thin products in vector registers. Nothing of the long factor is packed: 32 of its columns are read where they lie,
// and multiplied with 16 columns of the thin one, half of them at a time. See body_thin.h.

enum { HALF = GROUP / 2 };

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
