#ifndef CKERNELS_INTERNAL_H
#define CKERNELS_INTERNAL_H

#include "CKernels.h"

// What an operation hands to its range function. One struct for all keeps the table small; each body says which
// fields it reads.
typedef struct {
    float *out, *out2;
    const float *a, *b, *c, *d;
    const void *raw;
    const int32_t *ids;
    double *sums;
    int64_t n, rows, width, heads, half, stride;
    float alpha, beta;
    uint32_t key0, key1;
    int type, flag, kind;
} ck_args;

typedef struct {
    const ck_adamw_args *args;
    float step_size, root_correction, decay;
} adamw_plan;

enum { CK_SUM_BLOCK = 8192 };  // elements whose squares are summed as one partial sum

typedef struct {
    ck_range_fn widen, narrow, fill, add, multiply, axpy, scale, sum_of_squares, add_row, column_sums, dropout, adamw;
    ck_range_fn gather, scatter_add, rope, gemv;
    ck_range_fn rms_norm, rms_norm_backward, layer_norm, layer_norm_backward, column_dots, scale_columns;
    ck_range_fn select_columns, place_columns;
    ck_range_fn activation, activation_backward, gated, gated_backward, soft_cap, soft_cap_backward, cross_entropy;
    ck_range_fn attention_block, attention_decode, attention_backward_head, attention_transpose, attention_delta;
    ck_range_fn attention_reduce;
} ck_table;

extern const ck_table ck_table_portable;
#if defined(__x86_64__)
extern const ck_table ck_table_avx2;
extern const ck_table ck_table_avx512;
#elif defined(__aarch64__)
extern const ck_table ck_table_neon;
#endif

// Products by vectors of sixteen floats (body_vector_product.h): ranges of rows, of columns, rows of a register tile.
typedef struct {
    ck_range_fn some_rows, some_columns;
    int64_t panel;
} ck_product_kernels;
extern const ck_product_kernels ck_product_portable;
#if defined(__x86_64__)
extern const ck_product_kernels ck_product_avx2;
#elif defined(__aarch64__)
extern const ck_product_kernels ck_product_neon;
#endif

// Attention with what its passes share.
enum { CK_QUERY_BLOCK = 64, CK_KEY_BLOCK = 64 };
typedef struct {
    const ck_attention_args *args;
    const int64_t *key_start;   // first row of each sequence when keys of all are laid end to end
    const int64_t *task_start;  // first task of each sequence
    const int64_t *row_start;   // first query row of each sequence
    float *keys_t, *values_t;   // per sequence and key/value head: (width, keys)
    float *delta;               // (rows, heads)
    float *dk, *dv;             // (keys, heads·width), before they are summed over a group
    int64_t task_count;
} ck_attention_plan;

// Both directions by blocks in registers, for sequences of more than a few rows. 0 when the instruction set in use
// has none: nothing is done then.
int ck_attention_f32(const ck_attention_args *args, int backward);
int ck_attention_bf16(const ck_attention_args *args, int backward);
int ck_attention_amx(const ck_attention_args *args, int backward);

const ck_table *ck_active_table(void);

/// ck_product_bf16 by tile registers; the same arguments.
int ck_product_amx(const ck_product *product);
/// ck_product_f32 by tile registers; the same arguments.
int ck_product_thirds(const ck_product *product);

/// What ck_gemv runs over rows of the weight (few_rows.c), or NULL where the table's own does it.
ck_range_fn ck_few_rows_kernel(void);
#if defined(__x86_64__)
/// By AVX-512. Whoever is on a thread of the pool names it: which set is in use is known to the thread that asked.
void ck_few_rows_range(const void *context, int64_t first_out, int64_t last_out);
#endif
/// The same by AMX for a weight in BF16 (few_rows_amx.c), or NULL. Lays out what it reads of x in scratch memory of the
/// thread, for ck_args.b.
ck_range_fn ck_few_rows_tiles(int type, const float *x, int64_t rows, int64_t width, const float **tiles);
/// Attention of a few new rows over what a cache holds (attention_few.c), or NULL where the table's own does it.
ck_range_fn ck_few_queries_kernel(const ck_attention_args *args);

#endif
