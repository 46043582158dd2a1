// The way forward by AMX: as attention_forward.h, 32 queries by 32 keys a time. Scores of 32 queries and up to
// WIDE_KEYS keys lie in memory between the product and the softmax.

typedef struct {
    float *scores;            // (32, WIDE_KEYS)
    uint32_t *probabilities;  // (32, WIDE_KEYS / 2)
    float *result;            // (QUERIES, tiles · 32)
    uint32_t *queries;        // (QUERIES, words)
    float *most, *total;      // (QUERIES)
} forward_space;

/// Rows filled up with zeros, `words` words of pairs each.
static void pack_words(
    uint32_t *out, const char *from, int type, int64_t stride, int64_t rows, int64_t space, int64_t width,
    int64_t words) {
    for (int64_t r = 0; r < space; r++, out += words)
        for (int64_t w = 0; w < words; w += 16) {
            __m512i some = r < rows ? words16(at(from, type, r * stride + 2 * w), type, width - 2 * w, 1)
                                    : _mm512_setzero_si512();
            _mm512_store_si512(out + w, some);
        }
}

/// Soft cap and mask of a tile of scores; those that are not seen become minus infinity.
static __attribute__((noinline)) void hide(
    float *scores, int64_t ahead, int64_t window, float factor, float cap) {
    for (int r = 0; r < 32; r++)
        for (int v = 0; v < 2; v++) {
            float *some = scores + r * WIDE_KEYS + 16 * v;
            __m512 x = _mm512_load_ps(some);
            if (cap > 0)
                x = _mm512_mul_ps(
                    (__m512)hyperbolic_tangent((vf)_mm512_mul_ps(x, _mm512_set1_ps(factor))), _mm512_set1_ps(cap));
            __mmask16 seen = visible(ahead + r - 16 * v, window);
            _mm512_store_ps(some, _mm512_mask_blend_ps(seen, _mm512_set1_ps(-INFINITY), x));
        }
}

/// Probabilities of 32 rows and `count` keys, times 2^(the largest score so far); factors of what was found before.
INLINE void soften_some(
    forward_space *s, int64_t row, float factors[32], int64_t low, int64_t count, float scale) {
    for (int r = 0; r < 32; r++) {
        const float *from = s->scores + r * WIDE_KEYS + low;
        uint32_t *to = s->probabilities + r * (WIDE_KEYS / 2) + low / 2;
        __m512 x[WIDE_KEYS / 16], f = _mm512_set1_ps(scale), high = _mm512_set1_ps(-INFINITY);
#pragma clang loop unroll(full)
        for (int i = 0; i < count / 16; i++) {
            x[i] = _mm512_mul_ps(f, _mm512_load_ps(from + 16 * i));
            high = _mm512_max_ps(x[i], high);
        }
        float before = s->most[row + r], most = _mm512_reduce_max_ps(high);
        most = most > before ? most : before;
        __m512 part = _mm512_setzero_ps(), m = _mm512_set1_ps(most);
#pragma clang loop unroll(full)
        for (int i = 0; i < count / 16; i += 2) {
            __m512 left = power(_mm512_sub_ps(x[i], m), 0xffff), right = power(_mm512_sub_ps(x[i + 1], m), 0xffff);
            part = _mm512_add_ps(part, _mm512_add_ps(left, right));
            put_row(to + 8 * i, left, right);
        }
        float factor = _mm512_cvtss_f32(power(_mm512_set1_ps(before - most), 1));
        s->total[row + r] = s->total[row + r] * factor + _mm512_reduce_add_ps(part);
        s->most[row + r] = most;
        factors[r] = factor;
    }
}
// The number of keys is known where it is a whole block, so that a row stays in registers.
static __attribute__((noinline)) void soften_block(forward_space *s, int64_t row, float factors[32], float scale) {
    soften_some(s, row, factors, 0, WIDE_KEYS, scale);
}
static __attribute__((noinline)) void soften(
    forward_space *s, int64_t row, float factors[32], int64_t low, int64_t count, float scale) {
    if (low == 0 && count == WIDE_KEYS) return soften_block(s, row, factors, scale);
    for (int64_t i = 32; i <= WIDE_KEYS; i += 32)
        if (count == i) return soften_some(s, row, factors, low, count, scale);
}

/// result (32, 32 columns) = factor of the row · result + probabilities · values
static void add_values(
    float *result, int64_t stride, const float factors[32], const uint32_t *probabilities, const uint32_t *values,
    int64_t pairs) {
    for (int r = 0; r < 32; r++) {
        if (factors[r] == 1) continue;
        for (int v = 0; v < 2; v++) {
            float *some = result + r * stride + 16 * v;
            _mm512_store_ps(some, _mm512_mul_ps(_mm512_set1_ps(factors[r]), _mm512_load_ps(some)));
        }
    }
    EACH_TILE(TAKE, result, stride * 4, 1, 1);
    ADD_WIDE_TERMS(probabilities, WIDE_KEYS / 2 * 4, 64, values, pairs);
    EACH_TILE(PUT, result, stride * 4, 1, 1);
}

static void attend_block(
    const block_plan *plan, const ck_sequence *s, int64_t sequence, int64_t head, int64_t row, forward_space *space) {
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, stride = a->heads * width, kv = head / (a->heads / a->kv_heads), words = plan->words;
    int64_t rows = least_of(s->rows - row, QUERIES), position = s->keys - s->rows + row;
    int64_t filled = up(s->keys, TILE), wide = plan->tiles * TILE;
    int64_t place = plan->key_start[sequence] * a->kv_heads + kv * filled;
    const uint32_t *keys = plan->turned_k + place * words, *values = plan->straight_v + place / 2 * wide;
    const float log2e = 1.44269504088896341f;
    const int has_cap = a->soft_cap > 0;
    const float factor = has_cap ? a->scale / a->soft_cap : a->scale * log2e, cap = a->soft_cap * log2e;
    const char *q = at(s->q, a->type, row * stride + head * width);
    pack_words(space->queries, q, a->type, stride, rows, up(rows, 32), width, words);
    memset(space->result, 0, (size_t)(up(rows, 32) * wide) * sizeof(float));
    for (int64_t r = 0; r < QUERIES; r++) {
        space->most[r] = -1e30f;
        space->total[r] = 0;
    }
    int64_t begin = a->window > 0 ? most_of(0, position - a->window + 1) / TILE * TILE : 0;
    for (int64_t from = begin; from < position + rows; from += WIDE_KEYS)
        for (int64_t r = 0; r < rows; r += 32) {
            // Keys that any of the 32 queries sees, in whole tiles.
            int64_t first_query = position + r, low = from;
            int64_t high = least_of(from + WIDE_KEYS, up(first_query + least_of(rows - r, 32), TILE));
            if (a->window > 0) low = most_of(from, (first_query - a->window + 1) / TILE * TILE);
            if (low >= high) continue;
            for (int64_t key = low; key < high; key += TILE) {
                CLEAR_SUMS();
                ADD_WIDE_TERMS(space->queries + r * words, words * 4, 64, keys + key * words, words);
                EACH_TILE(PUT, space->scores + key - from, WIDE_KEYS * 4, 1, 1);
                int whole = key + TILE - 1 <= first_query && (a->window == 0 || key > first_query + 31 - a->window);
                if (has_cap || !whole) hide(space->scores + key - from, first_query - key, a->window, factor, cap);
            }
            float factors[32];
            soften(space, r, factors, low - from, high - low, has_cap ? 1 : factor);
            const uint32_t *p = space->probabilities + (low - from) / 2;
            for (int64_t j = 0; j < plan->tiles; j++)
                add_values(
                    space->result + r * wide + j * TILE, wide, factors, p,
                    values + j * (filled / 2) * TILE + low / 2 * TILE, (high - low) / 2);
        }
    leave_result(a, s, head, row, rows, space->result, wide, space->most, space->total);
}

static void attend_blocks(const void *context, int64_t begin, int64_t end) {
    const block_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t wide = plan->tiles * TILE;
    forward_space space;
    space.scores = ck_workspace(
        CK_SLOT_ATTENTION, (size_t)(32 * WIDE_KEYS * 3 / 2 + QUERIES * (wide + plan->words) + 2 * QUERIES));
    space.probabilities = (uint32_t *)(space.scores + 32 * WIDE_KEYS);
    space.result = space.scores + 32 * WIDE_KEYS * 3 / 2;
    space.queries = (uint32_t *)(space.result + QUERIES * wide);
    space.most = (float *)(space.queries + QUERIES * plan->words);
    space.total = space.most + QUERIES;
    begin_tiles();
    for (int64_t task = begin; task < end; task++) {
        query_block q = block_of(plan, task);
        attend_block(plan, &a->sequences[q.sequence], q.sequence, q.head, q.row, &space);
    }
    end_tiles();
}
