#include "internal.h"

#include <string.h>

// Attention of one query row at a time over the keys and values of a cache, sixteen keys at once. Each row and head is
// computed by itself, so a sequence's result depends on no other.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi2"))), apply_to = function)
#define MASK_512
#include "body_vector.h"
#include "lane_sums.h"

static inline __mmask16 some_lanes(int64_t count) {
    return count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1);
}

// Keys that are scored at once, such blocks that are on their way, and heads that take values together.
enum { KEYS = 16, AHEAD = 1, SHARED = 4 };

/// Asks for the memory of `width` floats of up to KEYS rows.
static inline void fetch(const float *row, int64_t stride, int64_t rows, int64_t width) {
    for (int64_t i = 0; i < rows && i < KEYS; i++, row += stride)
        for (int64_t d = 0; d < width; d += 16) _mm_prefetch((const char *)(row + d), _MM_HINT_T0);
}

/// p[i] = scale · q · k_i for i < count <= KEYS, and −3e38 beyond; the larger of each and `highest`.
static inline __attribute__((always_inline)) __m512 scores(
    float *p, const float *q, const float *k, int64_t stride, int64_t count, int64_t width, float scale,
    __m512 highest) {
    __m512 sums[KEYS];
    for (int i = 0; i < KEYS; i++) sums[i] = _mm512_setzero_ps();
    const float *quarter[4] = {k, k + 4 * stride, k + 8 * stride, k + 12 * stride};
    int64_t d = 0;
    // Four pointers and three multiples of the stride stay in registers, sixteen pointers would not.
    for (; count >= KEYS && d + 16 <= width; d += 16) {
        __m512 part = _mm512_loadu_ps(q + d);
#pragma clang loop unroll(full)
        for (int i = 0; i < KEYS; i++)
            sums[i] = _mm512_fmadd_ps(part, _mm512_loadu_ps(quarter[i / 4] + i % 4 * stride + d), sums[i]);
    }
    for (; d < width; d += 16) {
        __mmask16 some = some_lanes(width - d);
        __m512 part = _mm512_maskz_loadu_ps(some, q + d);
        // Beyond the last key, the last again.
#pragma clang loop unroll(full)
        for (int i = 0; i < KEYS; i++)
            sums[i] = _mm512_fmadd_ps(
                part, _mm512_maskz_loadu_ps(some, k + (i < count ? i : count - 1) * stride + d), sums[i]);
    }
    __m512 result = _mm512_mul_ps(lane_sums(sums), _mm512_set1_ps(scale));
    result = _mm512_mask_mov_ps(_mm512_set1_ps(-3e38f), some_lanes(count), result);
    _mm512_storeu_ps(p, result);
    return _mm512_max_ps(result, highest);
}

/// out_h += Σ p_h[j] · v_j over count <= KEYS rows, for `heads` heads, `apart` floats from one p to the next.
static inline __attribute__((always_inline)) void mix(
    float *out, const float *p, int64_t apart, const float *v, int64_t stride, int64_t count, int64_t width,
    int heads) {
    for (int64_t d = 0; d < width; d += 64) {
        __mmask16 some[4];
        __m512 sums[SHARED][4];
        for (int i = 0; i < 4; i++) some[i] = width - d > 16 * i ? some_lanes(width - d - 16 * i) : 0;
#pragma clang loop unroll(full)
        for (int h = 0; h < heads; h++)
            for (int i = 0; i < 4; i++) sums[h][i] = _mm512_maskz_loadu_ps(some[i], out + h * width + d + 16 * i);
        const float *row = v + d;
        for (int64_t j = 0; j < count; j++, row += stride) {
            __m512 value[4];
            for (int i = 0; i < 4; i++) value[i] = _mm512_maskz_loadu_ps(some[i], row + 16 * i);
#pragma clang loop unroll(full)
            for (int h = 0; h < heads; h++) {
                __m512 weight = _mm512_set1_ps(p[h * apart + j]);
                for (int i = 0; i < 4; i++) sums[h][i] = _mm512_fmadd_ps(weight, value[i], sums[h][i]);
            }
        }
#pragma clang loop unroll(full)
        for (int h = 0; h < heads; h++)
            for (int i = 0; i < 4; i++) _mm512_mask_storeu_ps(out + h * width + d + 16 * i, some[i], sums[h][i]);
    }
}

/// Heads first ..< last of one query row. Keys are read once for all of them, in the order in which they lie, and then
/// values: memory gives them as fast as it can only so.
static void some_heads(const ck_attention_args *a, const ck_sequence *s, int64_t row, int64_t first, int64_t last) {
    const int64_t width = a->width, group = a->heads / a->kv_heads, stride = a->kv_heads * width;
    const int64_t seen = s->keys - s->rows + row + 1, from = a->window > 0 && seen > a->window ? seen - a->window : 0;
    const int64_t count = seen - from, place = from * stride + first / group * width, heads = last - first;
    const int64_t columns = ((last - 1) / group - first / group + 1) * width, at = (row * a->heads + first) * width;
    const int64_t padded = (count + KEYS - 1) / KEYS * KEYS;
    const int fresh = first % group == 0;  // else another task has asked for them
    const float *q = s->q + at, *k = s->k + place, *v = s->v + place;
    float *out = s->out + at;
    float *p = ck_workspace(CK_SLOT_ATTENTION, (size_t)(heads * (padded + KEYS)));
    float *highest = p + heads * padded;
    for (int64_t h = 0; h < heads; h++) _mm512_storeu_ps(highest + h * KEYS, _mm512_set1_ps(-3e38f));
    for (int64_t j = 0; j < count; j += KEYS) {
        const int64_t next = j + AHEAD * KEYS, beyond = next - padded;
        if (fresh && beyond < 0) fetch(k + next * stride, stride, count - next, columns);
        else if (fresh) fetch(v + beyond * stride, stride, count - beyond, columns);
        for (int64_t h = 0; h < heads; h++)
            _mm512_storeu_ps(
                highest + h * KEYS,
                scores(
                    p + h * padded + j, q + h * width, k + j * stride + ((first + h) / group - first / group) * width,
                    stride, count - j, width, a->scale, _mm512_loadu_ps(highest + h * KEYS)));
    }
    for (int64_t h = 0; h < heads; h++) {
        float *e = p + h * padded, m = _mm512_reduce_max_ps(_mm512_loadu_ps(highest + h * KEYS));
        vf part = {};
        for (int64_t j = 0; j < count; j += W) {
            vf x = exponential(load(e + j) - m);
            store(e + j, x);
            part += x;
        }
        float total = sum(part);
        highest[h * KEYS] = 1.0f / total;
        if (s->lse) s->lse[row * a->heads + first + h] = m + logf(total);
    }
    memset(out, 0, (size_t)(heads * width) * sizeof(float));
    for (int64_t j = 0; j < count; j += KEYS) {
        const int64_t next = j + AHEAD * KEYS;
        if (fresh) fetch(v + next * stride, stride, count - next, columns);
        for (int64_t h = 0, some; h < heads; h += some) {
            some = group - (first + h) % group;
            if (some > heads - h) some = heads - h;
            const int64_t rows = count - j < KEYS ? count - j : KEYS;
            const float *values = v + j * stride + ((first + h) / group - first / group) * width;
#define MIX(HEADS) mix(out + h * width, p + h * padded + j, padded, values, stride, rows, width, HEADS)
            switch (some) {
            case 1: MIX(1); break;
            case 2: MIX(2); break;
            case 3: MIX(3); break;
            default: MIX(SHARED); some = SHARED;
            }
        }
    }
    for (int64_t h = 0; h < heads; h++) {
        const __m512 factor = _mm512_set1_ps(highest[h * KEYS]);
        for (int64_t d = 0; d < width; d += 16) {
            float *y = out + h * width + d;
            __mmask16 some = some_lanes(width - d);
            _mm512_mask_storeu_ps(y, some, _mm512_mul_ps(_mm512_maskz_loadu_ps(some, y), factor));
        }
    }
}

// Index: query rows and heads of all sequences.
static void few_queries_range(const void *context, int64_t begin, int64_t end) {
    const ck_attention_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t sequence = a->count - 1;
    while (plan->task_start[sequence] > begin) sequence--;
    while (begin < end) {
        while (sequence + 1 < a->count && plan->task_start[sequence + 1] <= begin) sequence++;
        int64_t local = begin - plan->task_start[sequence], head = local % a->heads, heads = a->heads - head;
        if (heads > end - begin) heads = end - begin;
        some_heads(a, &a->sequences[sequence], local / a->heads, head, head + heads);
        begin += heads;
    }
}

#pragma clang attribute pop

ck_range_fn ck_few_queries_kernel(const ck_attention_args *a) {
    return ck_isa() >= CK_ISA_AVX512 && !(a->soft_cap > 0) ? few_queries_range : NULL;
}

#else

ck_range_fn ck_few_queries_kernel(const ck_attention_args *a) {
    (void)a;
    return NULL;
}

#endif
