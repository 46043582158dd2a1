// The way back. A task is a chunk of the queries of one sequence with all heads that share a key and value: it owns
// their dq, and adds up dk and dv itself, into the result or, when it is not the last chunk, into a part of its own.
// Chunks follow from the lengths alone, so sums have one order whatever the threads.

typedef struct {
    uint32_t *queries, *douts;                    // panels
    uint32_t *straight_queries, *straight_douts;  // tiles of the width, a sum over queries
    uint32_t *p, *ds;                             // (QUERIES / STEP, KEYS): words along the queries
    uint32_t *ds_rows;                            // (QUERIES, KEYS / STEP): words along the keys; ds itself at STEP 1
    float *dq;                                    // (QUERIES, tiles · 32)
    float *lse, *delta;                           // (QUERIES), lse in units of ln 2
} backward_space;

/// P and dS of 12 queries and 32 keys. `p`, `ds`, `ds_rows` at their first element.
INLINE void gradient_tile(
    const block_plan *plan, const uint32_t *queries, const uint32_t *keys, const uint32_t *douts,
    const uint32_t *values, const float *lse, const float *delta, uint32_t *p, uint32_t *ds, uint32_t *ds_rows,
    int64_t ahead, float cap, int masked, int has_cap) {
    __m512 sum[ROWS][2];
    _Alignas(64) float kept[ROWS][2][16], slope[ROWS][2][16];
    multiply(sum, queries, 1, ROWS, keys, plan->words, 2);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r += 2)
#pragma clang loop unroll(full)
        for (int v = 0; v < 2; v++) {
            __m512 pair[2];
#pragma clang loop unroll(full)
            for (int i = 0; i < 2; i++) {
                __m512 x = sum[r + i][v];
                __mmask16 some = masked ? visible(ahead + r + i - 16 * v, plan->args->window) : 0xffff;
                if (has_cap) {
                    __m512 t = (__m512)hyperbolic_tangent((vf)x);
                    _mm512_store_ps(slope[r + i][v], _mm512_fnmadd_ps(t, t, _mm512_set1_ps(1)));
                    x = _mm512_mul_ps(t, _mm512_set1_ps(cap));
                }
                pair[i] = power(_mm512_sub_ps(x, _mm512_set1_ps(lse[r + i])), some);
                _mm512_store_ps(kept[r + i][v], pair[i]);
            }
            put_pair(p + r / STEP * KEYS + 16 * v, KEYS, pair[0], pair[1]);
        }
    multiply(sum, douts, 1, ROWS, values, plan->words, 2);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r += 2) {
        __m512 x[2][2];
#pragma clang loop unroll(full)
        for (int v = 0; v < 2; v++) {
#pragma clang loop unroll(full)
            for (int i = 0; i < 2; i++) {
                __m512 d = _mm512_sub_ps(sum[r + i][v], _mm512_set1_ps(delta[r + i]));
                if (has_cap) d = _mm512_mul_ps(d, _mm512_load_ps(slope[r + i][v]));
                x[i][v] = _mm512_mul_ps(d, _mm512_load_ps(kept[r + i][v]));
            }
            put_pair(ds + r / STEP * KEYS + 16 * v, KEYS, x[0][v], x[1][v]);
        }
        if (STEP > 1)
            for (int i = 0; i < 2; i++) put_row(ds_rows + (r + i) * (KEYS / STEP), x[i][0], x[i][1]);
    }
}

#define GRADIENT_TILE(name, masked, has_cap)                                                                           \
    static __attribute__((noinline)) void name(                                                                        \
        const block_plan *plan, const uint32_t *queries, const uint32_t *keys, const uint32_t *douts,                  \
        const uint32_t *values, const float *lse, const float *delta, uint32_t *p, uint32_t *ds, uint32_t *ds_rows,    \
        int64_t ahead, float cap) {                                                                                    \
        gradient_tile(                                                                                                 \
            plan, queries, keys, douts, values, lse, delta, p, ds, ds_rows, ahead, cap, masked, has_cap);              \
    }
GRADIENT_TILE(gradient_whole, 0, 0)
GRADIENT_TILE(gradient_masked, 1, 0)
GRADIENT_TILE(gradient_capped, 1, 1)

static void clear_tile(uint32_t *p, uint32_t *ds, uint32_t *ds_rows) {
    for (int r = 0; r < ROWS; r += 2) {
        put_pair(p + r / STEP * KEYS, KEYS, _mm512_setzero_ps(), _mm512_setzero_ps());
        put_pair(p + r / STEP * KEYS + 16, KEYS, _mm512_setzero_ps(), _mm512_setzero_ps());
        put_pair(ds + r / STEP * KEYS, KEYS, _mm512_setzero_ps(), _mm512_setzero_ps());
        put_pair(ds + r / STEP * KEYS + 16, KEYS, _mm512_setzero_ps(), _mm512_setzero_ps());
    }
    if (STEP > 1)
        for (int r = 0; r < ROWS; r++)
            put_row(ds_rows + r * (KEYS / STEP), _mm512_setzero_ps(), _mm512_setzero_ps());
}

/// out (rows up to 12, columns up to 32) += factor · A · B
INLINE void add_product(
    float *out, int64_t stride, int64_t rows, int64_t columns, float factor, const uint32_t *a, int across, int along,
    const uint32_t *b, int64_t steps, int vectors) {
    __m512 sum[ROWS][2], f = _mm512_set1_ps(factor);
    multiply(sum, a, across, along, b, steps, vectors);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        if (r >= rows) break;
        for (int v = 0; v < vectors; v++) {
            __mmask16 some = first(columns - 16 * v);
            float *to = out + r * stride + 16 * v;
            _mm512_mask_storeu_ps(to, some, _mm512_fmadd_ps(f, sum[r][v], _mm512_maskz_loadu_ps(some, to)));
        }
    }
}

/// Rows of keys, a sum over queries.
static __attribute__((noinline)) void add_over_queries(
    float *out, int64_t stride, int64_t rows, int64_t columns, float factor, const uint32_t *a, const uint32_t *b,
    int64_t steps) {
    if (columns > 16) add_product(out, stride, rows, columns, factor, a, 1, KEYS, b, steps, 2);
    else add_product(out, stride, rows, columns, factor, a, 1, KEYS, b, steps, 1);
}
/// Rows of queries, a sum over keys.
static __attribute__((noinline)) void add_over_keys(
    float *out, int64_t stride, int64_t columns, const uint32_t *a, const uint32_t *b, int64_t steps) {
    if (columns > 16) add_product(out, stride, ROWS, 32, 1, a, KEYS / STEP, 1, b, steps, 2);
    else add_product(out, stride, ROWS, 32, 1, a, KEYS / STEP, 1, b, steps, 1);
}

/// A block of queries of one head with all the keys that it sees.
static void differentiate_block(
    const block_plan *plan, const chunk *c, int64_t head, int64_t row, int64_t rows, backward_space *space) {
    const ck_attention_args *a = plan->args;
    const ck_sequence *s = &a->sequences[c->sequence];
    int64_t width = a->width, filled = up(s->keys, TILE), wide = plan->tiles * TILE, words = plan->words;
    int64_t at = plan->key_start[c->sequence] * a->kv_heads + c->kv * filled;
    const uint32_t *keys = plan->turned_k + at * words, *values = plan->turned_v + at * words;
    const uint32_t *straight = plan->straight_k + at / STEP * wide;
    const float log2e = 1.44269504088896341f;
    float cap = a->soft_cap * log2e;
    int64_t begin = a->window > 0 ? most_of(0, row - a->window + 1) / KEYS * KEYS : 0;
    for (int64_t from = begin; from < row + rows; from += KEYS) {
        int64_t count = least_of(KEYS, s->keys - from);
        for (int64_t r = 0; r < rows; r += ROWS) {
            span part = seen(a, row + r, rows - r, from, from + KEYS);
            for (int64_t key = from; key < from + KEYS; key += TILE) {
                uint32_t *p = space->p + r / STEP * KEYS + key - from, *ds = space->ds + r / STEP * KEYS + key - from;
                uint32_t *ds_rows = space->ds_rows + r * (KEYS / STEP) + (key - from) / STEP;
                if (key < part.low || key >= part.high) {
                    clear_tile(p, ds, ds_rows);
                    continue;
                }
                (cap > 0                      ? gradient_capped
                 : all_seen(a, row + r, key) ? gradient_whole
                                             : gradient_masked)(
                    plan, space->queries + r * words, keys + key * words, space->douts + r * words,
                    values + key * words, space->lse + r, space->delta + r, p, ds, ds_rows, row + r - key, cap);
            }
            if (part.low >= part.high) continue;
            for (int64_t j = 0; j < plan->tiles; j++)
                add_over_keys(
                    space->dq + r * wide + j * TILE, wide, width - j * TILE,
                    space->ds_rows + r * (KEYS / STEP) + (part.low - from) / STEP,
                    straight + (j * filled + part.low) / STEP * TILE, (part.high - part.low + STEP - 1) / STEP);
        }
        for (int64_t k = 0; k < count; k += ROWS) {
            // The queries of the block that see any of these keys.
            int64_t low = most_of(0, from + k - row) / STEP * STEP;
            int64_t high = a->window > 0 ? least_of(rows, from + k + ROWS - 1 + a->window - row) : rows;
            if (low >= high) continue;
            int64_t steps = (high - low + STEP - 1) / STEP, there = least_of(ROWS, count - k);
            for (int64_t j = 0; j < plan->tiles; j++) {
                int64_t b = (j * QUERIES + low) / STEP * TILE, to = (from + k) * c->stride + j * TILE;
                int64_t word = low / STEP * KEYS + k;
                add_over_queries(
                    c->dv + to, c->stride, there, width - j * TILE, 1, space->p + word, space->straight_douts + b,
                    steps);
                add_over_queries(
                    c->dk + to, c->stride, there, width - j * TILE, a->scale, space->ds + word,
                    space->straight_queries + b, steps);
            }
        }
    }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t d = 0; d < width; d += 16)
            _mm512_mask_storeu_ps(
                s->dq + ((row + r) * a->heads + head) * width + d, first(width - d),
                _mm512_mul_ps(_mm512_set1_ps(a->scale), _mm512_load_ps(space->dq + r * wide + d)));
}

static void prepare_block(
    const block_plan *plan, const ck_sequence *s, int64_t head, int64_t row, int64_t rows, backward_space *space) {
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, stride = a->heads * width;
    const float log2e = 1.44269504088896341f;
    int type = a->type;
    int64_t at_row = row * stride + head * width;
    const char *q = at(s->q, type, at_row), *dout = at(s->dout, type, at_row);
    pack_panels(
        space->queries, q, type, stride, rows, width, a->soft_cap > 0 ? a->scale / a->soft_cap : a->scale * log2e);
    pack_panels(space->douts, dout, type, stride, rows, width, 1);
    pack_straight(space->straight_queries, q, type, stride, rows, QUERIES, width);
    pack_straight(space->straight_douts, dout, type, stride, rows, QUERIES, width);
    memset(space->dq, 0, (size_t)(QUERIES * plan->tiles * TILE) * sizeof(float));
    measure_rows(a, s, head, row, rows, space->lse, space->delta);
}

static void pack_keys_back(const void *context, int64_t begin, int64_t end) { pack_keys(context, begin, end); }

static void differentiate_chunks(const void *context, int64_t begin, int64_t end) {
    const backward_plan *back = context;
    const block_plan *plan = back->plan;
    const ck_attention_args *a = plan->args;
    int64_t wide = plan->tiles * TILE, group = a->heads / a->kv_heads;
    int64_t panels = QUERIES * up(plan->words, 16), straight = QUERIES / STEP * wide, square = QUERIES * KEYS / STEP;
    backward_space space;
    uint32_t *w = (uint32_t *)ck_workspace(
        CK_SLOT_ATTENTION, (size_t)(2 * panels + 2 * straight + 3 * square + QUERIES * wide + 2 * QUERIES));
    space.queries = w;
    space.douts = space.queries + panels;
    space.straight_queries = space.douts + panels;
    space.straight_douts = space.straight_queries + straight;
    space.p = space.straight_douts + straight;
    space.ds = space.p + square;
    space.ds_rows = STEP > 1 ? space.ds + square : space.ds;
    space.dq = (float *)(space.ds + 2 * square);
    space.lse = space.dq + QUERIES * wide;
    space.delta = space.lse + QUERIES;
    for (int64_t task = begin; task < end; task++) {
        const chunk *c = back->order[task];
        const ck_sequence *s = &a->sequences[c->sequence];
        int64_t keys = c->end == s->rows ? s->keys : c->end;
        for (int64_t k = 0; k < keys; k++) {
            memset(c->dk + k * c->stride, 0, (size_t)a->width * sizeof(float));
            memset(c->dv + k * c->stride, 0, (size_t)a->width * sizeof(float));
        }
        for (int64_t row = c->begin; row < c->end; row += QUERIES)
            for (int64_t head = c->kv * group; head < (c->kv + 1) * group; head++) {
                int64_t rows = least_of(QUERIES, c->end - row);
                prepare_block(plan, s, head, row, rows, &space);
                differentiate_block(plan, c, head, row, rows, &space);
            }
    }
}
