// Products with weights in blocks by AVX2, eight rows of the weight at a time; included inside a target attribute.

/// Eight parts of the sum of one block: Σ w · q, for Q4_0 with weights that are 8 too large.
static inline __attribute__((always_inline)) __m256i block_parts(const uint8_t *block, const int8_t *q, int format) {
    const __m256i x = _mm256_loadu_si256((const __m256i *)q);
    __m256i pairs;
    if (format == CK_Q8_0) {
        // The instruction wants one factor without a sign: |w| times q with the sign of w. 2 · 128 · 127 fits 16 bits.
        __m256i w = _mm256_loadu_si256((const __m256i *)(block + 2));
        pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
    } else {
        __m128i both = _mm_loadu_si128((const __m128i *)(block + 2));
        __m256i w = _mm256_inserti128_si256(_mm256_castsi128_si256(both), _mm_srli_epi16(both, 4), 1);
        pairs = _mm256_maddubs_epi16(_mm256_and_si256(w, _mm256_set1_epi8(15)), x);
    }
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

/// Lane i of the result is the sum of the lanes of v[i].
static inline __attribute__((always_inline)) __m256i whole_sums(const __m256i v[8]) {
    __m256i low = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    __m256i high = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
    return _mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31));
}

static inline __attribute__((always_inline)) void eight_rows(
    const block_args *a, int64_t begin, int64_t end, int format) {
    const int64_t bytes = format == CK_Q8_0 ? 34 : 18, blocks = a->blocks;
    for (int64_t o = begin; o < end; o += 8) {
        const uint8_t *from[8];
        // Lanes beyond the last row repeat it; they are not stored.
        for (int i = 0; i < 8; i++) from[i] = a->weight + (size_t)(o + i < end ? o + i : end - 1) * a->row_bytes;
        for (int64_t row = 0; row < a->rows; row++) {
            const int8_t *q = a->q + row * blocks * BLOCK;
            __m256 sums = _mm256_setzero_ps();
            for (int64_t b = 0; b < blocks; b++, q += BLOCK) {
                __m256i parts[8];
                uint16_t halves[8];
#pragma clang loop unroll(full)
                for (int i = 0; i < 8; i++) {
                    parts[i] = block_parts(from[i] + b * bytes, q, format);
                    memcpy(&halves[i], from[i] + b * bytes, 2);
                }
                __m256i whole = whole_sums(parts);
                if (format != CK_Q8_0) whole = _mm256_add_epi32(whole, _mm256_set1_epi32(a->shift[row * blocks + b]));
                __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves));
                __m256 factor = _mm256_mul_ps(scale, _mm256_set1_ps(a->scale[row * blocks + b]));
                sums = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), factor, sums);
            }
            float values[8];
            _mm256_storeu_ps(values, sums);
            for (int i = 0; i < 8 && o + i < end; i++) {
                float *y = a->y + row * a->out + o + i, value = a->alpha * values[i];
                *y = a->beta == 0 ? value : __builtin_fmaf(a->beta, *y, value);
            }
        }
    }
}

static void product_avx2(const void *args, int64_t begin, int64_t end) {
    const block_args *a = args;
    if (a->format == CK_Q8_0) eight_rows(a, begin, end, CK_Q8_0);
    else eight_rows(a, begin, end, CK_Q4_0);
}
