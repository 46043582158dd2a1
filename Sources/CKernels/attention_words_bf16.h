// BF16 as attention_bf16.c and attention_amx.c read and write it; included inside a target attribute.

/// The first `count` of 32 numbers that lie in a row, times `factor`, as pairs of neighbours.
INLINE __m512i words16(const char *row, int type, int64_t count, float factor) {
    if (type == CK_BF16 && factor == 1) {
        __mmask32 some = first(count) | (__mmask32)first(count - 16) << 16;
        return _mm512_maskz_loadu_epi16(some, row);
    }
    __m512 f = _mm512_set1_ps(factor);
    __m512 left = _mm512_mul_ps(widen16(row, type, first(count)), f);
    __m512 right = count > 16 ? _mm512_mul_ps(widen16(at(row, type, 16), type, first(count - 16)), f)
                              : _mm512_setzero_ps();
    return (__m512i)_mm512_cvtne2ps_pbh(right, left);
}
/// Some of 16 results.
INLINE void keep16(char *target, int type, __mmask16 some, __m512 x) {
    if (type == CK_F32) _mm512_mask_storeu_ps(target, some, x);
    else _mm256_mask_storeu_epi16(target, some, (__m256i)_mm512_cvtneps_pbh(x));
}
/// 16 columns of two rows as pairs of them.
INLINE __m512i paired(__m512 even, __m512 odd) {
    return rows_as_pairs((__m512i)_mm512_cvtne2ps_pbh(odd, even));
}
/// Words of 16 columns, along rows that are `stride` apart, `there` of them left.
INLINE __m512i rows16(const char *row, int type, int64_t stride, int64_t there, __mmask16 some) {
    __mmask16 next = there > 1 ? some : 0;
    if (type == CK_F32) return paired(_mm512_maskz_loadu_ps(some, row), _mm512_maskz_loadu_ps(next, row + 4 * stride));
    __m512i even = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, row));
    __m512i odd = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(next, row + 2 * stride));
    return _mm512_or_si512(even, _mm512_slli_epi32(odd, 16));
}
/// Two rows of 16 columns as words along the rows.
INLINE void put_pair(uint32_t *out, int64_t stride, __m512 even, __m512 odd) {
    (void)stride;
    _mm512_store_si512(out, paired(even, odd));
}
/// A row of 32 columns as words along the row.
INLINE void put_row(uint32_t *out, __m512 left, __m512 right) {
    _mm512_store_si512(out, (__m512i)_mm512_cvtne2ps_pbh(right, left));
}
