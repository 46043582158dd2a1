// Block formats: weights in few bits with a scale (and sometimes a minimum) for each block. Those of GGUF files, small
// integers, and NF4.
#ifndef CKERNELS_QUANTIZE_H
#define CKERNELS_QUANTIZE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ck_weight ck_weight;  // CKernels.h

/// The numbers are those of the file format, but CK_NF4's, which no file has: 64 numbers as one float32, their largest
/// magnitude, and four bits each that choose one of 16 quantiles (Dettmers et al. 2023, as bitsandbytes computes it).
enum {
    CK_Q4_0 = 2, CK_Q4_1 = 3, CK_Q5_0 = 6, CK_Q5_1 = 7, CK_Q8_0 = 8, CK_Q4_K = 12, CK_Q5_K = 13, CK_Q6_K = 14,
    CK_NF4 = 1024
};
/// Elements and bytes of one block; 0 for a format that is not in the list.
int64_t ck_block_elements(int format);
size_t ck_block_bytes(int format);
/// Blocks from float32, each a function of its own elements alone. All formats but CK_Q4_1. Elements must be finite:
/// others give some block, never a fault.
void ck_quantize(const float *source, int format, void *out, int64_t blocks);
/// Blocks to float32. `source` may have any alignment.
void ck_dequantize(const void *source, int format, float *out, int64_t blocks);
/// The same on the calling thread alone.
void ck_dequantize_here(const void *source, int format, float *out, int64_t blocks);

/// Whether ck_block_product multiplies with blocks of this format.
int ck_block_product_format(int format);
/// y (rows, out) = alpha · x (rows, in) · W (out, in)ᵀ + beta · y, W being rows of blocks and `in` a multiple of their
/// elements. x is rounded to blocks of 32 signed bytes. The same bits for any number of threads, and for a row whatever
/// its company.
void ck_block_product(
    float *y, const float *x, const void *weight, int format, int64_t rows, int64_t out, int64_t in, float alpha,
    float beta);
/// The same x with up to CK_TOGETHER weights in one format: rounded once, multiplied in one go, the same bits.
void ck_block_product_each(
    const ck_weight *weights, int count, const float *x, int format, int64_t rows, int64_t in, float alpha, float beta);

#ifdef __cplusplus
}
#endif
#endif
