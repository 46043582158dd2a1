// Products of attention in vector registers: 12 rows of A and 32 columns of B a time, 24 sums. A is read a word at a
// time, from wherever it lies: word k of row r at a[r·across + k·along]. Included after attention_parts.h, and
// splat_word and multiply_words.

INLINE void multiply(
    __m512 sum[ROWS][2], const uint32_t *a, int across, int along, const uint32_t *b, int64_t steps, int vectors) {
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_setzero_ps();
    for (int64_t k = 0; k < steps; k++, a += along, b += TILE) {
        __m512i column[2];
        for (int v = 0; v < vectors; v++) column[v] = _mm512_load_si512(b + 16 * v);
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; r++) {
            __m512i row = splat_word(a + r * across);
            for (int v = 0; v < vectors; v++) sum[r][v] = multiply_words(sum[r][v], row, column[v]);
        }
    }
}

/// Rows of A: panels of 12 rows, (words, 12) each, rows that do not exist zero.
static void pack_panels(
    uint32_t *out, const char *from, int type, int64_t stride, int64_t rows, int64_t width,
    float factor) {
    int64_t words = (width + STEP - 1) / STEP;
    for (int64_t r = 0; r < rows; r += ROWS, out += words * ROWS)
        for (int64_t w = 0; w < words; w += 16) {
            __m512i block[16];
            for (int i = 0; i < 16; i++)
                block[i] = i < ROWS && r + i < rows
                               ? words16(at(from, type, (r + i) * stride + w * STEP), type, width - w * STEP, factor)
                               : _mm512_setzero_si512();
            turn_words(block);
            for (int i = 0; i < 16 && w + i < words; i++)
                _mm512_mask_storeu_epi32(out + (w + i) * ROWS, 0x0fff, block[i]);
        }
}

/// A part of a query's keys: those that any of 12 queries, the first at `position`, sees of [from, to).
typedef struct {
    int64_t low, high;  // low at a whole tile
} span;
INLINE span seen(const ck_attention_args *a, int64_t position, int64_t rows, int64_t from, int64_t to) {
    span s = {from, least_of(to, position + least_of(rows, ROWS))};
    if (a->window > 0) s.low = most_of(from, (position - a->window + 1) / TILE * TILE);
    return s;
}
/// Whether each of the 12 queries sees all of the tile at `key`.
INLINE int all_seen(const ck_attention_args *a, int64_t position, int64_t key) {
    return key + TILE - 1 <= position && (a->window == 0 || key > position + ROWS - 1 - a->window);
}
