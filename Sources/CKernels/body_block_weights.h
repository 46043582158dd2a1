// B in blocks (block_layout.h, nf4.h): what a product packs of it is widened before, a few rows at a time, so that nothing
// widened outlives its cache. The numbers are those of ck_dequantize. Included where pack_some_tiles and
// pack_tiles_turned are, inside a target attribute.

#include "nf4.h"

enum { LARGEST_BLOCK = 256, ROOM = TILE * (DEPTH + 2 * LARGEST_BLOCK) };

/// Whole blocks to float32.
static void widen_blocks(float *out, const char *blocks, int format, int64_t count) {
    if (format == CK_NF4) return ck_nf4_widen_avx512(out, (const uint8_t *)blocks, count);
    if (format != CK_Q8_0 && format != CK_Q4_0) return ck_dequantize_here(blocks, format, out, count);
    for (int64_t i = 0; i < count; i++, out += 32) {
        uint16_t half;
        memcpy(&half, blocks, sizeof half);
        __m512 d = _mm512_set1_ps(_cvtsh_ss(half));
        __m128i low, high;
        if (format == CK_Q8_0) {
            low = _mm_loadu_si128((const __m128i *)(blocks + 2));
            high = _mm_loadu_si128((const __m128i *)(blocks + 18));
            blocks += 34;
        } else {
            __m128i both = _mm_loadu_si128((const __m128i *)(blocks + 2)), four = _mm_set1_epi8(15);
            low = _mm_sub_epi8(_mm_and_si128(both, four), _mm_set1_epi8(8));
            high = _mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(both, 4), four), _mm_set1_epi8(8));
            blocks += 18;
        }
        _mm512_storeu_ps(out, _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(low))));
        _mm512_storeu_ps(out + 16, _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(high))));
    }
}

/// `rows` rows of B from `row` on, of each `count` elements from `begin` on, as floats `stride` apart; returns where the
/// first is.
static const float *widen_rows(
    float *room, int64_t *stride, const ck_product *p, int64_t row, int64_t rows, int64_t begin, int64_t count) {
    int format = p->b_type - CK_BLOCKS;
    int64_t unit = ck_block_elements(format), bytes = (int64_t)ck_block_bytes(format);
    int64_t first_block = begin / unit, blocks = (begin + count + unit - 1) / unit - first_block;
    *stride = blocks * unit;
    for (int64_t r = 0; r < rows; r++) {
        const char *from = (const char *)p->b + ((row + r) * (p->ldb / unit) + first_block) * bytes;
        widen_blocks(room + r * *stride, from, format, blocks);
    }
    return room + begin - first_block * unit;
}

/// Columns j0… and terms k0… of B as tiles.
static void pack_blocks(
    element *out, float *room, const ck_product *p, int64_t j0, int64_t columns, int64_t k0, int64_t depth) {
    int64_t stride;
    if (p->transpose_b) {
        for (int64_t j = 0; j < columns; j += TILE) {
            int64_t some = columns - j < TILE ? columns - j : TILE;
            const float *from = widen_rows(room, &stride, p, j0 + j, some, k0, depth);
            pack_tiles_turned(out + j * filled(depth), from, CK_F32, stride, some, depth);
        }
        return;
    }
    for (int64_t k = 0; k < depth; k += TOGETHER) {
        int64_t some = depth - k < TOGETHER ? depth - k : TOGETHER;
        const float *from = widen_rows(room, &stride, p, k0 + k, some, j0, columns);
        pack_some_tiles(out, from - k * stride, CK_F32, stride, columns, k, k + some, depth);
    }
}
