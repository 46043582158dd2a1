// Causal attention without the square matrix: a block of queries meets the keys block by block and keeps, for each
// row, the largest score and the sum of exponentials so far. Going back, probabilities are computed again from the
// log-sum-exp of the row. Milakov and Gimelshein 2018, arXiv 1805.02867; Dao et al. 2022, arXiv 2205.14135.

// C (m, n) = (accumulate ? C : 0) + alpha · A (m, k) · B (k, n); element (i, j) of A is A[i·rows + j·columns].
INLINE void tile(
    int mr, int nr, int64_t rest, int64_t k, const float *A, int64_t rows, int64_t columns, const float *B, int64_t ldb,
    float *C, int64_t ldc, float alpha, int accumulate) {
    vf total[8][4] = {};
    for (int64_t p = 0; p < k; p++) {
        vf b[4];
#pragma clang loop unroll(full)
        for (int j = 0; j < nr; j++) b[j] = rest ? load_some(B + p * ldb, rest) : load(B + p * ldb + j * W);
#pragma clang loop unroll(full)
        for (int i = 0; i < mr; i++) {
            vf a = splat(A[i * rows + p * columns]);
#pragma clang loop unroll(full)
            for (int j = 0; j < nr; j++) total[i][j] += a * b[j];
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < mr; i++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < nr; j++) {
            float *c = C + i * ldc + j * W;
            vf t = total[i][j] * alpha;
            if (rest) {
                store_some(c, accumulate ? load_some(c, rest) + t : t, rest);
            } else {
                store(c, accumulate ? load(c) + t : t);
            }
        }
    }
}

#define TILE_ROWS(nr, rest)                                                                                     \
    do {                                                                                                        \
        int64_t i = 0;                                                                                          \
        for (; i + MR <= m; i += MR)                                                                            \
            tile(MR, nr, rest, k, A + i * rows, rows, columns, B + j, ldb, C + i * ldc + j, ldc, alpha, accumulate); \
        for (; i < m; i++)                                                                                      \
            tile(1, nr, rest, k, A + i * rows, rows, columns, B + j, ldb, C + i * ldc + j, ldc, alpha, accumulate);  \
    } while (0)

static void product(
    int64_t m, int64_t n, int64_t k, const float *A, int64_t rows, int64_t columns, const float *B, int64_t ldb,
    float *C, int64_t ldc, float alpha, int accumulate) {
    int64_t j = 0;
    for (; j + NR * W <= n; j += NR * W) TILE_ROWS(NR, 0);
    for (; j + W <= n; j += W) TILE_ROWS(1, 0);
    if (j < n) {
        int64_t rest = n - j;
        TILE_ROWS(1, rest);
    }
}

// Which task a running index is: sequence, block and head.
INLINE int64_t sequence_of(const int64_t *starts, int64_t count, int64_t index) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (starts[middle] <= index) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

// Keys (and values, going back) of each sequence and head, transposed to (width, keys). Index: sequence, head.
static void attention_transpose_range(const void *context, int64_t begin, int64_t end) {
    const ck_attention_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, stride = a->kv_heads * width;
    for (int64_t task = begin; task < end; task++) {
        const ck_sequence *s = &a->sequences[task / a->kv_heads];
        int64_t head = task % a->kv_heads, keys = s->keys;
        int64_t at = plan->key_start[task / a->kv_heads] * stride + head * width * keys;
        for (int64_t block = 0; block < keys; block += W) {
            int64_t stop = block + W < keys ? block + W : keys;
            for (int64_t d = 0; d < width; d++)
                for (int64_t i = block; i < stop; i++)
                    plan->keys_t[at + d * keys + i] = s->k[i * stride + head * width + d];
            if (!plan->values_t) continue;
            for (int64_t d = 0; d < width; d++)
                for (int64_t i = block; i < stop; i++)
                    plan->values_t[at + d * keys + i] = s->v[i * stride + head * width + d];
        }
    }
}

// The keys that any of the queries at positions [first, last] sees, widened to whole blocks at the front.
INLINE int64_t first_key(const ck_attention_args *a, int64_t first) {
    int64_t key = a->window > 0 && first - a->window + 1 > 0 ? first - a->window + 1 : 0;
    return key / CK_KEY_BLOCK * CK_KEY_BLOCK;
}

// Scores a query at `position` may not see become the most negative number that exp turns into zero.
INLINE void mask_row(const ck_attention_args *a, float *scores, int64_t position, int64_t key, int64_t count) {
    int64_t last = position - key + 1;  // first column hidden on the right
    for (int64_t j = last < 0 ? 0 : last; j < count; j++) scores[j] = -3e38f;
    if (a->window > 0) {
        int64_t from = position - a->window + 1 - key;
        for (int64_t j = 0; j < from && j < count; j++) scores[j] = -3e38f;
    }
}

INLINE void cap_row(const ck_attention_args *a, float *scores, int64_t count) {
    for (int64_t j = 0; j < count; j += W) store(scores + j, capped(load(scores + j), a->soft_cap));
}

static void attention_block_range(const void *context, int64_t begin, int64_t end) {
    const ck_attention_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, q_stride = a->heads * width, kv_stride = a->kv_heads * width;
    int64_t group = a->heads / a->kv_heads;
    float *scores = ck_workspace(CK_SLOT_ATTENTION, (size_t)(CK_QUERY_BLOCK * (CK_KEY_BLOCK + width)));
    float *result = scores + CK_QUERY_BLOCK * CK_KEY_BLOCK;
    for (int64_t task = begin; task < end; task++) {
        // Long blocks first, so that threads finish together.
        int64_t index = plan->task_count - 1 - task;
        int64_t sequence = sequence_of(plan->task_start, a->count, index);
        const ck_sequence *s = &a->sequences[sequence];
        int64_t local = index - plan->task_start[sequence];
        int64_t head = local % a->heads, row = local / a->heads * CK_QUERY_BLOCK;
        int64_t rows = s->rows - row < CK_QUERY_BLOCK ? s->rows - row : CK_QUERY_BLOCK;
        int64_t position = s->keys - s->rows + row;  // of the first query
        int64_t kv = head / group;
        const float *keys = plan->keys_t + plan->key_start[sequence] * kv_stride + kv * width * s->keys;
        const float *query = s->q + row * q_stride + head * width;
        float most[CK_QUERY_BLOCK], total[CK_QUERY_BLOCK];
        for (int64_t i = 0; i < rows; i++) {
            most[i] = -3e38f;
            total[i] = 0;
        }
        memset(result, 0, (size_t)(rows * width) * sizeof(float));
        for (int64_t key = first_key(a, position); key < position + rows; key += CK_KEY_BLOCK) {
            int64_t count = s->keys - key < CK_KEY_BLOCK ? s->keys - key : CK_KEY_BLOCK;
            product(rows, count, width, query, q_stride, 1, keys + key, s->keys, scores, CK_KEY_BLOCK, a->scale, 0);
            for (int64_t i = 0; i < rows; i++) {
                float *p = scores + i * CK_KEY_BLOCK;
                if (a->soft_cap > 0) cap_row(a, p, count);
                mask_row(a, p, position + i, key, count);
                for (int64_t j = count; j < (count + W - 1) / W * W; j++) p[j] = -3e38f;
                vf high = splat(most[i]);
                for (int64_t j = 0; j < count; j += W) high = maximum(load(p + j), high);
                float m = largest(high);
                vf part = {};
                for (int64_t j = 0; j < count; j += W) {
                    vf e = exponential(load(p + j) - m);
                    store(p + j, e);
                    part += e;
                }
                float correction = exponential(splat(most[i] - m))[0];
                if (m == most[i]) correction = 1;
                total[i] = total[i] * correction + sum(part);
                if (correction != 1) {
                    float *o = result + i * width;
                    EACH(0, width, store(o + i, load(o + i) * correction);,
                         store_some(o + i, load_some(o + i, rest) * correction, rest););
                }
                most[i] = m;
            }
            const float *values = s->v + key * kv_stride + kv * width;
            product(rows, width, count, scores, CK_KEY_BLOCK, 1, values, kv_stride, result, width, 1, 1);
        }
        for (int64_t i = 0; i < rows; i++) {
            float inverse = 1.0f / total[i];
            const float *from = result + i * width;
            float *to = s->out + (row + i) * q_stride + head * width;
            EACH(0, width, store(to + i, load(from + i) * inverse);,
                 store_some(to + i, load_some(from + i, rest) * inverse, rest););
            if (s->lse) s->lse[(row + i) * a->heads + head] = most[i] + logf(total[i]);
        }
    }
}

// One query row and head at a time, straight from the rows of k and v: for a few new tokens after many old ones.
static void attention_decode_range(const void *context, int64_t begin, int64_t end) {
    const ck_attention_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, q_stride = a->heads * width, kv_stride = a->kv_heads * width;
    for (int64_t task = begin; task < end; task++) {
        int64_t sequence = sequence_of(plan->task_start, a->count, task);
        const ck_sequence *s = &a->sequences[sequence];
        int64_t local = task - plan->task_start[sequence];
        int64_t head = local % a->heads, row = local / a->heads;
        int64_t kv = head / (a->heads / a->kv_heads);
        int64_t last = s->keys - s->rows + row + 1;
        int64_t from = a->window > 0 && last > a->window ? last - a->window : 0, count = last - from;
        float *p = ck_workspace(CK_SLOT_ATTENTION, (size_t)count + W);
        const float *q = s->q + row * q_stride + head * width;
        for (int64_t j = 0; j < count; j++) {
            const float *k = s->k + (from + j) * kv_stride + kv * width;
            vf t = {};
            EACH(0, width, t += load(q + i) * load(k + i);, t += load_some(q + i, rest) * load_some(k + i, rest););
            p[j] = sum(t) * a->scale;
        }
        for (int64_t j = count; j < count + W; j++) p[j] = -3e38f;
        if (a->soft_cap > 0) {
            cap_row(a, p, count);
            for (int64_t j = count; j < count + W; j++) p[j] = -3e38f;
        }
        vf high = splat(-3e38f);
        for (int64_t j = 0; j < count; j += W) high = maximum(load(p + j), high);
        float m = largest(high);
        vf part = {};
        for (int64_t j = 0; j < count; j += W) {
            vf e = exponential(load(p + j) - m);
            store(p + j, e);
            part += e;
        }
        float total = sum(part);
        float inverse = 1.0f / total;
        float *out = s->out + row * q_stride + head * width;
        for (int64_t d = 0; d < width; d += W) {
            int64_t rest = width - d < W ? width - d : W;
            vf t = {};
            for (int64_t j = 0; j < count; j++) {
                const float *v = s->v + (from + j) * kv_stride + kv * width + d;
                t += p[j] * (rest == W ? load(v) : load_some(v, rest));
            }
            store_some(out + d, t * inverse, rest);
        }
        if (s->lse) s->lse[row * a->heads + head] = m + logf(total);
    }
}

// delta (rows, heads) = Σ over the width of dout · out. Index: rows of all sequences.
static void attention_delta_range(const void *context, int64_t begin, int64_t end) {
    const ck_attention_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, stride = a->heads * width;
    for (int64_t r = begin; r < end; r++) {
        int64_t sequence = sequence_of(plan->row_start, a->count, r);
        const ck_sequence *s = &a->sequences[sequence];
        int64_t row = r - plan->row_start[sequence];
        for (int64_t h = 0; h < a->heads; h++) {
            const float *x = s->dout + row * stride + h * width, *y = s->out + row * stride + h * width;
            vf t = {};
            EACH(0, width, t += load(x + i) * load(y + i);, t += load_some(x + i, rest) * load_some(y + i, rest););
            plan->delta[r * a->heads + h] = sum(t);
        }
    }
}

// All of one sequence and head, so that each gradient has one writer. Index: sequence, head.
//
//     P = exp(S − lse)   dV = Pᵀ·dO   dP = dO·Vᵀ   dS = P ∘ (dP − delta)   dQ = scale·dS·K   dK = scale·dSᵀ·Q
static void attention_backward_head_range(const void *context, int64_t begin, int64_t end) {
    const ck_attention_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, q_stride = a->heads * width, kv_stride = a->kv_heads * width;
    float *p = ck_workspace(CK_SLOT_ATTENTION, 2 * CK_QUERY_BLOCK * CK_KEY_BLOCK);
    float *dp = p + CK_QUERY_BLOCK * CK_KEY_BLOCK;
    for (int64_t task = begin; task < end; task++) {
        int64_t sequence = task / a->heads, head = task % a->heads;
        const ck_sequence *s = &a->sequences[sequence];
        int64_t kv = head / (a->heads / a->kv_heads), keys = s->keys;
        int64_t first_row = plan->row_start[sequence];
        int64_t at = plan->key_start[sequence] * kv_stride + kv * width * keys;
        const float *keys_t = plan->keys_t + at, *values_t = plan->values_t + at;
        float *dk_all = plan->dk ? plan->dk + plan->key_start[sequence] * q_stride : s->dk;
        float *dv_all = plan->dv ? plan->dv + plan->key_start[sequence] * q_stride : s->dv;
        for (int64_t r = 0; r < s->rows; r++) {
            int64_t o = r * q_stride + head * width;
            memset(s->dq + o, 0, (size_t)width * sizeof(float));
            memset(dk_all + o, 0, (size_t)width * sizeof(float));
            memset(dv_all + o, 0, (size_t)width * sizeof(float));
        }
        for (int64_t row = 0; row < s->rows; row += CK_QUERY_BLOCK) {
            int64_t rows = s->rows - row < CK_QUERY_BLOCK ? s->rows - row : CK_QUERY_BLOCK;
            const float *query = s->q + row * q_stride + head * width;
            const float *dout = s->dout + row * q_stride + head * width;
            for (int64_t key = first_key(a, row); key < row + rows; key += CK_KEY_BLOCK) {
                int64_t count = keys - key < CK_KEY_BLOCK ? keys - key : CK_KEY_BLOCK;
                product(rows, count, width, query, q_stride, 1, keys_t + key, keys, p, CK_KEY_BLOCK, a->scale, 0);
                product(rows, count, width, dout, q_stride, 1, values_t + key, keys, dp, CK_KEY_BLOCK, 1, 0);
                for (int64_t i = 0; i < rows; i++) {
                    float *pi = p + i * CK_KEY_BLOCK, *di = dp + i * CK_KEY_BLOCK;
                    if (a->soft_cap > 0) cap_row(a, pi, count);
                    mask_row(a, pi, row + i, key, count);
                    for (int64_t j = count; j < (count + W - 1) / W * W; j++) {
                        pi[j] = -3e38f;
                        di[j] = 0;
                    }
                    float lse = s->lse[(row + i) * a->heads + head];
                    float delta = plan->delta[(first_row + row + i) * a->heads + head];
                    for (int64_t j = 0; j < count; j += W) {
                        vf score = load(pi + j);
                        vf e = exponential(score - lse);
                        vf d = e * (load(di + j) - delta);
                        store(pi + j, e);
                        store(di + j, a->soft_cap > 0 ? d * cap_slope(score, a->soft_cap) : d);
                    }
                }
                int64_t o = key * q_stride + head * width;
                const float *k = s->k + key * kv_stride + kv * width;
                product(count, width, rows, p, 1, CK_KEY_BLOCK, dout, q_stride, dv_all + o, q_stride, 1, 1);
                product(count, width, rows, dp, 1, CK_KEY_BLOCK, query, q_stride, dk_all + o, q_stride, a->scale, 1);
                product(
                    rows, width, count, dp, CK_KEY_BLOCK, 1, k, kv_stride, s->dq + row * q_stride + head * width,
                    q_stride, a->scale, 1);
            }
        }
    }
}

// Sums dk and dv of the query heads that share a key/value head. Index: key rows of all sequences.
static void attention_reduce_range(const void *context, int64_t begin, int64_t end) {
    const ck_attention_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, group = a->heads / a->kv_heads;
    for (int64_t r = begin; r < end; r++) {
        int64_t sequence = sequence_of(plan->key_start, a->count, r);
        const ck_sequence *s = &a->sequences[sequence];
        int64_t row = r - plan->key_start[sequence];
        for (int64_t kv = 0; kv < a->kv_heads; kv++) {
            const float *dk = plan->dk + (r * a->heads + kv * group) * width;
            const float *dv = plan->dv + (r * a->heads + kv * group) * width;
            float *to_k = s->dk + (row * a->kv_heads + kv) * width, *to_v = s->dv + (row * a->kv_heads + kv) * width;
            for (int64_t d = 0; d < width; d++) {
                float tk = 0, tv = 0;
                for (int64_t g = 0; g < group; g++) {
                    tk += dk[g * width + d];
                    tv += dv[g * width + d];
                }
                to_k[d] = tk;
                to_v[d] = tv;
            }
        }
    }
}
