#include "internal.h"

// Kernels of rows that may be kept in BF16: a row at a time is widened in scratch memory of the thread, computed in float32,
// and rounded to nearest even on the way out. What memory has to move is halved; the arithmetic is that of the float32
// kernels.

enum { LEAST = 16384, STORED = 2 };

typedef struct {
    const void *in[STORED];
    int in_type[STORED];
    void *out[STORED];
    int out_type[STORED];
    ck_args args;
} stored_args;

static const float *widened(const void *source, int type, int64_t begin, int64_t count, float *room) {
    if (type == CK_F32) return (const float *)source + begin;
    ck_args a = {.raw = (const char *)source + begin * 2, .type = type, .out = room};
    ck_active_table()->widen(&a, 0, count);
    return room;
}

static void narrowed(void *target, int type, int64_t begin, int64_t count, const float *from) {
    if (type == CK_F32) return;
    ck_args a = {.a = from, .type = type, .out = (float *)(void *)((char *)target + begin * 2)};
    ck_active_table()->narrow(&a, 0, count);
}

static float *room_for(void *target, int type, int64_t begin, float *room) {
    return type == CK_F32 ? (float *)target + begin : room;
}

static void rope_range(const void *context, int64_t begin, int64_t end) {
    const stored_args *s = context;
    int64_t width = s->args.heads * s->args.width;
    float *room = ck_workspace(CK_SLOT_ROUNDED, (size_t)(2 * width + 32)), *turned = room + (width + 15) / 16 * 16;
    for (int64_t r = begin; r < end; r++) {
        ck_args a = s->args;
        a.a = widened(s->in[0], s->in_type[0], r * width, width, room);
        a.out = room_for(s->out[0], s->out_type[0], r * width, turned);
        a.ids = s->args.ids + r;
        ck_active_table()->rope(&a, 0, 1);
        narrowed(s->out[0], s->out_type[0], r * width, width, turned);
    }
}

void ck_rope_stored(
    void *out, int out_type, const void *x, int type, const float *cosines, const float *sines,
    const int32_t *positions, int64_t rows, int64_t heads, int64_t head_width, int64_t half, float direction) {
    stored_args s = {.in = {x}, .in_type = {type}, .out = {out}, .out_type = {out_type}};
    s.args = (ck_args){
        .b = cosines, .c = sines, .ids = positions, .heads = heads, .width = head_width, .half = half,
        .alpha = direction,
    };
    int64_t width = heads * head_width;
    ck_parallel(rows, width > 0 && width < LEAST ? LEAST / width : 1, 1, rope_range, &s);
}

static void rms_norm_range(const void *context, int64_t begin, int64_t end) {
    const stored_args *s = context;
    int64_t width = s->args.width;
    float *room = ck_workspace(CK_SLOT_ROUNDED, (size_t)width);
    for (int64_t r = begin; r < end; r++) {
        ck_args a = s->args;
        a.a = (const float *)s->in[0] + r * width;
        a.out = room;
        a.out2 = s->args.out2 + r;
        ck_active_table()->rms_norm(&a, 0, 1);
        narrowed(s->out[0], CK_BF16, r * width, width, room);
    }
}

void ck_rms_norm_stored(
    void *y, float *inverse, const float *x, const float *scale, int64_t rows, int64_t width, float eps, float offset) {
    stored_args s = {.in = {x}, .out = {y}};
    s.args = (ck_args){.out2 = inverse, .b = scale, .width = width, .alpha = eps, .beta = offset};
    ck_parallel(rows, width > 0 && width < LEAST ? LEAST / width : 1, 1, rms_norm_range, &s);
}

static void rms_norm_backward_range(const void *context, int64_t begin, int64_t end) {
    const stored_args *s = context;
    int64_t width = s->args.width;
    float *room = ck_workspace(CK_SLOT_ROUNDED, (size_t)(2 * width + 32)), *more = room + (width + 15) / 16 * 16;
    for (int64_t r = begin; r < end; r++) {
        ck_args a = s->args;
        a.out = s->args.out + r * width;
        a.a = widened(s->in[0], s->in_type[0], r * width, width, room);
        a.c = widened(s->in[1], s->in_type[1], r * width, width, more);
        a.d = s->args.d + r;
        ck_active_table()->rms_norm_backward(&a, 0, 1);
    }
}

void ck_rms_norm_backward_stored(
    float *dx, const void *dy, int dy_type, const void *kept, int kept_type, int of_result, const float *scale,
    const float *inverse, int64_t rows, int64_t width, float offset, int accumulate) {
    stored_args s = {.in = {dy, kept}, .in_type = {dy_type, kept_type}};
    s.args = (ck_args){.out = dx, .b = scale, .d = inverse, .width = width, .beta = offset, .flag = accumulate};
    s.args.kind = of_result;
    ck_parallel(rows, width > 0 && width < LEAST ? LEAST / width : 1, 1, rms_norm_backward_range, &s);
}
