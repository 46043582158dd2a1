#include "internal.h"

// Attention of one query row and head at a time over the keys and values of a cache, sixteen keys at once. Each row and
// head is computed by itself, so a sequence's result depends on no other.

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

/// Asks for the memory of `rows` rows.
static inline void fetch(const float *row, int64_t stride, int64_t rows, int64_t width) {
    for (int64_t i = 0; i < rows; i++, row += stride)
        for (int64_t d = 0; d < width; d += 16) _mm_prefetch((const char *)(row + d), _MM_HINT_T0);
}

/// p[j] = scale · q · k_j for j < count, and −3e38 up to a whole vector; the largest is returned. Keys and, if given,
/// values that no head has seen yet are on their way two vectors ahead of their use.
static float scores(
    float *p, const float *q, const float *k, const float *fresh_v, int64_t stride, int64_t count, int64_t width,
    float scale) {
    __m512 highest = _mm512_set1_ps(-3e38f);
    for (int64_t j = 0; j < count; j += 16) {
        if (fresh_v) {
            int64_t later = count - j - 32, now = count - j;
            if (later > 0) fetch(k + (j + 32) * stride, stride, later < 16 ? later : 16, width);
            fetch(fresh_v + j * stride, stride, now < 16 ? now : 16, width);
        }
        const float *row[16];
        __m512 sums[16];
        // Beyond the last key, the last again.
        for (int i = 0; i < 16; i++) {
            row[i] = k + (j + i < count ? j + i : count - 1) * stride;
            sums[i] = _mm512_setzero_ps();
        }
        for (int64_t d = 0; d < width; d += 16) {
            __mmask16 some = some_lanes(width - d);
            __m512 part = _mm512_maskz_loadu_ps(some, q + d);
#pragma clang loop unroll(full)
            for (int i = 0; i < 16; i++)
                sums[i] = _mm512_fmadd_ps(part, _mm512_maskz_loadu_ps(some, row[i] + d), sums[i]);
        }
        __m512 result = _mm512_mul_ps(lane_sums(sums), _mm512_set1_ps(scale));
        result = _mm512_mask_mov_ps(_mm512_set1_ps(-3e38f), some_lanes(count - j), result);
        highest = _mm512_max_ps(result, highest);
        _mm512_storeu_ps(p + j, result);
    }
    return _mm512_reduce_max_ps(highest);
}

/// out = factor · Σ p[j] · v_j
static void mix(
    float *out, const float *p, const float *v, int64_t stride, int64_t count, int64_t width, float factor) {
    for (int64_t d = 0; d < width; d += 64) {
        __mmask16 some[4];
        __m512 sums[4];
        for (int i = 0; i < 4; i++) {
            some[i] = width - d > 16 * i ? some_lanes(width - d - 16 * i) : 0;
            sums[i] = _mm512_setzero_ps();
        }
        const float *row = v + d;
        for (int64_t j = 0; j < count; j++, row += stride) {
            __m512 weight = _mm512_set1_ps(p[j]);
            for (int i = 0; i < 4; i++)
                sums[i] = _mm512_fmadd_ps(weight, _mm512_maskz_loadu_ps(some[i], row + 16 * i), sums[i]);
        }
        for (int i = 0; i < 4; i++)
            _mm512_mask_storeu_ps(out + d + 16 * i, some[i], _mm512_mul_ps(sums[i], _mm512_set1_ps(factor)));
    }
}

// Index: query rows and heads of all sequences.
static void few_queries_range(const void *context, int64_t begin, int64_t end) {
    const ck_attention_plan *plan = context;
    const ck_attention_args *a = plan->args;
    int64_t width = a->width, q_stride = a->heads * width, kv_stride = a->kv_heads * width;
    for (int64_t task = begin; task < end; task++) {
        int64_t sequence = a->count - 1;
        while (plan->task_start[sequence] > task) sequence--;
        const ck_sequence *s = &a->sequences[sequence];
        int64_t local = task - plan->task_start[sequence];
        int64_t head = local % a->heads, row = local / a->heads;
        int64_t kv = head / (a->heads / a->kv_heads);
        int64_t last = s->keys - s->rows + row + 1;
        int64_t from = a->window > 0 && last > a->window ? last - a->window : 0, count = last - from;
        float *p = ck_workspace(CK_SLOT_ATTENTION, (size_t)count + W);
        const int64_t place = from * kv_stride + kv * width, at = row * q_stride + head * width;
        // Heads that share keys follow one another.
        const int first = head % (a->heads / a->kv_heads) == 0;
        float m = scores(p, s->q + at, s->k + place, first ? s->v + place : NULL, kv_stride, count, width, a->scale);
        vf part = {};
        for (int64_t j = 0; j < count; j += W) {
            vf e = exponential(load(p + j) - m);
            store(p + j, e);
            part += e;
        }
        float total = sum(part);
        mix(s->out + at, p, s->v + place, kv_stride, count, width, 1.0f / total);
        if (s->lse) s->lse[row * a->heads + head] = m + logf(total);
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
