// What the attention of attention_f32.c, attention_bf16.c and attention_amx.c is made of; included inside a target
// attribute, after
//   STEP     numbers in a word of 32 bits: one float32, or two BF16 that are neighbours in the sum
//   UNIT     words that those of a head's width are filled up to a multiple of
//   NARROWEST  tiles of the width going forward, and times UNIT of its words, that the narrowest heads are filled up to
//   FLUSHED  whether the processor makes 0 of results below the normal numbers while this runs
//   DEGREE   of the polynomial for 2^r, by how exact the probabilities are kept
//   words16, rows16, keep16, put_pair, put_row: see there
//
// B comes in tiles: for each word of a sum, 32 columns.

enum {
    QUERIES = 96,    // rows that meet the keys together: a multiple of TILE and, in vectors, of ROWS
    KEYS = 96        // going back
};

typedef struct {
    const ck_attention_args *args;
    const int64_t *key_start;   // of each sequence, in keys filled up to whole tiles
    const int64_t *task_start;  // first block of queries of each sequence, all heads
    int64_t task_count;
    int64_t words, tiles;               // of a head's width
    // Tiles of keys, a sum over the width: (keys / 32, words, 32). Going back by AMX, rows of keys: (keys, words).
    uint32_t *turned_k, *turned_v;
    // Tiles of the width, a sum over keys: (tiles, keys / STEP, 32). Going back by AMX, rows of the width:
    // (tiles · 32, keys / STEP).
    uint32_t *straight_k, *straight_v;
} block_plan;

INLINE int64_t up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }
INLINE int64_t least_of(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t most_of(int64_t a, int64_t b) { return a > b ? a : b; }

/// 2^t in the lanes of `keep`, exactly 0 in the others and where it would be below the normal numbers. NaN stays.
INLINE __m512 power(__m512 t, __mmask16 keep) {
    if (!FLUSHED) keep = _mm512_mask_cmp_ps_mask(keep, t, _mm512_set1_ps(-126), _CMP_NLT_UQ);
    __m512 r = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);  // t less the whole number below it
    // Minimax over [0, 1]: relative error below 1e-7 at degree 6, 3e-6 at degree 4.
    static const float six[] = {
        1.000000002e+00f, 6.931469838e-01f, 2.402298363e-01f, 5.548334198e-02f,
        9.678840996e-03f, 1.243968783e-03f, 2.170225545e-04f,
    };
    static const float four[] = {
        1.000002593e+00f, 6.930038345e-01f, 2.414427569e-01f, 5.201146061e-02f, 1.353416792e-02f,
    };
    const float *c = DEGREE == 6 ? six : four;
    __m512 p = _mm512_set1_ps(c[DEGREE]);
#pragma clang loop unroll(full)
    for (int i = DEGREE - 1; i >= 0; i--) p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c[i]));
    return _mm512_maskz_scalef_ps(keep, p, t);
}

/// Lanes that a query sees which is `ahead` keys after the first of them.
INLINE __mmask16 visible(int64_t ahead, int64_t window) {
    __mmask16 some = first(ahead + 1);
    return window > 0 ? some & (__mmask16)~first(ahead - window + 1) : some;
}

/// Tiles of B with the rows as columns: (words, 32) for every 32 rows, rows that do not exist zero.
static void pack_turned(
    uint32_t *out, const char *from, int type, int64_t stride, int64_t rows, int64_t width, int64_t words) {
    for (int64_t r = 0; r < rows; r += TILE, out += words * TILE)
        for (int64_t half = 0; half < TILE; half += 16)
            for (int64_t w = 0; w < words; w += 16) {
                __m512i block[16];
                for (int i = 0; i < 16; i++) {
                    int64_t row = r + half + i;
                    block[i] = row < rows ? words16(at(from, type, row * stride + w * STEP), type, width - w * STEP, 1)
                                          : _mm512_setzero_si512();
                }
                turn_words(block);
                for (int i = 0; i < 16 && w + i < words; i++)
                    _mm512_store_si512(out + (w + i) * TILE + half, block[i]);
            }
}

/// Tiles of B as it lies: (space / STEP, 32) for every 32 columns, rows from `rows` to `space` zero.
static void pack_straight(
    uint32_t *out, const char *from, int type, int64_t stride, int64_t rows, int64_t space, int64_t width) {
    for (int64_t j = 0; j < width; j += TILE)
        for (int64_t r = 0; r < space; r += STEP, out += TILE)
            for (int64_t half = 0; half < TILE; half += 16) {
                __mmask16 some = first(width - j - half);
                __m512i words = r < rows ? rows16(at(from, type, r * stride + j + half), type, stride, rows - r, some)
                                         : _mm512_setzero_si512();
                _mm512_store_si512(out + half, words);
            }
}

static int64_t sequence_at(const int64_t *starts, int64_t count, int64_t index) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (starts[middle] <= index) low = middle;
        else high = middle - 1;
    }
    return low;
}

/// Packs keys and values. Index: sequence, key/value head.
static void pack_keys(const void *context, int64_t begin, int64_t end) {
    const block_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t stride = a->kv_heads * a->width;
    for (int64_t task = begin; task < end; task++) {
        int64_t sequence = task / a->kv_heads, head = task % a->kv_heads;
        const ck_sequence *s = &a->sequences[sequence];
        int64_t space = up(s->keys, TILE), place = plan->key_start[sequence] * a->kv_heads + head * space;
        const char *k = at(s->k, a->type, head * a->width), *v = at(s->v, a->type, head * a->width);
        int64_t turned = place * plan->words, straight = place / STEP * plan->tiles * TILE;
        pack_turned(plan->turned_k + turned, k, a->type, stride, s->keys, a->width, plan->words);
        if (plan->turned_v)
            pack_turned(plan->turned_v + turned, v, a->type, stride, s->keys, a->width, plan->words);
        if (plan->straight_k) pack_straight(plan->straight_k + straight, k, a->type, stride, s->keys, space, a->width);
        if (plan->straight_v) pack_straight(plan->straight_v + straight, v, a->type, stride, s->keys, space, a->width);
    }
}

// What the way back is cut into: see attention_backward.h.
typedef struct {
    int64_t sequence, kv, begin, end;  // rows of queries
    int64_t work;                      // to sort by
    float *dk, *dv;                    // of key 0
    int64_t stride;
} chunk;

typedef struct {
    const block_plan *plan;
    const chunk *chunks;         // by sequence, key/value head and rows
    const chunk **order;         // the longest first
    const int64_t *first_chunk;  // of each sequence
    const int64_t *row_start;    // of each sequence
} backward_plan;

typedef struct {
    int64_t sequence, head, row;
} query_block;
/// Which queries a task going forward has. Those that see many keys come first, so that threads finish together.
static query_block block_of(const block_plan *plan, int64_t task) {
    int64_t index = plan->task_count - 1 - task, heads = plan->args->heads;
    int64_t sequence = sequence_at(plan->task_start, plan->args->count, index);
    int64_t local = index - plan->task_start[sequence];
    return (query_block){.sequence = sequence, .head = local % heads, .row = local / heads * QUERIES};
}

/// out and lse of a block, from sums (rows, wide) and each row's largest score, in units of ln 2, and total.
static void leave_result(
    const ck_attention_args *a, const ck_sequence *s, int64_t head, int64_t row, int64_t rows, const float *result,
    int64_t wide, const float *most, const float *total) {
    const int64_t width = a->width, unit = a->type == CK_F32 ? 4 : 2;
    for (int64_t r = 0; r < rows; r++) {
        __m512 inverse = _mm512_set1_ps(1.0f / total[r]);
        char *to = (char *)s->out + ((row + r) * a->heads + head) * width * unit;
        for (int64_t d = 0; d < width; d += 16)
            keep16(
                to + d * unit, a->type, first(width - d), _mm512_mul_ps(inverse, _mm512_load_ps(result + r * wide + d)));
        if (s->lse) s->lse[(row + r) * a->heads + head] = (most[r] + log2f(total[r])) * 0.693147180559945309f;
    }
}

/// Of each query of a block its lse, in units of ln 2, and dO · O; 0 for those that do not exist.
static void measure_rows(
    const ck_attention_args *a, const ck_sequence *s, int64_t head, int64_t row, int64_t rows, float *lse,
    float *delta) {
    const int64_t width = a->width, stride = a->heads * width, at_row = row * stride + head * width;
    const int type = a->type;
    const char *dout = at(s->dout, type, at_row), *out = at(s->out, type, at_row);
    for (int64_t r = 0; r < QUERIES; r++) {
        lse[r] = r < rows ? s->lse[(row + r) * a->heads + head] * 1.44269504088896341f : 0;
        __m512 sum = _mm512_setzero_ps();
        for (int64_t d = 0; r < rows && d < width; d += 16)
            sum = _mm512_fmadd_ps(
                widen16(at(dout, type, r * stride + d), type, first(width - d)),
                widen16(at(out, type, r * stride + d), type, first(width - d)), sum);
        delta[r] = _mm512_reduce_add_ps(sum);
    }
}
