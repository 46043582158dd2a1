// Kernels of the engine. Everything is row-major float32 unless a ck_type says otherwise.
//
// Every operation runs on the pool of threads.c: rows are split statically and no sum of ours crosses a split, so
// the result of a kernel here depends on the instruction set alone. (OpenBLAS, which does the products where AVX-512
// is missing, rounds differently where one is cut: those depend on the number of threads too.)
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsQuantize.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- Instruction sets -------------------------------------------------------------------------------------

enum {
    CK_ISA_PORTABLE = 0, CK_ISA_AVX2 = 1, CK_ISA_AVX512 = 2, CK_ISA_AVX512BF16 = 3, CK_ISA_AMX = 4, CK_ISA_NEON = 5,
    CK_ISA_COUNT = 6
};

/// The set in use: the best that processor and operating system support, or what FTBENCH_ISA asked for.
int ck_isa(void);
/// 1 when this processor and operating system can run the set.
int ck_isa_supported(int isa);
const char *ck_isa_name(int isa);
/// 1 when the set in use multiplies BF16.
int ck_isa_has_bf16(void);
/// The value of FTBENCH_ISA when it was set but could not be honoured, else NULL.
const char *ck_isa_ignored_request(void);
/// Makes the calling thread use `isa` (for tests that compare sets); -1 goes back to the common choice.
/// Returns 0 when the set is not supported.
int ck_override_isa(int isa);

// ---- Threads ----------------------------------------------------------------------------------------------

typedef void (*ck_range_fn)(const void *args, int64_t begin, int64_t end);

/// Threads that work on one operation, the caller included.
int ck_threads(void);
/// 0 means one per processor this process may run on.
void ck_set_threads(int count);
/// Niceness of the pool's workers, so that a thread that draws gets the processor at once. Only ever raised.
void ck_set_worker_nice(int nice);
/// Raises the niceness of the calling thread.
void ck_set_own_nice(int nice);
/// Calls fn over [0, n) in a few contiguous parts per thread, in any order. Parts are multiples of `align`, at least
/// `least` long, and depend on n and the number of threads alone.
void ck_parallel(int64_t n, int64_t least, int64_t align, ck_range_fn fn, const void *args);
/// The same in one part per thread, where every part begins with work that it shares with the others.
void ck_parallel_evenly(int64_t n, int64_t least, int64_t align, ck_range_fn fn, const void *args);
/// As ck_parallel over several ranges [0, n[i]) in one go, at most CK_TOGETHER of them: fn is called with args[i].
enum { CK_TOGETHER = 3 };
void ck_parallel_joined(
    const int64_t *n, const void *const *args, int count, int64_t least, int64_t align, ck_range_fn fn);
/// Calls fn over [0, n) in parts of `part`, the last one shorter, in any order.
void ck_parallel_parts(int64_t n, int64_t part, ck_range_fn fn, const void *args);
/// Calls fn(args, i, i + 1) for each i, in any order: for independent tasks of unequal length.
void ck_parallel_tasks(int64_t n, ck_range_fn fn, const void *args);
/// Scratch memory of the calling thread, kept until the thread ends. Slots: see threads.c.
float *ck_workspace(int slot, size_t floats);
enum { CK_SLOT_PANEL = 0, CK_SLOT_ATTENTION = 1, CK_SLOT_ROUNDED = 2, CK_SLOT_SHARED = 3, CK_SLOT_COUNT = 4 };

// ---- Memory -----------------------------------------------------------------------------------------------

typedef struct {
    int64_t live_bytes;    // handed out
    int64_t pooled_bytes;  // kept for reuse, or lost to rounding
    int64_t peak_bytes;    // the most that was live since the last reset
    int64_t fresh_count;   // times the system was asked for memory
} ck_memory_ledger;

/// A 64-byte aligned buffer of at least `bytes`, from what is free when that fits. NULL when the system refuses.
void *ck_buffer_take(size_t bytes);
void ck_buffer_give(void *buffer, size_t bytes);
/// Ends the process with status 1 and one message: the system refused memory without which nothing can be computed on.
_Noreturn void ck_refuse(size_t bytes);
typedef void (*ck_refusal_fn)(void);
/// Called before the message of ck_refuse, from the thread that was refused: to give the terminal back.
void ck_before_refusal(ck_refusal_fn fn);
/// Gives everything pooled back to the system.
void ck_buffer_trim(void);
void ck_memory(ck_memory_ledger *out);
void ck_memory_reset_peak(void);

// ---- Numbers ----------------------------------------------------------------------------------------------

enum { CK_F32 = 0, CK_F16 = 1, CK_BF16 = 2 };
size_t ck_type_size(int type);
/// To float32. `source` may have any alignment.
void ck_widen(const void *source, int type, float *out, int64_t n);
/// From float32, round to nearest even.
void ck_narrow(const float *source, int type, void *out, int64_t n);
/// The same on the calling thread only, for use inside ck_parallel.
void ck_widen_here(const void *source, int type, float *out, int64_t n);

// ---- Element by element -----------------------------------------------------------------------------------

void ck_fill(float *out, float value, int64_t n);
void ck_add(float *out, const float *a, const float *b, int64_t n);
void ck_multiply(float *out, const float *a, const float *b, int64_t n);
void ck_axpy(float *y, float alpha, const float *x, int64_t n);
void ck_scale(float *out, const float *x, float factor, int64_t n);
/// Sum of squares in double, in an order that depends on n alone. Not finite when any element is not.
double ck_sum_of_squares(const float *x, int64_t n);
/// Index of the first element that is NaN or infinite, or -1.
int64_t ck_first_non_finite(const float *x, int64_t n);
/// Index of the first of the largest elements; 0 when the first is not a number, -1 for none. Others that are no numbers
/// are passed over.
int64_t ck_index_of_largest(const float *x, int64_t n);
/// y (rows, width) += bias (width)
void ck_add_row(float *y, const float *bias, int64_t rows, int64_t width);
/// out (width) = (accumulate ? out : 0) + column sums of x (rows, width)
void ck_column_sums(float *out, const float *x, int64_t rows, int64_t width, int accumulate);

/// out = x · mask / (1 − rate), the mask being a function of (key, index) alone; adds to out when `accumulate`.
void ck_dropout(float *out, const float *x, int64_t n, float rate, uint64_t key, int accumulate);

typedef struct {
    float *parameter, *first, *second;
    const float *gradient;
    int64_t count;
    float gradient_scale, learning_rate, beta1, beta2, epsilon, weight_decay;
    int64_t step;  // 1 for the first
} ck_adamw_args;
/// AdamW as PyTorch computes it. Loshchilov and Hutter 2019, arXiv 1711.05101.
void ck_adamw(const ck_adamw_args *args);

/// Standard normal times `deviation`, element i being a function of (seed, i) alone. Box and Muller 1958.
void ck_random_normal(float *out, int64_t n, uint64_t seed, float deviation);
/// Uniform in [low, high), likewise.
void ck_random_uniform(float *out, int64_t n, uint64_t seed, float low, float high);

// ---- Rows -------------------------------------------------------------------------------------------------

/// out (count, width) = table[ids]; ids must be in range.
void ck_gather(float *out, const void *table, int type, const int32_t *ids, int64_t count, int64_t width);
/// table[ids] += rows, in the order of ids.
void ck_scatter_add(float *table, const float *rows, const int32_t *ids, int64_t count, int64_t width);

/// y = x · inverse · (offset + scale) with inverse = 1 / sqrt(mean(x²) + eps) of each row.
void ck_rms_norm(
    float *y, float *inverse, const float *x, const float *scale, int64_t rows, int64_t width, float eps,
    float offset);
/// y = (x − mean) · inverse · scale + bias (may be NULL); moments (rows, 2) are mean and inverse of each row.
void ck_layer_norm(
    float *y, float *moments, const float *x, const float *scale, const float *bias, int64_t rows, int64_t width,
    float eps);
void ck_layer_norm_backward(
    float *dx, const float *dy, const float *x, const float *scale, const float *moments, int64_t rows, int64_t width,
    int accumulate);
/// out (width) = (accumulate ? out : 0) + Σ over rows of dy · (x − mean) · inverse, both (rows, width). With one moment
/// a row, that is `inverse` and mean is 0; with NULL moments, the columns' plain dot products.
void ck_column_dots(
    float *out, const float *dy, const float *x, const float *moments, int64_t moments_per_row, int64_t rows,
    int64_t width, int accumulate);
/// out (rows, width) = (accumulate ? out : 0) + x · scale (width)
void ck_scale_columns(
    float *out, const float *x, const float *scale, int64_t rows, int64_t width, int accumulate);
/// out (rows, count·width): columns offset + g·stride … + width of x (rows, x_width) for g < count, side by side.
void ck_select_columns(
    float *out, const float *x, int64_t rows, int64_t x_width, int64_t offset, int64_t width, int64_t stride,
    int64_t count);
/// The other way: adds x to those columns of out, or (accumulate 0) writes them, and zero everywhere else.
/// Needs stride >= width.
void ck_place_columns(
    float *out, const float *x, int64_t rows, int64_t out_width, int64_t offset, int64_t width, int64_t stride,
    int64_t count, int accumulate);

/// cosines and sines (rows, half) = factor · cos and factor · sin of (first + row) · inverse[i], the angle being
/// rounded to float32.
void ck_rope_tables(
    float *cosines, float *sines, const float *inverse, float factor, int64_t first, int64_t rows, int64_t half);
/// Rotates pairs (i, i + half) of each head by the angle of the row's position; direction −1 undoes it.
/// cosines and sines are (positions, half); columns from 2·half on are copied. out may be x.
void ck_rope(
    float *out, const float *x, const float *cosines, const float *sines, const int32_t *positions, int64_t rows,
    int64_t heads, int64_t head_width, int64_t half, float direction);

// ---- Activations ------------------------------------------------------------------------------------------

enum { CK_SILU = 0, CK_GELU = 1, CK_GELU_TANH = 2, CK_QUICK_GELU = 3, CK_RELU = 4, CK_RELU_SQUARED = 5 };
void ck_activation(float *out, const float *x, int kind, int64_t n);
void ck_activation_backward(float *dx, const float *dy, const float *x, int kind, int64_t n, int accumulate);
/// out = act(gate) · up, all of `type`: CK_F32 or CK_BF16.
void ck_gated(void *out, const void *gate, const void *up, int type, int kind, int64_t n);
/// dy is float32 or of `type`, all else is of `type`.
void ck_gated_backward(
    void *dgate, void *dup, const void *dy, int dy_type, const void *gate, const void *up, int type, int kind,
    int64_t n);

// Rows of what is kept in BF16 (or, by its type, in float32): see stored.c.
/// out may be x where the types are the same.
void ck_rope_stored(
    void *out, int out_type, const void *x, int type, const float *cosines, const float *sines,
    const int32_t *positions, int64_t rows, int64_t heads, int64_t head_width, int64_t half, float direction);
/// y in BF16.
void ck_rms_norm_stored(
    void *y, float *inverse, const float *x, const float *scale, int64_t rows, int64_t width, float eps, float offset);
/// `kept` is x or, with `of_result`, y, from which x follows where no scale + offset is zero.
void ck_rms_norm_backward_stored(
    float *dx, const void *dy, int dy_type, const void *kept, int kept_type, int of_result, const float *scale,
    const float *inverse, int64_t rows, int64_t width, float offset, int accumulate);

/// out = cap · tanh(x / cap); out may be x.
void ck_soft_cap(float *out, const float *x, float cap, int64_t n);
/// dx = dy · (1 − (y / cap)²), y being the result going forward.
void ck_soft_cap_backward(float *dx, const float *dy, const float *y, float cap, int64_t n);

/// losses[r] = −log softmax(logits[r])[targets[r]] (0 for a target below 0), rows of logits `stride` floats apart; when
/// `gradient`, logits become softmax − one-hot (0 for a target below 0), in float32 or, of `gradient_type` CK_BF16, from
/// the start of each row on. With a soft_cap above 0, logits are capped first and the gradient is that of the uncapped
/// ones; without `gradient` the capped ones are left.
void ck_cross_entropy(
    float *logits, int64_t stride, const int32_t *targets, float *losses, int64_t rows, int64_t width, float soft_cap,
    int gradient, int gradient_type);

// ---- Products that OpenBLAS does not do -------------------------------------------------------------------

/// y (rows, out) = beta·y + x (rows, in) · W (out, in)ᵀ for few rows: reads W once, in its own type.
void ck_gemv(
    float *y, const float *x, const void *weight, int type, int64_t rows, int64_t out, int64_t in, float beta);
/// A weight (out, in) and where its product y (rows, out) goes.
typedef struct ck_weight {
    const void *weight;
    float *y;
    int64_t out;
} ck_weight;
/// The same x with up to CK_TOGETHER weights of one type, in one go: the bits of one after the other.
void ck_gemv_each(
    const ck_weight *weights, int count, const float *x, int type, int64_t rows, int64_t in, float beta);
/// The rows up to which it is faster than a blocked product.
int ck_gemv_rows(void);
/// Reads all bytes once with all threads and gives their words' exclusive or: for measuring memory.
uint64_t ck_read_all(const void *bytes, size_t count);

/// C (m, n) = alpha · op(A)·op(B) + alpha2 · A2·op(B2) + beta · C + bias, row-major; rows of each matrix are ld…
/// elements apart.
typedef struct {
    int transpose_a;  // A is stored (k, m)
    int transpose_b;  // B is stored (n, k), B2 (n, k2)
    int64_t m, n, k;
    float alpha, beta;  // beta 0 does not read C, which must be float32 otherwise
    const void *a, *b;
    int a_type, b_type;  // B also CK_BLOCKS + a format of blocks, in rows of ldb, where ck_product_widens_blocks
    int64_t lda, ldb;
    void *c;
    int c_type;  // CK_F32, or CK_BF16 where ck_product_bf16 computes: rounded once, after all sums
    int64_t ldc;
    const float *bias;  // (n), added to every row; NULL for none
    // The second sum, over few terms: A2 (m, k2). k2 0 for none.
    int64_t k2;
    float alpha2;
    const float *a2;
    const void *b2;
    int b2_type;
    int64_t lda2, ldb2;
} ck_product;
enum { CK_BLOCKS = 64 };
/// Whether the products of the set in use take B in blocks, and widen what they pack of it.
int ck_product_widens_blocks(void);
/// The product in float32; the same bits for any number of threads. 0 when the instruction set in use has none of
/// ours (OpenBLAS then does it), or not for what is asked beyond alpha · op(A)·op(B) + beta · C: nothing is done then.
int ck_product_f32(const ck_product *product);
/// The product in float32 in the sets that ck_product_f32 leaves out; the same bits for any number of threads.
void ck_product_vectors(const ck_product *product);
/// Whether ck_product_vectors is at least as fast as OpenBLAS in the set in use.
int ck_product_vectors_pay(const ck_product *product);
/// The product with both factors rounded to BF16 and sums in float32; the same bits for any number of threads.
/// 0 when the instruction set in use has no BF16 products, or not for what is asked: nothing is done then.
int ck_product_bf16(const ck_product *product);

/// Multiply-adds in registers alone, on the calling thread: what a product could reach if nothing had to be loaded.
/// Returns the operations done, a multiply-add being two. `bf16` where the instruction set in use multiplies it.
int64_t ck_peak_work(int bf16, int64_t rounds);

// ---- Attention --------------------------------------------------------------------------------------------

/// One sequence: `rows` queries that are the last of `keys` positions. Rows of q, out and gradients are
/// heads·width floats apart, rows of k and v kv_heads·width, rows of lse heads.
typedef struct {
    const float *q, *k, *v;
    float *out;
    float *lse;  // log-sum-exp of each row and head; may be NULL going forward
    const float *dout;
    float *dq, *dk, *dv;  // overwritten
    int64_t rows, keys;
} ck_sequence;

typedef struct {
    const ck_sequence *sequences;
    int64_t count;
    int64_t heads, kv_heads, width;
    float scale;  // not negative
    int64_t window;  // keys a query sees, itself included; 0 means all before it
    float soft_cap;  // scores become soft_cap · tanh(score / soft_cap) before they are masked; 0 means they do not
    // 1: where the processor multiplies BF16, the factors of every product are rounded to it; sums and softmax stay
    // float32. Elsewhere, and for a few queries after many keys, all is float32.
    int bf16;
    // Of q, k, v, out and dout: CK_F32, or what ck_attention_reads says yes to, with `bf16`. Pointers to floats then
    // point to those.
    int type;
} ck_attention_args;

/// Whether attention of whole sequences can read and write a type.
int ck_attention_reads(int type);

void ck_attention(const ck_attention_args *args);
/// Needs rows == keys in every sequence.
void ck_attention_backward(const ck_attention_args *args);

#ifdef __cplusplus
}
#endif
#endif
