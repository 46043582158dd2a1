#include "internal.h"

#include <stdlib.h>

// Lays out the tasks of one attention call; body_attention.h does them.

typedef struct {
    int64_t *starts;
    float *scratch;
    size_t scratch_bytes;
    int64_t rows, keys, widest;
} layout;

static ck_attention_plan make_plan(const ck_attention_args *a, layout *l, int64_t rows_per_task) {
    size_t bytes = (size_t)(3 * a->count + 1) * sizeof(int64_t);
    l->starts = malloc(bytes);
    if (!l->starts) ck_refuse(bytes);
    int64_t *key_start = l->starts, *task_start = key_start + a->count, *row_start = task_start + a->count;
    int64_t tasks = 0;
    l->rows = l->keys = l->widest = 0;
    for (int64_t i = 0; i < a->count; i++) {
        const ck_sequence *s = &a->sequences[i];
        key_start[i] = l->keys;
        row_start[i] = l->rows;
        task_start[i] = tasks;
        l->keys += s->keys;
        l->rows += s->rows;
        if (s->rows > l->widest) l->widest = s->rows;
        tasks += (s->rows + rows_per_task - 1) / rows_per_task * a->heads;
    }
    return (ck_attention_plan){
        .args = a, .key_start = key_start, .task_start = task_start, .row_start = row_start, .task_count = tasks};
}

static void take_scratch(layout *l, size_t floats) {
    l->scratch_bytes = floats * sizeof(float);
    l->scratch = ck_buffer_take(l->scratch_bytes);
    if (!l->scratch) ck_refuse(l->scratch_bytes);
}

int ck_attention_reads(int type) { return type == CK_F32 || (type == CK_BF16 && ck_isa_has_bf16()); }

static int by_blocks(const ck_attention_args *a, int backward) {
    return (a->bf16 && ck_attention_bf16(a, backward)) || ck_attention_f32(a, backward);
}

void ck_attention(const ck_attention_args *a) {
    const ck_table *t = ck_active_table();
    layout l;
    ck_attention_plan plan = make_plan(a, &l, CK_QUERY_BLOCK);
    if ((l.widest > 4 || a->type != CK_F32) && by_blocks(a, 0)) {
        free(l.starts);
        return;
    }
    if (l.widest <= 4) {  // turning keys around would cost more than it saves
        free(l.starts);
        plan = make_plan(a, &l, 1);
        ck_range_fn few = ck_few_queries_kernel(a);
        if (!few) few = t->attention_decode;
        if (l.keys * a->heads * a->width < 65536) {
            if (plan.task_count > 0) few(&plan, 0, plan.task_count);
        } else {
            // The heads of a row stay on one thread, or at least those that share keys, unless there is too little to
            // share out.
            int64_t together = a->heads;
            if (plan.task_count / together < 4 * ck_threads()) together = a->heads / a->kv_heads;
            if (plan.task_count / together < 4 * ck_threads()) together = 1;
            ck_parallel_parts(plan.task_count, together, few, &plan);
        }
        free(l.starts);
        return;
    }
    take_scratch(&l, (size_t)(l.keys * a->kv_heads * a->width));
    plan.keys_t = l.scratch;
    ck_parallel_tasks(a->count * a->kv_heads, t->attention_transpose, &plan);
    ck_parallel_tasks(plan.task_count, t->attention_block, &plan);
    ck_buffer_give(l.scratch, l.scratch_bytes);
    free(l.starts);
}

void ck_attention_backward(const ck_attention_args *a) {
    if (by_blocks(a, 1)) return;
    const ck_table *t = ck_active_table();
    layout l;
    ck_attention_plan plan = make_plan(a, &l, CK_QUERY_BLOCK);
    size_t turned = (size_t)(l.keys * a->kv_heads * a->width), deltas = (size_t)(l.rows * a->heads);
    size_t full = a->heads == a->kv_heads ? 0 : (size_t)(l.keys * a->heads * a->width);
    take_scratch(&l, 2 * turned + deltas + 2 * full);
    plan.keys_t = l.scratch;
    plan.values_t = plan.keys_t + turned;
    plan.delta = plan.values_t + turned;
    if (full) {
        plan.dk = plan.delta + deltas;
        plan.dv = plan.dk + full;
    }
    ck_parallel_tasks(a->count * a->kv_heads, t->attention_transpose, &plan);
    ck_parallel(l.rows, 64, 1, t->attention_delta, &plan);
    ck_parallel_tasks(a->count * a->heads, t->attention_backward_head, &plan);
    if (full) ck_parallel(l.keys, 64, 1, t->attention_reduce, &plan);
    ck_buffer_give(l.scratch, l.scratch_bytes);
    free(l.starts);
}
