// How factors in BF16 are laid out for the products of product_bf16.c and product_amx.c: terms k and k + 1 of B side by
// side, since both instructions multiply pairs of neighbours in k; A read as pairs. The file that includes it, inside a
// target attribute, has product_parts.h before it and defines
//   ROWS, DEPTH, A_STRIDE    rows of A and terms of the sum a block takes; numbers between packed rows of A
//   UNIT                 terms that a packed factor is filled up to with zeros: a multiple of a pair

typedef uint16_t element;
enum { ELEMENT = CK_BF16, STEP = 2, AHEAD = 128, TOGETHER = 32 };

static inline __m256i bf16_of(__m512 x) { return (__m256i)_mm512_cvtneps_pbh(x); }

/// Some of 16 results, rounded to nearest even where they are kept in 16 bits.
static inline void store16(void *target, int type, __mmask16 mask, __m512 x) {
    if (type == CK_F32) _mm512_mask_storeu_ps(target, mask, x);
    else _mm256_mask_storeu_epi16(target, mask, bf16_of(x));
}

/// Up to 16 numbers of any type as BF16.
static inline __m256i rounded16(const void *source, int type, __mmask16 mask) {
    if (type == CK_BF16) return _mm256_maskz_loadu_epi16(mask, source);
    return bf16_of(widen16(source, type, mask));
}

/// Terms of a packed factor that has `depth` of them.
static inline int64_t filled(int64_t depth) { return (depth + UNIT - 1) / UNIT * UNIT; }

/// Where the words of term k (even) and 16 columns from `half` on lie in a tile of 32 columns: pairs of 32 columns, or,
/// as tile registers are loaded, 16 pairs of 16 columns.
static inline int64_t place(int64_t k, int64_t half) {
    return UNIT == 32 ? k / 32 * 32 * TILE + half * 32 + k % 32 * 16 : k * TILE + 2 * half;
}

/// A (m, k): rows, each A_STRIDE apart.
static void pack_rows(element *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < filled(depth); k += 16) {
            __m256i some = rounded16(at(a, type, r * lda + k), type, first(depth - k));
            _mm256_storeu_si256((__m256i *)(out + r * A_STRIDE + k), some);
        }
}

/// 16 rows of 16 words of 16 bits, turned.
static inline void turn_halves(__m256i r[16]) {
    __m256i t[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm256_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        r[4 * i] = _mm256_unpacklo_epi32(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm256_unpackhi_epi32(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm256_unpacklo_epi32(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm256_unpackhi_epi32(t[4 * i + 1], t[4 * i + 3]);
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 4; j++) {
            t[8 * i + 2 * j] = _mm256_unpacklo_epi64(r[8 * i + j], r[8 * i + 4 + j]);
            t[8 * i + 2 * j + 1] = _mm256_unpackhi_epi64(r[8 * i + j], r[8 * i + 4 + j]);
        }
    for (int j = 0; j < 8; j++) {
        r[j] = _mm256_permute2x128_si256(t[j], t[8 + j], 0x20);
        r[8 + j] = _mm256_permute2x128_si256(t[j], t[8 + j], 0x31);
    }
}

/// A stored (k, m): the same rows, read across.
static void pack_rows_turned(element *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r += 16)
        for (int64_t k = 0; k < filled(depth); k += 16) {
            __m256i block[16];
            for (int i = 0; i < 16; i++) {
                __mmask16 some = k + i < depth ? first(rows - r) : 0;
                block[i] = rounded16(at(a, type, (k + i) * lda + r), type, some);
            }
            turn_halves(block);
            for (int i = 0; i < 16 && r + i < rows; i++)
                _mm256_storeu_si256((__m256i *)(out + (r + i) * A_STRIDE + k), block[i]);
        }
}

/// What of the last ROWS rows does not exist, as zeros: what lies there must be numbers, or sums that nobody stores would
/// run at the speed of denormals.
static void clear_rows(element *out, int64_t rows, int64_t depth) {
    for (int64_t r = rows; r % ROWS != 0; r++) memset(out + r * A_STRIDE, 0, (size_t)depth * sizeof(element));
}

/// Terms `begin` to `end` of the tiles of B (k, n): for each pair of terms, 32 columns of two.
static void pack_some_tiles(
    element *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t begin, int64_t end, int64_t depth) {
    int64_t whole = filled(depth), stop = end < depth ? end : whole;
    for (int64_t j = 0; j < columns; j += TILE)
        for (int64_t k = begin; k < stop; k += 2) {
            _mm_prefetch(at(b, type, k * ldb + j + AHEAD), _MM_HINT_T0);
            _mm_prefetch(at(b, type, (k + 1) * ldb + j + AHEAD), _MM_HINT_T0);
            for (int64_t half = 0; half < TILE; half += 16) {
                __mmask16 some = k < depth ? first(columns - j - half) : 0, next = k + 1 < depth ? some : 0;
                __m256i low = rounded16(at(b, type, k * ldb + j + half), type, some);
                __m256i high = rounded16(at(b, type, (k + 1) * ldb + j + half), type, next);
                __m512i pairs = _mm512_or_si512(
                    _mm512_cvtepu16_epi32(low), _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
                _mm512_store_si512(out + j * whole + place(k, half), pairs);
            }
        }
}

/// Tiles of B stored (n, k), read across: a pair is a word.
static void pack_tiles_turned(element *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    int64_t whole = filled(depth);
    for (int64_t j = 0; j < columns; j += TILE, out += whole * TILE)
        for (int64_t half = 0; half < TILE; half += 16)
            for (int64_t k = 0; k < whole; k += 32) {
                __m512i block[16];
                for (int i = 0; i < 16; i++) {
                    int exists = j + half + i < columns;
                    const char *from = at(b, type, (j + half + i) * ldb + k);
                    _mm_prefetch(at(from, type, 16 * ldb), _MM_HINT_T0);
                    __m256i left = rounded16(from, type, exists ? first(depth - k) : 0);
                    __m256i right = rounded16(at(from, type, 16), type, exists ? first(depth - k - 16) : 0);
                    block[i] = _mm512_inserti64x4(_mm512_castsi256_si512(left), right, 1);
                }
                turn_words(block);
                for (int i = 0; i < 16 && k + 2 * i < whole; i++)
                    _mm512_store_si512(out + place(k + 2 * i, half), block[i]);
            }
}

/// Rows of the second sum's A, A2_DEPTH apart.
static void pack_second(element *out, const ck_product *p, int64_t row, int64_t rows) {
    __m512 factor = _mm512_set1_ps(p->alpha2);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < filled(p->k2); k += 16) {
            __m512 x = _mm512_maskz_loadu_ps(first(p->k2 - k), p->a2 + (row + r) * p->lda2 + k);
            _mm256_storeu_si256((__m256i *)(out + r * A2_DEPTH + k), bf16_of(_mm512_mul_ps(x, factor)));
        }
}

/// 16 columns of two rows as pairs of them; `there` rows are left.
static inline __m512i words_of_rows(const void *row, int type, int64_t stride, int64_t there, __mmask16 some) {
    __mmask16 next = there > 1 ? some : 0;
    __m512i both;
    if (type == CK_BF16) {
        __m256i even = _mm256_maskz_loadu_epi16(some, row), odd = _mm256_maskz_loadu_epi16(next, at(row, type, stride));
        both = _mm512_inserti64x4(_mm512_castsi256_si512(even), odd, 1);
    } else {
        __m512 even = widen16(row, type, some), odd = widen16(at(row, type, stride), type, next);
        both = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
    }
    return rows_as_pairs(both);
}
/// 32 columns of two rows.
static inline __attribute__((always_inline)) void columns_of_rows(
    __m512i column[2], const void *row, int type, int64_t stride, int64_t there, const __mmask16 some[2]) {
    if (type != CK_BF16) {
        column[0] = words_of_rows(row, type, stride, there, some[0]);
        column[1] = words_of_rows(at(row, type, 16), type, stride, there, some[1]);
        return;
    }
    static const uint16_t low[32] = {0, 32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
                                     8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
    __m512i first_half = _mm512_loadu_si512(low);
    __m512i second_half = _mm512_add_epi16(first_half, _mm512_set1_epi16(16));
    __mmask32 all = _mm512_kunpackw(some[1], some[0]);
    // The next 32 columns are those that the next sums read.
    _mm_prefetch(at(row, type, 32), _MM_HINT_T0);
    _mm_prefetch(at(row, type, stride + 32), _MM_HINT_T0);
    __m512i even = _mm512_maskz_loadu_epi16(all, row);
    __m512i odd = _mm512_maskz_loadu_epi16(there > 1 ? all : 0, at(row, type, stride));
    column[0] = _mm512_permutex2var_epi16(even, first_half, odd);
    column[1] = _mm512_permutex2var_epi16(even, second_half, odd);
}
static inline __attribute__((always_inline)) __m512 multiply_word(__m512 sum, const uint32_t *word, __m512i column) {
    int x;
    memcpy(&x, word, sizeof x);
    return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32(x), (__m512bh)column);
}
