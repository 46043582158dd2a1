#include "internal.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

// Chooses an instruction set once, and runs the range functions of that set on the pool.

static const char *const names[CK_ISA_COUNT] = {"portable", "avx2", "avx512", "avx512bf16", "amx", "neon"};
static pthread_once_t chosen_once = PTHREAD_ONCE_INIT;
static int chosen = CK_ISA_PORTABLE;
static const char *ignored_request = NULL;
static _Thread_local int override_isa = -1;

#if defined(__x86_64__) && defined(__linux__)
// The tile registers are 8 KiB of state that Linux saves only for a process that asked for it.
static pthread_once_t asked_for_tiles = PTHREAD_ONCE_INIT;
static int has_tiles = 0;
static void ask_for_tiles(void) {
    enum { TILES = 1 << 24, TILES_BF16 = 1 << 22, ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 };
    unsigned a, b, c, d = 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & TILES) || !(d & TILES_BF16)) return;
    has_tiles = syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
}
static int tiles_allowed(void) {
    pthread_once(&asked_for_tiles, ask_for_tiles);
    return has_tiles;
}
#else
static int __attribute__((unused)) tiles_allowed(void) { return 0; }
#endif

int ck_isa_supported(int isa) {
    if (isa == CK_ISA_PORTABLE) return 1;
#if defined(__x86_64__)
    // The compiler's run-time asks cpuid and, for the wide registers, XGETBV whether the system saves them.
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    if (isa == CK_ISA_AVX2) return avx2 != 0;
    if (isa == CK_ISA_AVX512)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (isa == CK_ISA_AVX512BF16) return ck_isa_supported(CK_ISA_AVX512) && __builtin_cpu_supports("avx512bf16");
    if (isa == CK_ISA_AMX) return ck_isa_supported(CK_ISA_AVX512BF16) && tiles_allowed();
#elif defined(__aarch64__)
    if (isa == CK_ISA_NEON) return 1;  // part of every 64-bit ARM
#endif
    return 0;
}

static void choose_isa(void) {
    for (int isa = 0; isa < CK_ISA_COUNT; isa++)
        if (ck_isa_supported(isa)) chosen = isa;
    const char *request = getenv("FTBENCH_ISA");
    if (!request || !*request) return;
    for (int isa = 0; isa < CK_ISA_COUNT; isa++) {
        if (strcmp(request, names[isa]) == 0 && ck_isa_supported(isa)) {
            chosen = isa;
            return;
        }
    }
    ignored_request = strdup(request);
}

int ck_isa(void) {
    pthread_once(&chosen_once, choose_isa);
    return override_isa >= 0 ? override_isa : chosen;
}

int ck_isa_has_bf16(void) { return ck_isa() == CK_ISA_AVX512BF16 || ck_isa() == CK_ISA_AMX; }

const char *ck_isa_name(int isa) { return isa >= 0 && isa < CK_ISA_COUNT ? names[isa] : "unknown"; }

const char *ck_isa_ignored_request(void) {
    pthread_once(&chosen_once, choose_isa);
    return ignored_request;
}

int ck_override_isa(int isa) {
    if (isa >= 0 && !ck_isa_supported(isa)) return 0;
    override_isa = isa < 0 ? -1 : isa;
    return 1;
}

const ck_table *ck_active_table(void) {
    switch (ck_isa()) {
#if defined(__x86_64__)
    case CK_ISA_AMX:  // these two add products and attention only
    case CK_ISA_AVX512BF16:
    case CK_ISA_AVX512: return &ck_table_avx512;
    case CK_ISA_AVX2: return &ck_table_avx2;
#elif defined(__aarch64__)
    case CK_ISA_NEON: return &ck_table_neon;
#endif
    default: return &ck_table_portable;
    }
}

// Elements that one thread should have at least, so that waking another is worth it.
enum { LEAST = 16384 };
static int64_t rows_worth(int64_t width) { return width >= LEAST ? 1 : LEAST / (width > 0 ? width : 1); }
static void elements(ck_range_fn fn, int64_t n, const void *args) { ck_parallel(n, LEAST, 16, fn, args); }
static void rows_of(ck_range_fn fn, int64_t rows, int64_t width, const ck_args *args) {
    ck_parallel(rows, rows_worth(width), 1, fn, args);
}
// Columns in groups of a vector; each column walks all rows.
static void columns_of(ck_range_fn fn, int64_t rows, int64_t width, const ck_args *args) {
    ck_parallel(width, rows_worth(rows), 16, fn, args);
}

size_t ck_type_size(int type) { return type == CK_F32 ? 4 : 2; }

void ck_widen(const void *source, int type, float *out, int64_t n) {
    ck_args a = {.raw = source, .type = type, .out = out};
    elements(ck_active_table()->widen, n, &a);
}
void ck_widen_here(const void *source, int type, float *out, int64_t n) {
    ck_args a = {.raw = source, .type = type, .out = out};
    if (n > 0) ck_active_table()->widen(&a, 0, n);
}
void ck_narrow(const float *source, int type, void *out, int64_t n) {
    ck_args a = {.a = source, .type = type, .out = out};
    elements(ck_active_table()->narrow, n, &a);
}
void ck_fill(float *out, float value, int64_t n) {
    ck_args a = {.out = out, .alpha = value};
    elements(ck_active_table()->fill, n, &a);
}
void ck_add(float *out, const float *x, const float *y, int64_t n) {
    ck_args a = {.out = out, .a = x, .b = y};
    elements(ck_active_table()->add, n, &a);
}
void ck_multiply(float *out, const float *x, const float *y, int64_t n) {
    ck_args a = {.out = out, .a = x, .b = y};
    elements(ck_active_table()->multiply, n, &a);
}
void ck_axpy(float *y, float alpha, const float *x, int64_t n) {
    ck_args a = {.out = y, .a = x, .alpha = alpha};
    elements(ck_active_table()->axpy, n, &a);
}
void ck_scale(float *out, const float *x, float factor, int64_t n) {
    ck_args a = {.out = out, .a = x, .alpha = factor};
    elements(ck_active_table()->scale, n, &a);
}

double ck_sum_of_squares(const float *x, int64_t n) {
    if (n <= 0) return 0;
    int64_t blocks = (n + CK_SUM_BLOCK - 1) / CK_SUM_BLOCK;
    double few[64];
    double *sums = blocks <= 64 ? few : malloc((size_t)blocks * sizeof(double));
    if (!sums) ck_refuse((size_t)blocks * sizeof(double));
    ck_args a = {.a = x, .n = n, .sums = sums};
    ck_parallel(blocks, 2, 1, ck_active_table()->sum_of_squares, &a);
    double total = 0;
    for (int64_t i = 0; i < blocks; i++) total += sums[i];
    if (sums != few) free(sums);
    return total;
}

int64_t ck_first_non_finite(const float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return i;
    return -1;
}

void ck_add_row(float *y, const float *bias, int64_t rows, int64_t width) {
    ck_args a = {.out = y, .a = bias, .width = width};
    rows_of(ck_active_table()->add_row, rows, width, &a);
}
void ck_column_sums(float *out, const float *x, int64_t rows, int64_t width, int accumulate) {
    ck_args a = {.out = out, .a = x, .rows = rows, .width = width, .flag = accumulate};
    columns_of(ck_active_table()->column_sums, rows, width, &a);
}

void ck_dropout(float *out, const float *x, int64_t n, float rate, uint64_t key, int accumulate) {
    ck_args a = {.out = out, .a = x, .alpha = rate, .beta = rate < 1 ? 1 / (1 - rate) : 0, .flag = accumulate};
    a.key0 = (uint32_t)key;
    a.key1 = (uint32_t)(key >> 32);
    elements(ck_active_table()->dropout, n, &a);
}

void ck_adamw(const ck_adamw_args *args) {
    adamw_plan plan = {.args = args};
    double t = (double)args->step;
    plan.step_size = (float)(args->learning_rate / (1 - pow(args->beta1, t)));
    plan.root_correction = (float)sqrt(1 - pow(args->beta2, t));
    plan.decay = (float)(1 - (double)args->learning_rate * args->weight_decay);
    elements(ck_active_table()->adamw, args->count, &plan);
}

void ck_gather(float *out, const void *table, int type, const int32_t *ids, int64_t count, int64_t width) {
    ck_args a = {.out = out, .raw = table, .type = type, .ids = ids, .width = width};
    rows_of(ck_active_table()->gather, count, width, &a);
}
void ck_scatter_add(float *table, const float *rows, const int32_t *ids, int64_t count, int64_t width) {
    ck_args a = {.out = table, .a = rows, .ids = ids, .rows = count, .width = width};
    columns_of(ck_active_table()->scatter_add, count, width, &a);
}

void ck_rms_norm(
    float *y, float *inverse, const float *x, const float *scale, int64_t rows, int64_t width, float eps,
    float offset) {
    ck_args a = {.out = y, .out2 = inverse, .a = x, .b = scale, .width = width, .alpha = eps, .beta = offset};
    rows_of(ck_active_table()->rms_norm, rows, width, &a);
}
void ck_layer_norm(
    float *y, float *moments, const float *x, const float *scale, const float *bias, int64_t rows, int64_t width,
    float eps) {
    ck_args a = {.out = y, .out2 = moments, .a = x, .b = scale, .c = bias, .width = width, .alpha = eps};
    rows_of(ck_active_table()->layer_norm, rows, width, &a);
}
void ck_layer_norm_backward(
    float *dx, const float *dy, const float *x, const float *scale, const float *moments, int64_t rows, int64_t width,
    int accumulate) {
    ck_args a = {.out = dx, .a = dy, .b = scale, .c = x, .d = moments, .width = width, .flag = accumulate};
    rows_of(ck_active_table()->layer_norm_backward, rows, width, &a);
}
void ck_column_dots(
    float *out, const float *dy, const float *x, const float *moments, int64_t moments_per_row, int64_t rows,
    int64_t width, int accumulate) {
    ck_args a = {.out = out, .a = dy, .c = x, .d = moments, .half = moments_per_row, .rows = rows, .width = width};
    a.flag = accumulate;
    columns_of(ck_active_table()->column_dots, rows, width, &a);
}
void ck_scale_columns(
    float *out, const float *x, const float *scale, int64_t rows, int64_t width, int accumulate) {
    ck_args a = {.out = out, .a = x, .b = scale, .width = width, .flag = accumulate};
    rows_of(ck_active_table()->scale_columns, rows, width, &a);
}
void ck_select_columns(
    float *out, const float *x, int64_t rows, int64_t x_width, int64_t offset, int64_t width, int64_t stride,
    int64_t count) {
    ck_args a = {.out = out, .a = x, .n = x_width, .half = offset, .width = width, .stride = stride, .heads = count};
    rows_of(ck_active_table()->select_columns, rows, width * count, &a);
}
void ck_place_columns(
    float *out, const float *x, int64_t rows, int64_t out_width, int64_t offset, int64_t width, int64_t stride,
    int64_t count, int accumulate) {
    ck_args a = {.out = out, .a = x, .n = out_width, .half = offset, .width = width, .stride = stride};
    a.heads = count;
    a.flag = accumulate;
    rows_of(ck_active_table()->place_columns, rows, accumulate ? width * count : out_width, &a);
}

// One function for all instruction sets: it is not in any step's path, and its bits must not depend on the set.
static void rope_tables_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t r = begin; r < end; r++) {
        for (int64_t i = 0; i < a->half; i++) {
            float angle = (float)(a->n + r) * a->a[i];
            a->out[r * a->half + i] = (float)cos((double)angle) * a->alpha;
            a->out2[r * a->half + i] = (float)sin((double)angle) * a->alpha;
        }
    }
}
void ck_rope_tables(
    float *cosines, float *sines, const float *inverse, float factor, int64_t first, int64_t rows, int64_t half) {
    ck_args a = {.out = cosines, .out2 = sines, .a = inverse, .alpha = factor, .n = first, .half = half};
    ck_parallel(rows, 16, 1, rope_tables_range, &a);
}

void ck_rope(
    float *out, const float *x, const float *cosines, const float *sines, const int32_t *positions, int64_t rows,
    int64_t heads, int64_t head_width, int64_t half, float direction) {
    ck_args a = {.out = out, .a = x, .b = cosines, .c = sines, .ids = positions, .heads = heads, .width = head_width};
    a.half = half;
    a.alpha = direction;
    rows_of(ck_active_table()->rope, rows, heads * head_width, &a);
}

void ck_activation(float *out, const float *x, int kind, int64_t n) {
    ck_args a = {.out = out, .a = x, .kind = kind};
    elements(ck_active_table()->activation, n, &a);
}
void ck_activation_backward(float *dx, const float *dy, const float *x, int kind, int64_t n, int accumulate) {
    ck_args a = {.out = dx, .a = x, .c = dy, .kind = kind, .flag = accumulate};
    elements(ck_active_table()->activation_backward, n, &a);
}
void ck_gated(void *out, const void *gate, const void *up, int type, int kind, int64_t n) {
    ck_args a = {.out = out, .a = gate, .b = up, .type = type, .kind = kind};
    elements(ck_active_table()->gated, n, &a);
}
void ck_gated_backward(
    void *dgate, void *dup, const void *dy, int dy_type, const void *gate, const void *up, int type, int kind,
    int64_t n) {
    ck_args a = {
        .out = dgate, .out2 = dup, .a = gate, .b = up, .c = dy, .type = type, .flag = dy_type, .kind = kind};
    elements(ck_active_table()->gated_backward, n, &a);
}
void ck_soft_cap(float *out, const float *x, float cap, int64_t n) {
    ck_args a = {.out = out, .a = x, .alpha = cap};
    elements(ck_active_table()->soft_cap, n, &a);
}
void ck_soft_cap_backward(float *dx, const float *dy, const float *y, float cap, int64_t n) {
    ck_args a = {.out = dx, .a = y, .c = dy, .alpha = cap};
    elements(ck_active_table()->soft_cap_backward, n, &a);
}

void ck_cross_entropy(
    float *logits, int64_t stride, const int32_t *targets, float *losses, int64_t rows, int64_t width, float soft_cap,
    int gradient, int gradient_type) {
    ck_args a = {
        .out = logits, .stride = stride, .out2 = losses, .ids = targets, .width = width, .alpha = soft_cap,
        .flag = gradient, .type = gradient_type};
    rows_of(ck_active_table()->cross_entropy, rows, width, &a);
}

void ck_gemv(
    float *y, const float *x, const void *weight, int type, int64_t rows, int64_t out, int64_t in, float beta) {
    ck_weight one = {.weight = weight, .y = y, .out = out};
    ck_gemv_each(&one, 1, x, type, rows, in, beta);
}
void ck_gemv_each(
    const ck_weight *weights, int count, const float *x, int type, int64_t rows, int64_t in, float beta) {
    ck_args args[CK_TOGETHER];
    const void *pointers[CK_TOGETHER];
    int64_t outs[CK_TOGETHER];
    const float *tiles = NULL;
    ck_range_fn few = ck_few_rows_tiles(type, x, rows, in, &tiles);
    if (!few) few = ck_few_rows_kernel();
    for (int i = 0; i < count; i++) {
        const ck_weight *w = &weights[i];
        args[i] = (ck_args){.out = w->y, .a = x, .b = tiles, .raw = w->weight, .type = type, .rows = rows, .n = w->out};
        args[i].width = in;
        args[i].beta = beta;
        pointers[i] = &args[i];
        outs[i] = w->out;
    }
    ck_parallel_joined(
        outs, pointers, count, rows_worth(few ? rows * in : in), 16, few ? few : ck_active_table()->gemv);
}
int ck_gemv_rows(void) { return ck_few_rows_kernel() ? 16 : 4; }
