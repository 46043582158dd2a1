#include "nf4.h"

#include "CKernels.h"

#include <math.h>
#include <string.h>

// Blocks of NF4 (nf4.h): made by the nearest of sixteen values, undone by looking them up.

void ck_nf4_pack(const float *x, uint8_t *block) {
    float largest = 0;
    for (int j = 0; j < NF4_ELEMENTS; j++) {
        float size = fabsf(x[j]);
        if (size > largest) largest = size;
    }
    memcpy(block, &largest, sizeof largest);
    // As bitsandbytes does it: times the reciprocal, which a floor keeps finite; zeros then meet the code of 0.
    float inverse = 1.0f / (largest > 1e-38f ? largest : 1e-38f), scaled[NF4_ELEMENTS];
    int32_t codes[NF4_ELEMENTS] = {0};
    for (int j = 0; j < NF4_ELEMENTS; j++) scaled[j] = x[j] * inverse;
    // The values rise, so the nearest one's code is how many middles between neighbours lie below; what is no number is
    // above none. In this order of loops the compiler takes several numbers at a time.
    for (int code = 0; code < 15; code++) {
        float middle = (nf4_values[code] + nf4_values[code + 1]) / 2;
        for (int j = 0; j < NF4_ELEMENTS; j++) codes[j] += scaled[j] > middle;
    }
    for (int i = 0; i < NF4_ELEMENTS / 2; i++) block[4 + i] = (uint8_t)(codes[2 * i] << 4 | codes[2 * i + 1]);
}

static void widen_anywhere(float *out, const uint8_t *blocks, int64_t count) {
    for (int64_t b = 0; b < count; b++, blocks += NF4_BYTES, out += NF4_ELEMENTS) {
        float largest, scaled[16];
        memcpy(&largest, blocks, sizeof largest);
        for (int code = 0; code < 16; code++) scaled[code] = nf4_values[code] * largest;
        for (int i = 0; i < NF4_ELEMENTS / 2; i++) {
            out[2 * i] = scaled[blocks[4 + i] >> 4];
            out[2 * i + 1] = scaled[blocks[4 + i] & 15];
        }
    }
}

#if defined(__x86_64__)

#include <immintrin.h>

__attribute__((target("avx512f")))
void ck_nf4_widen_avx512(float *out, const uint8_t *blocks, int64_t count) {
    __m512 values = _mm512_loadu_ps(nf4_values);
    for (int64_t b = 0; b < count; b++, blocks += NF4_BYTES, out += NF4_ELEMENTS) {
        float largest;
        memcpy(&largest, blocks, sizeof largest);
        // All that the block can hold in one register. A look-up reads the low four bits of its index alone, so the
        // codes need no masks.
        __m512 scaled = _mm512_mul_ps(values, _mm512_set1_ps(largest));
        for (int half = 0; half < 2; half++) {
            __m128i second = _mm_loadu_si128((const __m128i *)(blocks + 4 + 16 * half));
            __m128i first = _mm_srli_epi16(second, 4);
            __m512i low = _mm512_cvtepu8_epi32(_mm_unpacklo_epi8(first, second));
            __m512i high = _mm512_cvtepu8_epi32(_mm_unpackhi_epi8(first, second));
            _mm512_storeu_ps(out + 32 * half, _mm512_permutexvar_ps(low, scaled));
            _mm512_storeu_ps(out + 32 * half + 16, _mm512_permutexvar_ps(high, scaled));
        }
    }
}

#endif

void ck_nf4_widen(float *out, const uint8_t *blocks, int64_t count) {
#if defined(__x86_64__)
    if (ck_isa() >= CK_ISA_AVX512) return ck_nf4_widen_avx512(out, blocks, count);
#endif
    widen_anywhere(out, blocks, count);
}
