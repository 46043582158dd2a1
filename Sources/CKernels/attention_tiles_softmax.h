// The softmax of the way forward by AMX: scores of 16 queries and a strip of keys become probabilities in vector
// registers, while tile registers multiply for the strip's neighbours. Vector units and tiles share a port, so that each
// is slower beside the other; together they are still faster than one after the other.
//
// Exponents are relative to the largest score of a row's first strip, and to a larger one only when probabilities would
// grow beyond 2^16: a row's results are seldom rescaled.

enum {
    STRIP = 64,  // keys
    GROWTH = 16  // bits by which probabilities may exceed 1 before their row is raised
};

typedef struct {
    float *scores[2];            // (16, STRIP), of every other strip
    uint32_t *probabilities[2];  // (16, STRIP / 2)
    float *result;               // (QUERIES, tiles · 32)
    uint32_t *queries;           // (QUERIES, words)
    float *most;                 // (QUERIES): what exponents of a row are relative to
    float *limit, *offset;       // (QUERIES): the largest score before a row is raised, and most in units of ln 2
    float *total;                // (QUERIES, 16): sums of probabilities, lane by lane
} forward_space;

/// Products that are to be done beside a softmax, for heads of up to 64 numbers: see attention_tiles_forward.h.
typedef struct {
    const uint32_t *keys, *values;  // of the next strip and of the one before; NULL: there is none
    int64_t key_tiles;              // 2, or 1 where the next strip is the last and short
    int64_t value_tile;             // words from 32 columns of values to the next 32
} products_beside;

/// Scores of 16 queries, which are in registers 4 and 5, and 16 keys.
#define SCORE_TILE(to, keys)                     \
    do {                                         \
        _tile_zero(6);                           \
        _tile_loadd(7, keys, 128);               \
        _tile_dpbf16ps(6, 4, 7);                 \
        _tile_loadd(7, (keys) + 16 * TILE, 128); \
        _tile_dpbf16ps(6, 5, 7);                 \
        _tile_stored(6, to, STRIP * 4);          \
    } while (0)
/// Adds 32 probabilities of each query times 32 columns of values to the results in registers `left` and `right`.
#define VALUE_TILES(left, right, probabilities, values) \
    do {                                                \
        _tile_loadd(6, probabilities, STRIP / 2 * 4);   \
        _tile_loadd(7, values, 128);                    \
        _tile_dpbf16ps(left, 6, 7);                     \
        _tile_loadd(7, (values) + 16, 128);             \
        _tile_dpbf16ps(right, 6, 7);                    \
    } while (0)

/// Soft cap and mask of 16 queries and 32 keys; scores that are not seen become minus infinity.
static __attribute__((noinline)) void hide(float *scores, int64_t ahead, int64_t window, float factor, float cap) {
    for (int r = 0; r < 16; r++)
        for (int v = 0; v < 2; v++) {
            float *some = scores + r * STRIP + 16 * v;
            __m512 x = _mm512_load_ps(some);
            if (cap > 0)
                x = _mm512_mul_ps(
                    (__m512)hyperbolic_tangent((vf)_mm512_mul_ps(x, _mm512_set1_ps(factor))), _mm512_set1_ps(cap));
            __mmask16 seen = visible(ahead + r - 16 * v, window);
            _mm512_store_ps(some, _mm512_mask_blend_ps(seen, _mm512_set1_ps(-INFINITY), x));
        }
}

/// Exponents of 16 rows become relative to the largest scores of their first strip.
static __attribute__((noinline)) void begin_rows(
    forward_space *s, int64_t row, const float *scores, int64_t count, float scale) {
    __m512i block[16];
    for (int r = 0; r < 16; r++, scores += STRIP) {
        __m512 high = _mm512_load_ps(scores);
        for (int64_t i = 16; i < count; i += 16) high = _mm512_max_ps(_mm512_load_ps(scores + i), high);
        block[r] = _mm512_castps_si512(high);
        _mm512_store_ps(s->total + 16 * (row + r), _mm512_setzero_ps());
    }
    turn_words(block);
    __m512 most = _mm512_set1_ps(-1e30f);
    for (int r = 0; r < 16; r++) most = _mm512_max_ps(_mm512_castsi512_ps(block[r]), most);
    _mm512_store_ps(s->most + row, most);
    _mm512_store_ps(s->limit + row, _mm512_add_ps(most, _mm512_set1_ps(GROWTH / scale)));
    _mm512_store_ps(s->offset + row, _mm512_mul_ps(most, _mm512_set1_ps(scale)));
}

/// A row's exponents become relative to its largest score: what was found before shrinks by the factor returned.
static __attribute__((noinline)) float raise_row(forward_space *s, int64_t row, __m512 high, float scale) {
    float before = s->most[row], now = _mm512_reduce_max_ps(high), *total = s->total + 16 * row;
    __m512 factor = power(_mm512_set1_ps((before - now) * scale), 0xffff);
    _mm512_store_ps(total, _mm512_mul_ps(factor, _mm512_load_ps(total)));
    s->most[row] = now;
    s->limit[row] = now + GROWTH / scale;
    s->offset[row] = now * scale;
    return _mm512_cvtss_f32(factor);
}

/// Probabilities of 16 rows and `count` keys. Returns whether some factor of what was found before is not 1.
INLINE int soften_some(
    forward_space *s, int64_t row, int side, float factors[16], float scale, products_beside beside, int count) {
    const float *scores = s->scores[side];
    uint32_t *probabilities = s->probabilities[side];
    float *next_scores = s->scores[side ^ 1];
    const uint32_t *before = s->probabilities[side ^ 1], *k = beside.keys, *v = beside.values;
    const int64_t next_v = beside.value_tile;
    const __m512 f = _mm512_set1_ps(scale);
    int raised = 0;
#pragma clang loop unroll(full)
    for (int r = 0; r < 16; r++) {
        // Products beside the first two thirds of the rows; the last rows have the vector units to themselves.
        if (k) {
            if (r == 0) SCORE_TILE(next_scores, k);
            if (r == 3) SCORE_TILE(next_scores + 16, k + 16);
            if (r == 6 && beside.key_tiles > 1) SCORE_TILE(next_scores + 32, k + 32 * TILE);
            if (r == 9 && beside.key_tiles > 1) SCORE_TILE(next_scores + 48, k + 32 * TILE + 16);
            // The keys after those: 64 of 128 bytes, a 16th of them here.
            const char *later = (const char *)(k + STRIP * 32) + r * 512;
            for (int i = 0; i < 8; i++) _mm_prefetch(later + 64 * i, _MM_HINT_T0);
        }
        if (v) {
            if (r == 1) VALUE_TILES(0, 1, before, v);
            if (r == 4) VALUE_TILES(2, 3, before, v + next_v);
            if (r == 7) VALUE_TILES(0, 1, before + 16, v + 16 * TILE);
            if (r == 10) VALUE_TILES(2, 3, before + 16, v + 16 * TILE + next_v);
        }
        __m512 x[STRIP / 16], high = x[0] = _mm512_load_ps(scores + r * STRIP);
#pragma clang loop unroll(full)
        for (int i = 1; i < count / 16; i++) {
            x[i] = _mm512_load_ps(scores + r * STRIP + 16 * i);
            high = _mm512_max_ps(x[i], high);
        }
        factors[r] = 1;
        if (__builtin_expect(_mm512_cmp_ps_mask(high, _mm512_set1_ps(s->limit[row + r]), _CMP_GT_OQ) != 0, 0)) {
            factors[r] = raise_row(s, row + r, high, scale);
            raised = 1;
        }
        __m512 offset = _mm512_set1_ps(s->offset[row + r]), part = _mm512_load_ps(s->total + 16 * (row + r));
#pragma clang loop unroll(full)
        for (int i = 0; i < count / 16; i += 2) {
            __m512 left = power(_mm512_fmsub_ps(x[i], f, offset), 0xffff);
            __m512 right = power(_mm512_fmsub_ps(x[i + 1], f, offset), 0xffff);
            part = _mm512_add_ps(part, _mm512_add_ps(left, right));
            put_row(probabilities + r * (STRIP / 2) + 8 * i, left, right);
        }
        _mm512_store_ps(s->total + 16 * (row + r), part);
    }
    return raised;
}
static __attribute__((noinline)) int soften_strip(
    forward_space *s, int64_t row, int side, float factors[16], float scale, products_beside beside) {
    return soften_some(s, row, side, factors, scale, beside, STRIP);
}
static __attribute__((noinline)) int soften_tile(
    forward_space *s, int64_t row, int side, float factors[16], float scale, products_beside beside) {
    return soften_some(s, row, side, factors, scale, beside, TILE);
}
