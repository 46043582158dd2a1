// Thin products by AMX: the thin factor as rows, once for all columns; 32 columns of the long one at a time as tiles. See
// body_thin.h.

enum { TILE_WORDS = 16 * 16 };

/// Tiles of the thin factor: for every 32 terms, a tile of 16 rows for each group.
static void pack_thin_tiles(uint32_t *out, const thin_product *t, int64_t k0, int64_t depth, int64_t groups) {
    for (int64_t k = 0; k < depth; k += 32)
        for (int64_t g = 0; g < groups; g++, out += TILE_WORDS) {
            __m512i words[16];
            __mmask16 some = first(t->thin_columns - g * GROUP);
            for (int64_t i = 0; i < 16; i++) {
                const char *from = at(t->thin, t->thin_type, (k0 + k + 2 * i) * t->ld_thin + g * GROUP);
                int64_t there = depth - k - 2 * i;
                words[i] = there > 0 ? words_of_rows(from, t->thin_type, t->ld_thin, there, some)
                                     : _mm512_setzero_si512();
            }
            turn_words(words);
            for (int i = 0; i < 16; i++) _mm512_store_si512(out + 16 * i, words[i]);
        }
}

/// 32 columns of the long factor: for every 32 terms, two tiles of 16 columns.
static void pack_columns(
    uint32_t *out, const thin_product *t, const char *from, int64_t depth, const __mmask16 some[2]) {
    for (int64_t k = 0; k < depth; k += 32, out += 2 * TILE_WORDS)
        for (int64_t i = 0; i < 16; i++, from = at(from, t->wide_type, 2 * t->ld_wide)) {
            __m512i column[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
            int64_t there = depth - k - 2 * i;
            if (there > 0) columns_of_rows(column, from, t->wide_type, t->ld_wide, there, some);
            _mm512_store_si512(out + 16 * i, column[0]);
            _mm512_store_si512(out + TILE_WORDS + 16 * i, column[1]);
        }
}

static void thin_columns(const void *context, int64_t begin, int64_t end) {
    const thin_product *t = context;
    const ck_product *p = t->p;
    int64_t groups = (t->thin_columns + GROUP - 1) / GROUP, steps = THIN_DEPTH / 32;
    uint32_t *rows = (uint32_t *)ck_workspace(
        CK_SLOT_PANEL, (size_t)(steps * (groups + 2) * TILE_WORDS + 2 * GROUP * TILE));
    uint32_t *columns = rows + steps * groups * TILE_WORDS;
    float *sums = (float *)(columns + 2 * steps * TILE_WORDS);
    begin_tiles();
    for (int64_t k0 = 0; k0 < p->k; k0 += THIN_DEPTH) {
        int64_t depth = p->k - k0 < THIN_DEPTH ? p->k - k0 : THIN_DEPTH, pairs = (depth + 31) / 32 * 16;
        pack_thin_tiles(rows, t, k0, depth, groups);
        for (int64_t j = begin; j < end; j += TILE) {
            const __mmask16 some[2] = {first(end - j), first(end - j - 16)};
            pack_columns(columns, t, at(t->wide, t->wide_type, k0 * t->ld_wide + j), depth, some);
            for (int64_t g = 0; g < groups; g += 2) {
                const uint32_t *from = rows + g * TILE_WORDS;
                const int64_t step = groups * TILE_WORDS * 4, two = g + 1 < groups;
                CLEAR_SUMS();
                if (two) ADD_TERMS(from, 64, step, columns, 64, 1024, pairs, 1, 1);
                else ADD_TERMS(from, 64, step, columns, 64, 1024, pairs, 0, 1);
                EACH_TILE(PUT, sums, TILE * 4, 1, 1);
                for (int64_t h = 0; h < 1 + two; h++)
                    for (int64_t v = 0; v < 2 && j + 16 * v < end; v++) {
                        __m512 group[GROUP];
                        for (int r = 0; r < GROUP; r++)
                            group[r] = _mm512_load_ps(sums + (h * GROUP + r) * TILE + 16 * v);
                        store_thin(
                            t, group, j + 16 * v, end - j - 16 * v, (g + h) * GROUP,
                            t->thin_columns - (g + h) * GROUP, k0 == 0 ? p->beta : 1);
                    }
            }
        }
    }
    end_tiles();
}
