// The way forward by AMX: 16 queries meet strips of 64 keys. Scores of the next strip and results of the one before are
// multiplied beside a strip's softmax, see attention_tiles_softmax.h.
//
// Heads of up to 64 numbers have their queries and results in tile registers for as long as the keys last: results in 0
// to 3, queries in 4 and 5, scores or probabilities in 6, keys or values in 7. Wider heads have them in memory.

enum { SPAN = 1024 };  // keys that all queries of a block meet before they go on, so that they stay in the cache

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

#define EACH_RESULT(operation, memory, stride)  \
    do {                                        \
        operation(0, (memory), stride);         \
        operation(1, (memory) + 16, stride);    \
        operation(2, (memory) + 32, stride);    \
        operation(3, (memory) + 48, stride);    \
    } while (0)

/// Scores of 16 queries and `tiles` times 32 keys, of any width. Registers 0, 1, 4, 6 and 7 are used.
static void score_wide(
    float *to, const uint32_t *queries, const uint32_t *keys, int64_t words, int64_t tiles) {
    for (int64_t t = 0; t < tiles; t++, keys += TILE * words) {
        _tile_zero(0);
        _tile_zero(1);
        ADD_TERMS(queries, words * 4, 64, keys, 128, 64, words, 0, 1);
        _tile_stored(0, to + t * TILE, STRIP * 4);
        _tile_stored(1, to + t * TILE + 16, STRIP * 4);
    }
}
/// result (16, wide) += probabilities (16, pairs) · values
static void add_values_wide(
    float *result, int64_t wide, const uint32_t *probabilities, const uint32_t *values, int64_t value_tile,
    int64_t pairs) {
    for (int64_t j = 0; j < wide; j += TILE, values += value_tile) {
        _tile_loadd(0, result + j, wide * 4);
        _tile_loadd(1, result + j + 16, wide * 4);
        ADD_TERMS(probabilities, STRIP / 2 * 4, 64, values, 128, 64, pairs, 0, 1);
        _tile_stored(0, result + j, wide * 4);
        _tile_stored(1, result + j + 16, wide * 4);
    }
}

/// 16 queries with the keys of [low, high), in whole tiles. `first`: they have met none before.
static void attend_rows(
    const block_plan *plan, forward_space *s, int64_t row, const uint32_t *keys, const uint32_t *values,
    int64_t value_tile, int64_t first_query, int64_t low, int64_t high, int first) {
    const ck_attention_args *a = plan->args;
    const float log2e = 1.44269504088896341f;
    const int has_cap = a->soft_cap > 0, narrow = plan->tiles == 2;
    const float factor = has_cap ? a->scale / a->soft_cap : a->scale * log2e, cap = a->soft_cap * log2e;
    const float scale = has_cap ? 1 : factor;
    const int64_t words = plan->words, wide = plan->tiles * TILE;
    const uint32_t *queries = s->queries + row * words;
    float factors[16], *result = s->result + row * wide;
    score_wide(s->scores[0], queries, keys + low * words, words, least_of(STRIP, high - low) / TILE);
    if (narrow) {
        _tile_loadd(4, queries, 128);
        _tile_loadd(5, queries + 16, 128);
        EACH_RESULT(TAKE, result, wide * 4);
    }
    int side = 0;
    int64_t key = low;
    for (; key < high; key += STRIP, side ^= 1) {
        int64_t next = key + STRIP, before = key - STRIP, count = least_of(STRIP, high - key);
        float *scores = s->scores[side];
        for (int64_t k = key; k < key + count; k += TILE) {
            int whole = k + TILE - 1 <= first_query && (a->window == 0 || k > first_query + 15 - a->window);
            if (has_cap || !whole) hide(scores + k - key, first_query - k, a->window, factor, cap);
        }
        if (first && key == low) begin_rows(s, row, scores, count, scale);
        products_beside beside = {
            .keys = next < high ? keys + next * words : NULL, .key_tiles = least_of(STRIP, high - next) / TILE,
            .values = before >= low ? values + before / 2 * TILE : NULL, .value_tile = value_tile,
        };
        if (!narrow) {
            if (beside.keys) score_wide(s->scores[side ^ 1], queries, beside.keys, words, beside.key_tiles);
            if (beside.values)
                add_values_wide(
                    result, wide, s->probabilities[side ^ 1], beside.values, value_tile, STRIP / 2);
            beside.keys = beside.values = NULL;
        }
        int raised = (count == STRIP ? soften_strip : soften_tile)(s, row, side, factors, scale, beside);
        if (!raised) continue;
        if (narrow) EACH_RESULT(PUT, result, wide * 4);
        for (int r = 0; r < 16; r++)
            for (int64_t d = 0; d < wide; d += 16) {
                float *some = result + r * wide + d;
                _mm512_store_ps(some, _mm512_mul_ps(_mm512_set1_ps(factors[r]), _mm512_load_ps(some)));
            }
        if (narrow) EACH_RESULT(TAKE, result, wide * 4);
    }
    int64_t last = key - STRIP;
    const uint32_t *p = s->probabilities[side ^ 1], *v = values + last / 2 * TILE;
    if (narrow) {
        for (int64_t pairs = 0; pairs < (high - last) / 2; pairs += 16) {
            VALUE_TILES(0, 1, p + pairs, v + pairs * TILE);
            VALUE_TILES(2, 3, p + pairs, v + pairs * TILE + value_tile);
        }
        EACH_RESULT(PUT, result, wide * 4);
    } else {
        add_values_wide(result, wide, p, v, value_tile, (high - last) / 2);
    }
}

static void attend_block(
    const block_plan *plan, const ck_sequence *s, int64_t sequence, int64_t head, int64_t row, forward_space *space) {
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, stride = a->heads * width, kv = head / (a->heads / a->kv_heads), words = plan->words;
    int64_t rows = least_of(s->rows - row, QUERIES), position = s->keys - s->rows + row;
    int64_t filled = up(s->keys, TILE), wide = plan->tiles * TILE;
    int64_t place = plan->key_start[sequence] * a->kv_heads + kv * filled;
    const uint32_t *keys = plan->turned_k + place * words, *values = plan->straight_v + place / 2 * wide;
    const char *q = at(s->q, a->type, row * stride + head * width);
    pack_words(space->queries, q, a->type, stride, rows, up(rows, 16), width, words);
    memset(space->result, 0, (size_t)(up(rows, 16) * wide) * sizeof(float));
    int64_t begin = a->window > 0 ? most_of(0, position - a->window + 1) / TILE * TILE : 0;
    for (int64_t from = begin; from < position + rows; from += SPAN)
        for (int64_t r = 0; r < rows; r += 16) {
            // Keys that any of the 16 queries sees, in whole tiles.
            int64_t first_query = position + r, low = from;
            int64_t high = least_of(from + SPAN, up(first_query + least_of(rows - r, 16), TILE));
            if (a->window > 0) low = most_of(from, (first_query - a->window + 1) / TILE * TILE);
            if (low < high)
                attend_rows(
                    plan, space, r, keys, values, filled / 2 * TILE, first_query, low, high, from == begin);
        }
    float total[QUERIES];
    for (int64_t r = 0; r < rows; r++) total[r] = _mm512_reduce_add_ps(_mm512_load_ps(space->total + 16 * r));
    leave_result(a, s, head, row, rows, space->result, wide, space->offset, total);
}

static void attend_blocks(const void *context, int64_t begin, int64_t end) {
    const block_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t wide = plan->tiles * TILE;
    forward_space space;
    float *next = ck_workspace(
        CK_SLOT_ATTENTION, (size_t)(16 * STRIP * 3 + QUERIES * (wide + plan->words) + 19 * QUERIES));
    for (int i = 0; i < 2; i++, next += 16 * STRIP * 3 / 2) {
        space.scores[i] = next;
        space.probabilities[i] = (uint32_t *)(next + 16 * STRIP);
    }
    space.result = next;
    space.queries = (uint32_t *)(space.result + QUERIES * wide);
    space.total = (float *)(space.queries + QUERIES * plan->words);
    space.most = space.total + 16 * QUERIES;
    space.limit = space.most + QUERIES;
    space.offset = space.limit + QUERIES;
    unsigned before = begin_attention();
    for (int64_t task = begin; task < end; task++) {
        query_block q = block_of(plan, task);
        attend_block(plan, &a->sequences[q.sequence], q.sequence, q.head, q.row, &space);
    }
    end_attention(before);
}
