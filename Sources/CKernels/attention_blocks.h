// Lays out the work of attend_blocks and differentiate_chunks and runs it. Those, and pack_keys_back, are in
// attention_forward.h and attention_backward.h or, by AMX, in attention_tiles_forward.h and attention_tiles_backward.h.

static void *some_memory(size_t bytes) {
    void *memory = malloc(bytes > 0 ? bytes : 1);
    if (!memory) ck_refuse(bytes);
    return memory;
}

static void run_forward(block_plan *plan, int64_t keys) {
    const ck_attention_args *a = plan->args;
    plan->tiles = most_of(plan->tiles, NARROWEST);
    plan->words = most_of(plan->words, NARROWEST * UNIT);
    size_t turned = (size_t)(keys * a->kv_heads * plan->words), wide = (size_t)(plan->tiles * TILE);
    size_t bytes = (turned + (size_t)(keys / STEP * a->kv_heads) * wide) * sizeof(uint32_t);
    plan->turned_k = ck_buffer_take(bytes);
    if (!plan->turned_k) ck_refuse(bytes);
    plan->straight_v = plan->turned_k + turned;
    ck_parallel_tasks(a->count * a->kv_heads, pack_keys, plan);
    ck_parallel_tasks(plan->task_count, attend_blocks, plan);
    ck_buffer_give(plan->turned_k, bytes);
}

/// Chunks that the queries of a sequence are cut in: enough tasks for some threads where few heads have a key of their
/// own, no more of them than that since each but the last has gradients of keys and values to itself.
static int64_t chunk_count(const ck_attention_args *a, int64_t rows) {
    int64_t wanted = least_of(8, (12 + a->kv_heads - 1) / a->kv_heads);
    return most_of(1, least_of(wanted, rows / 256));
}

/// Where chunk c ends, so that all have about the same work: with all keys in sight it grows as the square of the row.
static int64_t chunk_end(const ck_attention_args *a, int64_t rows, int64_t c, int64_t count) {
    if (c + 1 == count) return rows;
    double share = (double)(c + 1) / (double)count;
    if (a->window == 0 || 2 * a->window > rows) share = sqrt(share);
    return least_of(rows, ((int64_t)((double)rows * share) + QUERIES / 2) / QUERIES * QUERIES);
}

static int longest_first(const void *left, const void *right) {
    const chunk *l = *(const chunk *const *)left, *r = *(const chunk *const *)right;
    if (l->work != r->work) return l->work > r->work ? -1 : 1;
    return l < r ? -1 : l > r;
}

/// Adds what chunks but the last of a sequence found to the result. Index: rows of all sequences.
static void add_parts(const void *context, int64_t begin, int64_t end) {
    const backward_plan *back = context;
    const ck_attention_args *a = back->plan->args;
    for (int64_t index = begin; index < end; index++) {
        int64_t sequence = sequence_at(back->row_start, a->count, index), key = index - back->row_start[sequence];
        int64_t chunks = chunk_count(a, a->sequences[sequence].rows);
        for (int64_t kv = 0; kv < a->kv_heads; kv++) {
            const chunk *c = back->chunks + back->first_chunk[sequence] + kv * chunks, *last = c + chunks - 1;
            float *dk = last->dk + key * last->stride, *dv = last->dv + key * last->stride;
            for (; c < last; c++) {
                if (key >= c->end) continue;
                const float *more_k = c->dk + key * c->stride, *more_v = c->dv + key * c->stride;
                for (int64_t d = 0; d < a->width; d++) {
                    dk[d] += more_k[d];
                    dv[d] += more_v[d];
                }
            }
        }
    }
}

static void run_backward(block_plan *plan, int64_t keys) {
    const ck_attention_args *a = plan->args;
    int64_t *starts = some_memory((size_t)(2 * a->count) * sizeof(int64_t));
    int64_t *first_chunk = starts, *row_start = starts + a->count, chunks = 0, rows = 0, parts = 0;
    for (int64_t i = 0; i < a->count; i++) {
        int64_t length = a->sequences[i].rows, count = chunk_count(a, length);
        first_chunk[i] = chunks;
        row_start[i] = rows;
        chunks += count * a->kv_heads;
        rows += length;
        for (int64_t c = 0; c + 1 < count; c++) parts += chunk_end(a, length, c, count);
    }
    size_t turned = (size_t)(keys * a->kv_heads * plan->words), wide = (size_t)(plan->tiles * TILE);
    size_t straight = (size_t)(keys / STEP * a->kv_heads) * wide;
    size_t bytes = (2 * turned + straight + (size_t)(2 * parts * a->kv_heads * a->width)) * sizeof(uint32_t);
    plan->turned_k = ck_buffer_take(bytes);
    if (!plan->turned_k) ck_refuse(bytes);
    plan->turned_v = plan->turned_k + turned;
    plan->straight_k = plan->turned_v + turned;
    float *part = (float *)(plan->straight_k + straight);
    chunk *list = some_memory((size_t)chunks * sizeof(chunk)), *next = list;
    const chunk **order = some_memory((size_t)chunks * sizeof(chunk *));
    for (int64_t i = 0; i < a->count; i++) {
        const ck_sequence *s = &a->sequences[i];
        int64_t count = chunk_count(a, s->rows);
        for (int64_t kv = 0; kv < a->kv_heads; kv++)
            for (int64_t c = 0, begin = 0; c < count; c++, next++) {
                int64_t end = chunk_end(a, s->rows, c, count);
                *next = (chunk){.sequence = i, .kv = kv, .begin = begin, .end = end};
                for (int64_t row = begin; row < end; row += QUERIES)
                    next->work += a->window > 0 ? least_of(row + QUERIES, a->window + QUERIES) : row + QUERIES;
                if (c + 1 == count) {
                    next->dk = s->dk + kv * a->width;
                    next->dv = s->dv + kv * a->width;
                    next->stride = a->kv_heads * a->width;
                } else {
                    next->dk = part;
                    next->dv = part + end * a->width;
                    next->stride = a->width;
                    part += 2 * end * a->width;
                }
                begin = end;
            }
    }
    for (int64_t c = 0; c < chunks; c++) order[c] = list + c;
    qsort(order, (size_t)chunks, sizeof *order, longest_first);
    backward_plan back = {plan, list, order, first_chunk, row_start};
    ck_parallel_tasks(a->count * a->kv_heads, pack_keys_back, plan);
    ck_parallel_tasks(chunks, differentiate_chunks, &back);
    if (parts > 0) ck_parallel(rows, 64, 1, add_parts, &back);
    ck_buffer_give(plan->turned_k, bytes);
    free(order);
    free(list);
    free(starts);
}

static void run_attention(const ck_attention_args *a, int backward) {
    int64_t *key_start = some_memory((size_t)(2 * a->count) * sizeof(int64_t)), *task_start = key_start + a->count;
    int64_t keys = 0, tasks = 0;
    for (int64_t i = 0; i < a->count; i++) {
        key_start[i] = keys;
        task_start[i] = tasks;
        keys += up(a->sequences[i].keys, TILE);
        tasks += (a->sequences[i].rows + QUERIES - 1) / QUERIES * a->heads;
    }
    block_plan plan = {
        .args = a, .key_start = key_start, .task_start = task_start, .task_count = tasks,
        .words = up((a->width + STEP - 1) / STEP, UNIT), .tiles = (a->width + TILE - 1) / TILE,
    };
    (backward ? run_backward : run_forward)(&plan, keys);
    free(key_start);
}
