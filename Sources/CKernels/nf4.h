#ifndef CKERNELS_NF4_H
#define CKERNELS_NF4_H

#include <stdint.h>

// NF4, the 4-bit NormalFloat of Dettmers et al. 2023 ("QLoRA: Efficient Finetuning of Quantized LLMs",
// arXiv:2305.14314), with the numbers of bitsandbytes: quantiles of a normal distribution, 0 among them, scaled to
// −1 … 1.
//
// Layout of a block, in bytes:
//   absmax as float32, 32 × two codes     x = absmax · nf4_values[code]     element 2 i is in the high half of byte i

enum { NF4_ELEMENTS = 64, NF4_BYTES = 36 };

static const float nf4_values[16] = {
    -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
    -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
    0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
    0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
};

/// One block of NF4_ELEMENTS numbers.
void ck_nf4_pack(const float *x, uint8_t *block);
/// Whole blocks to float32, on the calling thread; the same bits in every instruction set.
void ck_nf4_widen(float *out, const uint8_t *blocks, int64_t count);
#if defined(__x86_64__)
/// The same, for those who know that there is AVX-512.
void ck_nf4_widen_avx512(float *out, const uint8_t *blocks, int64_t count);
#endif

#endif
