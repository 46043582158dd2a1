// The way forward: 96 queries of a head meet 192 keys a time, 12 queries by 32 keys in registers. Each row keeps its
// largest score, the sum of exponentials and a result, which are rescaled as the largest grows. Scores are in units
// of ln 2, so that probabilities are powers of two.

enum { WIDE_KEYS = 192 };

typedef struct {
    float *scores;            // (12, WIDE_KEYS)
    uint32_t *probabilities;  // (12, WIDE_KEYS / STEP)
    float *result;            // (QUERIES, tiles · 32)
    uint32_t *queries;        // panels
    float *most, *total;      // (QUERIES)
} forward_space;

/// Scores of 12 queries and 32 keys; `high` keeps the largest of each row, lane by lane.
INLINE void score_tile(
    const block_plan *plan, const uint32_t *queries, const uint32_t *keys, float *scores, __m512 high[ROWS],
    int64_t ahead, float cap, int masked, int has_cap) {
    __m512 sum[ROWS][2];
    multiply(sum, queries, 1, ROWS, keys, plan->words, 2);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        __m512 row = high[r];
#pragma clang loop unroll(full)
        for (int v = 0; v < 2; v++) {
            __m512 x = sum[r][v];
            if (has_cap) x = _mm512_mul_ps((__m512)hyperbolic_tangent((vf)x), _mm512_set1_ps(cap));
            if (masked) {
                __mmask16 some = visible(ahead + r - 16 * v, plan->args->window);
                x = _mm512_mask_blend_ps(some, _mm512_set1_ps(-INFINITY), x);
            }
            _mm512_store_ps(scores + r * WIDE_KEYS + 16 * v, x);
            row = _mm512_max_ps(row, x);
        }
        high[r] = row;
    }
}

static __attribute__((noinline)) void score_whole(
    const block_plan *plan, const uint32_t *queries, const uint32_t *keys, float *scores, __m512 high[ROWS]) {
    score_tile(plan, queries, keys, scores, high, 0, 0, 0, 0);
}
static __attribute__((noinline)) void score_masked(
    const block_plan *plan, const uint32_t *queries, const uint32_t *keys, float *scores, __m512 high[ROWS],
    int64_t ahead) {
    score_tile(plan, queries, keys, scores, high, ahead, 0, 1, 0);
}
static __attribute__((noinline)) void score_capped(
    const block_plan *plan, const uint32_t *queries, const uint32_t *keys, float *scores, __m512 high[ROWS],
    int64_t ahead, float cap) {
    score_tile(plan, queries, keys, scores, high, ahead, cap, 1, 1);
}

/// result (12, 32 columns) = factor of the row · result + probabilities · values
static __attribute__((noinline)) void add_values(
    float *result, int64_t stride, const float *factors, const uint32_t *probabilities, const uint32_t *values,
    int64_t steps) {
    __m512 sum[ROWS][2];
    multiply(sum, probabilities, WIDE_KEYS / STEP, 1, values, steps, 2);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        __m512 factor = _mm512_set1_ps(factors[r]);
        for (int v = 0; v < 2; v++) {
            float *to = result + r * stride + 16 * v;
            _mm512_store_ps(to, _mm512_fmadd_ps(factor, _mm512_load_ps(to), sum[r][v]));
        }
    }
}
static __attribute__((noinline)) void add_values_narrow(
    float *result, int64_t stride, const float *factors, const uint32_t *probabilities, const uint32_t *values,
    int64_t steps) {
    __m512 sum[ROWS][2];
    multiply(sum, probabilities, WIDE_KEYS / STEP, 1, values, steps, 1);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        float *to = result + r * stride;
        _mm512_store_ps(to, _mm512_fmadd_ps(_mm512_set1_ps(factors[r]), _mm512_load_ps(to), sum[r][0]));
    }
}

/// Probabilities of 12 rows and `count` keys, relative to the largest score so far.
static __attribute__((noinline)) void soften(
    forward_space *s, int64_t row, const __m512 high[ROWS], float factors[ROWS], int64_t low, int64_t high_key) {
    for (int r = 0; r < ROWS; r++) {
        float before = s->most[row + r], most = _mm512_reduce_max_ps(high[r]);
        most = most > before ? most : before;
        __m512 part = _mm512_setzero_ps(), m = _mm512_set1_ps(most);
        const float *from = s->scores + r * WIDE_KEYS;
        uint32_t *to = s->probabilities + r * (WIDE_KEYS / STEP);
        for (int64_t j = low; j < high_key; j += TILE) {
            __m512 left = power(_mm512_sub_ps(_mm512_load_ps(from + j), m), 0xffff);
            __m512 right = power(_mm512_sub_ps(_mm512_load_ps(from + j + 16), m), 0xffff);
            part = _mm512_add_ps(part, _mm512_add_ps(left, right));
            put_row(to + j / STEP, left, right);
        }
        float factor = _mm512_cvtss_f32(power(_mm512_set1_ps(before - most), 1));
        s->total[row + r] = s->total[row + r] * factor + _mm512_reduce_add_ps(part);
        s->most[row + r] = most;
        factors[r] = factor;
    }
}

static void attend_block(
    const block_plan *plan, const ck_sequence *s, int64_t sequence, int64_t head, int64_t row, forward_space *space) {
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, stride = a->heads * width, kv = head / (a->heads / a->kv_heads);
    int64_t rows = least_of(s->rows - row, QUERIES), position = s->keys - s->rows + row;
    int64_t filled = up(s->keys, TILE), wide = plan->tiles * TILE;
    int64_t place = plan->key_start[sequence] * a->kv_heads + kv * filled;
    const uint32_t *keys = plan->turned_k + place * plan->words;
    const uint32_t *values = plan->straight_v + place / STEP * wide;
    const float log2e = 1.44269504088896341f;
    float cap = a->soft_cap * log2e;
    pack_panels(
        space->queries, at(s->q, a->type, row * stride + head * width), a->type, stride, rows, width,
        a->soft_cap > 0 ? a->scale / a->soft_cap : a->scale * log2e);
    memset(space->result, 0, (size_t)(up(rows, ROWS) * wide) * sizeof(float));
    for (int64_t r = 0; r < QUERIES; r++) {
        space->most[r] = -1e30f;
        space->total[r] = 0;
    }
    int64_t begin = a->window > 0 ? most_of(0, position - a->window + 1) / TILE * TILE : 0;
    for (int64_t from = begin; from < position + rows; from += WIDE_KEYS)
        for (int64_t r = 0; r < rows; r += ROWS) {
            span part = seen(a, position + r, rows - r, from, from + WIDE_KEYS);
            if (part.low >= part.high) continue;
            const uint32_t *queries = space->queries + r * plan->words;
            __m512 high[ROWS];
            float factors[ROWS];
            for (int i = 0; i < ROWS; i++) high[i] = _mm512_set1_ps(-1e30f);
            for (int64_t key = part.low; key < part.high; key += TILE) {
                const uint32_t *tile = keys + key * plan->words;
                float *scores = space->scores + key - from;
                int64_t ahead = position + r - key;
                if (cap > 0) score_capped(plan, queries, tile, scores, high, ahead, cap);
                else if (all_seen(a, position + r, key)) score_whole(plan, queries, tile, scores, high);
                else score_masked(plan, queries, tile, scores, high, ahead);
            }
            soften(space, r, high, factors, part.low - from, part.high - from);
            const uint32_t *p = space->probabilities + (part.low - from) / STEP;
            int64_t steps = (part.high - part.low + STEP - 1) / STEP;
            for (int64_t j = 0; j < plan->tiles; j++) {
                const uint32_t *v = values + j * (filled / STEP) * TILE + part.low / STEP * TILE;
                float *result = space->result + r * wide + j * TILE;
                (width - j * TILE > 16 ? add_values : add_values_narrow)(result, wide, factors, p, v, steps);
            }
        }
    leave_result(a, s, head, row, rows, space->result, wide, space->most, space->total);
}

static void attend_blocks(const void *context, int64_t begin, int64_t end) {
    const block_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t wide = plan->tiles * TILE;
    forward_space space;
    space.scores = ck_workspace(
        CK_SLOT_ATTENTION, (size_t)(2 * ROWS * WIDE_KEYS + QUERIES * (wide + up(plan->words, 16)) + 2 * QUERIES));
    space.probabilities = (uint32_t *)(space.scores + ROWS * WIDE_KEYS);
    space.result = space.scores + 2 * ROWS * WIDE_KEYS;
    space.queries = (uint32_t *)(space.result + QUERIES * wide);
    space.most = (float *)(space.queries + QUERIES * up(plan->words, 16));
    space.total = space.most + QUERIES;
    for (int64_t task = begin; task < end; task++) {
        query_block q = block_of(plan, task);
        attend_block(plan, &a->sequences[q.sequence], q.sequence, q.head, q.row, &space);
    }
}
