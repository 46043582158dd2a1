#ifndef CKERNELS_BLOCK_LAYOUT_H
#define CKERNELS_BLOCK_LAYOUT_H

#include "CKernels.h"

#include <string.h>

// The block formats of GGUF as bytes, for those who fill blocks and those who read them. The reference implementation
// (ggml) defines them. NF4, which is none of them, is in nf4.h.
//
// Layouts, in bytes:
//   Q4_0  d16, 16 × nibbles                      x = d (q − 8)          elements j and j + 16 share a byte
//   Q4_1  d16, m16, 16 × nibbles                 x = d q + m
//   Q5_0  d16, 32 high bits, 16 × nibbles        x = d (q − 16)
//   Q5_1  d16, m16, 32 high bits, 16 × nibbles   x = d q + m
//   Q8_0  d16, 32 × int8                         x = d q
//   Q4_K  d16, m16, 12 × packed 6-bit scales and minima of 8 groups, 128 × nibbles     x = d s q − m t
//   Q5_K  the same with 32 × high bits before the nibbles
//   Q6_K  128 × low nibbles, 64 × high pairs, 16 × int8 scales, d16                    x = d s (q − 32)

enum { SMALL = 32, LARGE = 256 };

#pragma STDC FP_CONTRACT OFF

// Half precision without help of the processor, so that every machine writes and reads the same bits.

static inline float from_half(const uint8_t *bytes) {
    uint32_t h = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
    uint32_t sign = (h & 0x8000u) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff, bits;
    if (exponent == 31) {
        bits = sign | 0x7f800000u | fraction << 13;
    } else if (exponent > 0) {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    } else {
        float small = (float)fraction * 0x1p-24f;  // exact
        memcpy(&bits, &small, 4);
        bits |= sign;
    }
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// Round to nearest even.
static inline void to_half(float value, uint8_t *bytes) {
    uint32_t bits, h;
    memcpy(&bits, &value, 4);
    uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {
        h = 0x7e00;
    } else if (magnitude >= 0x47800000u) {  // 65536 and above
        h = 0x7c00;
    } else if (magnitude >= 0x38800000u) {  // normal; rounding may carry into infinity, as it should
        h = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13;
    } else {
        // The sum aligns the fraction to units of 2^-24 and rounds it.
        float shifted;
        memcpy(&shifted, &magnitude, 4);
        shifted += 0.5f;
        memcpy(&h, &shifted, 4);
        h -= 0x3f000000u;
    }
    h |= sign;
    bytes[0] = (uint8_t)h;
    bytes[1] = (uint8_t)(h >> 8);
}

// The 6-bit scale and minimum of one of the eight groups of Q4_K and Q5_K.
static inline void get_scale_and_minimum(const uint8_t *packed, int group, int *scale, int *minimum) {
    if (group < 4) {
        *scale = packed[group] & 63;
        *minimum = packed[group + 4] & 63;
    } else {
        *scale = (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
        *minimum = packed[group + 4] >> 4 | (packed[group] >> 6) << 4;
    }
}

#endif
