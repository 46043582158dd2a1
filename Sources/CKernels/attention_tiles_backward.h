// The way back by AMX, in chunks as attention_backward.h does it, with keys as rows and queries as columns: Sᵀ = K·Qᵀ.
// So Pᵀ and dSᵀ are rows as dV += Pᵀ·dO and dK += dSᵀ·Q read them, and only dQᵀ += Kᵀ·dSᵀ is turned, once a block.

typedef struct {
    uint32_t *queries, *douts;                    // tiles of 32 queries, a sum over the width: (QUERIES / 32, words, 32)
    uint32_t *straight_queries, *straight_douts;  // tiles of the width, a sum over queries: (tiles, QUERIES / 2, 32)
    uint32_t *p_rows, *ds_rows;                   // (32 keys, QUERIES / 2)
    uint32_t *ds;                                 // tiles of 32 queries, a sum over keys: (QUERIES / 32, KEYS / 2, 32)
    float *scores, *gradients;                    // of 32 keys and 32 queries
    float *turned_dq;                             // (tiles · 32, QUERIES)
    float *lse, *delta;                           // (QUERIES), lse in units of ln 2
    float *dk, *dv;                               // of the chunk: (keys, tiles · 32)
} backward_space;

/// Keys and values as rows, and keys as rows of the width: for every 32 keys (tiles · 32, 16 pairs).
static void pack_keys_back(const void *context, int64_t begin, int64_t end) {
    const block_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t stride = a->kv_heads * a->width, words = plan->words, wide = plan->tiles * TILE;
    for (int64_t task = begin; task < end; task++) {
        int64_t sequence = task / a->kv_heads, head = task % a->kv_heads;
        const ck_sequence *s = &a->sequences[sequence];
        int64_t space = up(s->keys, TILE), place = plan->key_start[sequence] * a->kv_heads + head * space;
        const char *k = at(s->k, a->type, head * a->width), *v = at(s->v, a->type, head * a->width);
        pack_words(plan->turned_k + place * words, k, a->type, stride, s->keys, space, a->width, words);
        pack_words(plan->turned_v + place * words, v, a->type, stride, s->keys, space, a->width, words);
        uint32_t *across = plan->straight_k + place / 2 * wide;
        for (int64_t key = 0; key < space; key += TILE)
            for (int64_t d = 0; d < wide; d += 16, across += 16 * 16) {
                __m512i block[16];
                for (int i = 0; i < 16; i++) {
                    int64_t row = key + 2 * i;
                    block[i] = row < s->keys ? rows16(
                                                   at(k, a->type, row * stride + d), a->type, stride, s->keys - row,
                                                   first(a->width - d))
                                             : _mm512_setzero_si512();
                }
                turn_words(block);
                for (int i = 0; i < 16; i++) _mm512_store_si512(across + 16 * i, block[i]);
            }
    }
}

/// Pᵀ and dSᵀ of 32 keys and 32 queries, the first of them `ahead` after the first key, from Sᵀ and dPᵀ.
INLINE void gradient_tile(
    const backward_space *s, const float *lse, const float *delta, uint32_t *p_rows, uint32_t *ds_rows, uint32_t *ds,
    int64_t ahead, int64_t window, float factor, float cap, int masked, int has_cap) {
    __m512 f = _mm512_set1_ps(factor), most[2], mean[2];
    for (int v = 0; v < 2; v++) {
        most[v] = _mm512_load_ps(lse + 16 * v);
        mean[v] = _mm512_load_ps(delta + 16 * v);
    }
    for (int r = 0; r < 32; r += 2) {
        __m512 p[2][2], d[2][2];
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++)
#pragma clang loop unroll(full)
            for (int v = 0; v < 2; v++) {
                // Lanes are queries: those that come at or after the key, and less than a window after it.
                int64_t after = ahead + 16 * v - r - i;
                __mmask16 some = 0xffff;
                if (masked) some = (__mmask16)~first(-after);
                if (masked && window > 0) some &= first(window - after);
                __m512 x = _mm512_load_ps(s->scores + (r + i) * TILE + 16 * v), slope;
                if (has_cap) {
                    __m512 t = (__m512)hyperbolic_tangent((vf)_mm512_mul_ps(x, f));
                    slope = _mm512_fnmadd_ps(t, t, _mm512_set1_ps(1));
                    x = _mm512_fmsub_ps(t, _mm512_set1_ps(cap), most[v]);
                } else {
                    x = _mm512_fmsub_ps(x, f, most[v]);
                }
                p[i][v] = power(x, some);
                d[i][v] = _mm512_sub_ps(_mm512_load_ps(s->gradients + (r + i) * TILE + 16 * v), mean[v]);
                if (has_cap) d[i][v] = _mm512_mul_ps(d[i][v], slope);
                d[i][v] = _mm512_mul_ps(d[i][v], p[i][v]);
            }
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++) {
            put_row(p_rows + (r + i) * (QUERIES / 2), p[i][0], p[i][1]);
            put_row(ds_rows + (r + i) * (QUERIES / 2), d[i][0], d[i][1]);
            put_pair(ds + r / 2 * TILE + 16 * i, TILE, d[0][i], d[1][i]);
        }
    }
}
#define GRADIENT_TILE(name, masked, has_cap)                                                                         \
    static __attribute__((noinline)) void name(                                                                      \
        const backward_space *s, const float *lse, const float *delta, uint32_t *p_rows, uint32_t *ds_rows,          \
        uint32_t *ds, int64_t ahead, int64_t window, float factor, float cap) {                                      \
        gradient_tile(s, lse, delta, p_rows, ds_rows, ds, ahead, window, factor, cap, masked, has_cap);              \
    }
GRADIENT_TILE(gradient_whole, 0, 0)
GRADIENT_TILE(gradient_masked, 1, 0)
GRADIENT_TILE(gradient_capped, 1, 1)

/// out (32 rows, tiles · 32) += A (32, pairs) · B, whose tiles of 32 columns are `next` words apart
static void add_to_rows(
    float *out, int64_t wide, const uint32_t *a, const uint32_t *b, int64_t next, int64_t pairs) {
    for (int64_t j = 0; j < wide; j += TILE, b += next) {
        EACH_TILE(TAKE, out + j, wide * 4, 1, 1);
        ADD_WIDE_TERMS(a, QUERIES / 2 * 4, 64, b, pairs);
        EACH_TILE(PUT, out + j, wide * 4, 1, 1);
    }
}

/// A block of queries of one head with all the keys that it sees.
static void differentiate_block(
    const block_plan *plan, const chunk *c, int64_t row, int64_t rows, backward_space *space) {
    const ck_attention_args *a = plan->args;
    const ck_sequence *s = &a->sequences[c->sequence];
    int64_t words = plan->words, wide = plan->tiles * TILE;
    int64_t place = plan->key_start[c->sequence] * a->kv_heads + c->kv * up(s->keys, TILE);
    const uint32_t *keys = plan->turned_k + place * words, *values = plan->turned_v + place * words;
    const uint32_t *across = plan->straight_k + place / 2 * wide;
    const float log2e = 1.44269504088896341f;
    const int has_cap = a->soft_cap > 0;
    const float factor = has_cap ? a->scale / a->soft_cap : a->scale * log2e, cap = a->soft_cap * log2e;
    const int64_t window = a->window, straight = QUERIES / 2 * TILE;
    int64_t begin = window > 0 ? most_of(0, row - window + 1) / KEYS * KEYS : 0;
    for (int64_t from = begin; from < row + rows; from += KEYS) {
        for (int64_t k = from; k < least_of(from + KEYS, row + rows); k += TILE) {
            // The queries of the block that see any of these keys, in whole tiles. Blocks begin at whole tiles.
            int64_t low = most_of(0, k - row);
            int64_t high = up(window > 0 ? least_of(rows, k + 31 + window - row) : rows, TILE);
            if (low >= high) continue;
            for (int64_t q = low; q < high; q += TILE) {
                CLEAR_SUMS();
                ADD_WIDE_TERMS(keys + k * words, words * 4, 64, space->queries + q * words, words);
                EACH_TILE(PUT, space->scores, TILE * 4, 1, 1);
                CLEAR_SUMS();
                ADD_WIDE_TERMS(values + k * words, words * 4, 64, space->douts + q * words, words);
                EACH_TILE(PUT, space->gradients, TILE * 4, 1, 1);
                int64_t ahead = row + q - k;
                int whole = ahead >= 31 && (window == 0 || ahead + 31 < window);
                (has_cap ? gradient_capped : whole ? gradient_whole : gradient_masked)(
                    space, space->lse + q, space->delta + q, space->p_rows + q / 2, space->ds_rows + q / 2,
                    space->ds + (q * (KEYS / 2) + (k - from) / 2 * TILE), ahead, window, factor, cap);
            }
            int64_t pairs = (high - low) / 2, first_pair = low / 2 * TILE;
            add_to_rows(
                space->dv + k * wide, wide, space->p_rows + low / 2, space->straight_douts + first_pair, straight,
                pairs);
            add_to_rows(
                space->dk + k * wide, wide, space->ds_rows + low / 2, space->straight_queries + first_pair, straight,
                pairs);
        }
        for (int64_t q = 0; q < up(rows, TILE); q += TILE) {
            // The keys of this block that any of these queries sees: the tiles that were computed above.
            int64_t low = from, high = least_of(from + KEYS, row + q + TILE), unseen = row + q - 31 - window;
            if (window > 0 && unseen >= 0) low = most_of(from, (unseen / TILE + 1) * TILE);
            if (low >= high) continue;
            for (int64_t d = 0; d < wide; d += TILE) {
                float *dq = space->turned_dq + d * QUERIES + q;
                EACH_TILE(TAKE, dq, QUERIES * 4, 1, 1);
                ADD_WIDE_TERMS(
                    across + low / 2 * wide + d * 16, 64, wide * 64,
                    space->ds + (q * (KEYS / 2) + (low - from) / 2 * TILE), (high - low) / 2);
                EACH_TILE(PUT, dq, QUERIES * 4, 1, 1);
            }
        }
    }
}

static void prepare_block(
    const block_plan *plan, const ck_sequence *s, int64_t head, int64_t row, int64_t rows, backward_space *space) {
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, stride = a->heads * width;
    int type = a->type;
    int64_t at_row = row * stride + head * width;
    const char *q = at(s->q, type, at_row), *dout = at(s->dout, type, at_row);
    pack_turned(space->queries, q, type, stride, rows, width, plan->words);
    pack_turned(space->douts, dout, type, stride, rows, width, plan->words);
    pack_straight(space->straight_queries, q, type, stride, rows, QUERIES, width);
    pack_straight(space->straight_douts, dout, type, stride, rows, QUERIES, width);
    memset(space->turned_dq, 0, (size_t)(QUERIES * plan->tiles * TILE) * sizeof(float));
    measure_rows(a, s, head, row, rows, space->lse, space->delta);
}

/// dq of a block, from dQᵀ.
static void turn_queries(
    const ck_attention_args *a, const ck_sequence *s, int64_t head, int64_t row, int64_t rows,
    const backward_space *space) {
    __m512 scale = _mm512_set1_ps(a->scale);
    for (int64_t r = 0; r < rows; r += 16)
        for (int64_t d = 0; d < a->width; d += 16) {
            __m512i block[16];
            for (int i = 0; i < 16; i++) block[i] = _mm512_load_si512(space->turned_dq + (d + i) * QUERIES + r);
            turn_words(block);
            for (int i = 0; i < 16 && r + i < rows; i++)
                _mm512_mask_storeu_ps(
                    s->dq + ((row + r + i) * a->heads + head) * a->width + d, first(a->width - d),
                    _mm512_mul_ps(scale, _mm512_castsi512_ps(block[i])));
        }
}

/// A chunk's dk and dv from where they were added up.
static void leave_gradients(
    const ck_attention_args *a, const chunk *c, int64_t keys, int64_t wide, const backward_space *space) {
    __m512 scale = _mm512_set1_ps(a->scale);
    for (int64_t k = 0; k < keys; k++)
        for (int64_t d = 0; d < a->width; d += 16) {
            __mmask16 some = first(a->width - d);
            __m512 dk = _mm512_load_ps(space->dk + k * wide + d), dv = _mm512_load_ps(space->dv + k * wide + d);
            _mm512_mask_storeu_ps(c->dk + k * c->stride + d, some, _mm512_mul_ps(scale, dk));
            _mm512_mask_storeu_ps(c->dv + k * c->stride + d, some, dv);
        }
}

static void differentiate_chunks(const void *context, int64_t begin, int64_t end) {
    const backward_plan *back = context;
    const block_plan *plan = back->plan;
    const ck_attention_args *a = plan->args;
    int64_t wide = plan->tiles * TILE, group = a->heads / a->kv_heads, longest = 0;
    for (int64_t i = 0; i < a->count; i++) longest = most_of(longest, up(a->sequences[i].keys, TILE));
    int64_t turned = QUERIES * plan->words, straight = QUERIES / 2 * wide, rows_of_32 = 32 * QUERIES / 2;
    int64_t sizes = 2 * turned + 2 * straight + 2 * rows_of_32 + QUERIES * KEYS / 2 + 2 * TILE * TILE + QUERIES * wide +
                    2 * QUERIES + 2 * longest * wide;
    backward_space space;
    space.queries = (uint32_t *)ck_workspace(CK_SLOT_ATTENTION, (size_t)sizes);
    space.douts = space.queries + turned;
    space.straight_queries = space.douts + turned;
    space.straight_douts = space.straight_queries + straight;
    space.p_rows = space.straight_douts + straight;
    space.ds_rows = space.p_rows + rows_of_32;
    space.ds = space.ds_rows + rows_of_32;
    space.scores = (float *)(space.ds + QUERIES * KEYS / 2);
    space.gradients = space.scores + TILE * TILE;
    space.turned_dq = space.gradients + TILE * TILE;
    space.lse = space.turned_dq + QUERIES * wide;
    space.delta = space.lse + QUERIES;
    space.dk = space.delta + QUERIES;
    space.dv = space.dk + longest * wide;
    unsigned before = begin_attention();
    for (int64_t task = begin; task < end; task++) {
        const chunk *c = back->order[task];
        const ck_sequence *s = &a->sequences[c->sequence];
        int64_t keys = c->end == s->rows ? s->keys : c->end;
        memset(space.dk, 0, (size_t)(up(keys, TILE) * wide) * sizeof(float));
        memset(space.dv, 0, (size_t)(up(keys, TILE) * wide) * sizeof(float));
        for (int64_t row = c->begin; row < c->end; row += QUERIES)
            for (int64_t head = c->kv * group; head < (c->kv + 1) * group; head++) {
                int64_t rows = least_of(QUERIES, c->end - row);
                prepare_block(plan, s, head, row, rows, &space);
                differentiate_block(plan, c, row, rows, &space);
                turn_queries(a, s, head, row, rows, &space);
            }
        leave_gradients(a, c, keys, wide, &space);
    }
    end_attention(before);
}
