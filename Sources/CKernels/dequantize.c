#include "block_layout.h"

#include "nf4.h"

// Blocks of GGUF back to numbers, with the operations of the reference implementation (ggml) and none of them fused:
// the same bits on every machine.
#pragma STDC FP_CONTRACT OFF

static inline uint32_t high_bits(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void dequantize_small(const uint8_t *block, int format, float *out) {
    float d = from_half(block);
    switch (format) {
    case CK_Q4_0:
        for (int j = 0; j < 16; j++) {
            out[j] = d * (float)((block[2 + j] & 15) - 8);
            out[j + 16] = d * (float)((block[2 + j] >> 4) - 8);
        }
        return;
    case CK_Q4_1: {
        float m = from_half(block + 2);
        for (int j = 0; j < 16; j++) {
            out[j] = d * (float)(block[4 + j] & 15) + m;
            out[j + 16] = d * (float)(block[4 + j] >> 4) + m;
        }
        return;
    }
    case CK_Q5_0: {
        uint32_t bits = high_bits(block + 2);
        for (int j = 0; j < 16; j++) {
            int low = (block[6 + j] & 15) | (int)(bits >> j & 1) << 4;
            int high = block[6 + j] >> 4 | (int)(bits >> (j + 16) & 1) << 4;
            out[j] = d * (float)(low - 16);
            out[j + 16] = d * (float)(high - 16);
        }
        return;
    }
    case CK_Q5_1: {
        float m = from_half(block + 2);
        uint32_t bits = high_bits(block + 4);
        for (int j = 0; j < 16; j++) {
            int low = (block[8 + j] & 15) | (int)(bits >> j & 1) << 4;
            int high = block[8 + j] >> 4 | (int)(bits >> (j + 16) & 1) << 4;
            out[j] = d * (float)low + m;
            out[j + 16] = d * (float)high + m;
        }
        return;
    }
    default:
        for (int j = 0; j < SMALL; j++) out[j] = d * (float)(int8_t)block[2 + j];
    }
}

static void dequantize_groups(const uint8_t *block, int format, float *out) {
    float d = from_half(block), minimum = from_half(block + 2);
    const uint8_t *high = block + 16, *q = block + (format == CK_Q4_K ? 16 : 48);
    for (int group = 0; group < 8; group++) {
        int s, m, shift = group % 2 * 4;
        get_scale_and_minimum(block + 4, group, &s, &m);
        float scale = d * (float)s, low = minimum * (float)m;
        for (int i = 0; i < 32; i++) {
            int l = q[32 * (group / 2) + i] >> shift & 15;
            if (format == CK_Q5_K) l |= (high[i] >> group & 1) << 4;
            out[32 * group + i] = scale * (float)l - low;
        }
    }
}

static void dequantize_q6_k(const uint8_t *block, float *out) {
    float d = from_half(block + 208);
    for (int half = 0; half < 2; half++) {
        const uint8_t *low = block + 64 * half, *high = block + 128 + 32 * half, *scales = block + 192 + 8 * half;
        for (int part = 0; part < 4; part++)
            for (int i = 0; i < 32; i++) {
                int nibble = low[32 * (part % 2) + i] >> (part < 2 ? 0 : 4) & 15;
                int q = (nibble | (high[i] >> (2 * part) & 3) << 4) - 32;
                out[128 * half + 32 * part + i] = d * (float)(int8_t)scales[2 * part + i / 16] * (float)q;
            }
    }
}

typedef struct {
    const uint8_t *blocks;
    float *out;
    int format;
} dequantize_plan;

static void dequantize_range(const void *context, int64_t begin, int64_t end) {
    const dequantize_plan *p = context;
    int64_t elements = ck_block_elements(p->format), bytes = (int64_t)ck_block_bytes(p->format);
    if (p->format == CK_NF4)
        return ck_nf4_widen(p->out + begin * elements, p->blocks + begin * bytes, end - begin);
    for (int64_t i = begin; i < end; i++) {
        const uint8_t *block = p->blocks + i * bytes;
        float *out = p->out + i * elements;
        switch (p->format) {
        case CK_Q4_K: case CK_Q5_K: dequantize_groups(block, p->format, out); break;
        case CK_Q6_K: dequantize_q6_k(block, out); break;
        default: dequantize_small(block, p->format, out);
        }
    }
}

void ck_dequantize_here(const void *source, int format, float *out, int64_t blocks) {
    dequantize_plan p = {.blocks = source, .out = out, .format = format};
    if (ck_block_elements(format) > 0) dequantize_range(&p, 0, blocks);
}

void ck_dequantize(const void *source, int format, float *out, int64_t blocks) {
    dequantize_plan p = {.blocks = source, .out = out, .format = format};
    if (ck_block_elements(format) > 0) ck_parallel(blocks, 64, 1, dequantize_range, &p);
}
