// How float32 factors are laid out for product_thirds.c: every number as the sum of three BF16 numbers, each the one
// nearest to what those before it leave over, together 24 bits or more of mantissa. Terms come 32 at a time; of these the
// first parts of all rows (columns) lie before the second and third parts, each as tile registers are loaded: A as two
// tiles of 16 rows of 32 terms, B as two of 16 columns in pairs of terms. The file that includes it, inside a target
// attribute, has product_parts.h before it and defines DEPTH.

/// One number of a packed factor.
typedef struct {
    uint16_t part[3];
} element;

enum {
    ELEMENT = -1,  // no factor is stored so: all are packed
    STEP = 2,
    UNIT = 32,
    AHEAD = 64,
    TOGETHER = 32,
    A_STRIDE = DEPTH,
    PART = TILE * UNIT,  // words of 16 bits of one part of 32 terms
};

static inline int64_t filled(int64_t depth) { return (depth + UNIT - 1) / UNIT * UNIT; }

/// 32 terms of 32 rows or columns, from which the parts go on PART words apart.
static inline uint16_t *place(element *out, int64_t line, int64_t stride, int64_t k) {
    return (uint16_t *)(out + line / TILE * TILE * stride) + k / UNIT * 3 * PART + line % TILE / 16 * (PART / 2);
}

/// Parts of a number that was held in `type`; the others are zero, and nobody reads them.
static inline int parts_of(int type) { return type == CK_BF16 ? 1 : 3; }

static inline __m512 low_half(__m512i words) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(words)), 16));
}
static inline __m512 high_half(__m512i words) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(words, 1)), 16));
}

/// The parts of 32 neighbours in order.
static inline __attribute__((always_inline)) void split_in_order(__m512i part[3], __m512 left, __m512 right) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 3; i++) {
        part[i] = (__m512i)_mm512_cvtne2ps_pbh(right, left);
        left = _mm512_sub_ps(left, low_half(part[i]));
        right = _mm512_sub_ps(right, high_half(part[i]));
    }
}

/// The parts of two rows of 16 as pairs, a number of the second row above one of the first.
static inline __attribute__((always_inline)) void split_in_pairs(__m512i part[3], __m512 even, __m512 odd) {
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
#pragma clang loop unroll(full)
    for (int i = 0; i < 3; i++) {
        part[i] = rows_as_pairs((__m512i)_mm512_cvtne2ps_pbh(odd, even));
        even = _mm512_sub_ps(even, _mm512_castsi512_ps(_mm512_slli_epi32(part[i], 16)));
        odd = _mm512_sub_ps(odd, _mm512_castsi512_ps(_mm512_and_si512(part[i], upper)));
    }
}

/// 32 terms, from k on, of a row of A.
static inline __attribute__((always_inline)) void store_row(
    element *out, int64_t row, int64_t stride, int64_t k, __m512 left, __m512 right) {
    __m512i part[3];
    split_in_order(part, left, right);
    uint16_t *to = place(out, row, stride, k) + row % 16 * UNIT;
#pragma clang loop unroll(full)
    for (int i = 0; i < 3; i++) _mm512_store_si512(to + i * PART, part[i]);
}

/// A (m, k).
static void pack_rows(element *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < filled(depth); k += UNIT) {
            const char *from = at(a, type, r * lda + k);
            __m512 left = widen16(from, type, first(depth - k));
            store_row(out, r, A_STRIDE, k, left, widen16(at(from, type, 16), type, first(depth - k - 16)));
        }
}

/// A stored (k, m): the same rows, read across.
static void pack_rows_turned(element *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r += 16)
        for (int64_t k = 0; k < filled(depth); k += UNIT) {
            __m512i block[2][16];
            for (int half = 0; half < 2; half++) {
                for (int i = 0; i < 16; i++) {
                    int64_t term = k + 16 * half + i;
                    block[half][i] = term < depth ? _mm512_castps_si512(
                                                        widen16(at(a, type, term * lda + r), type, first(rows - r)))
                                                  : _mm512_setzero_si512();
                }
                turn_words(block[half]);
            }
            for (int i = 0; i < 16 && r + i < rows; i++)
                store_row(
                    out, r + i, A_STRIDE, k, _mm512_castsi512_ps(block[0][i]), _mm512_castsi512_ps(block[1][i]));
        }
}

/// What of the last ROWS rows does not exist, as zeros: what lies there must be numbers, or sums that nobody stores would
/// run at the speed of denormals.
static void clear_rows(element *out, int64_t rows, int64_t depth) {
    for (int64_t r = rows; r % TILE != 0; r++)
        for (int64_t k = 0; k < depth; k += UNIT)
            store_row(out, r, A_STRIDE, k, _mm512_setzero_ps(), _mm512_setzero_ps());
}

/// Terms `begin` to `end` of the tiles of B (k, n).
static void pack_some_tiles(
    element *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t begin, int64_t end, int64_t depth) {
    int64_t whole = filled(depth), stop = end < depth ? end : whole;
    for (int64_t j = 0; j < columns; j += TILE)
        for (int64_t k = begin; k < stop; k += 2) {
            _mm_prefetch(at(b, type, k * ldb + j + AHEAD), _MM_HINT_T0);
            _mm_prefetch(at(b, type, (k + 1) * ldb + j + AHEAD), _MM_HINT_T0);
            for (int64_t half = 0; half < TILE; half += 16) {
                __mmask16 some = k < depth ? first(columns - j - half) : 0, next = k + 1 < depth ? some : 0;
                const char *from = at(b, type, k * ldb + j + half);
                __m512i part[3];
                split_in_pairs(part, widen16(from, type, some), widen16(at(from, type, ldb), type, next));
                uint16_t *to = place(out, j + half, whole, k) + k % UNIT * 16;
                for (int i = 0; i < parts_of(type); i++) _mm512_store_si512(to + i * PART, part[i]);
            }
        }
}

/// Tiles of B stored (n, k), read across: a pair is a word.
static void pack_tiles_turned(element *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    int64_t whole = filled(depth);
    for (int64_t j = 0; j < (columns + TILE - 1) / TILE * TILE; j += 16)
        for (int64_t k = 0; k < whole; k += UNIT) {
            __m512i block[3][16];
            for (int i = 0; i < 16; i++) {
                int exists = j + i < columns;
                const char *from = at(b, type, (j + i) * ldb + k);
                _mm_prefetch(at(from, type, 16 * ldb), _MM_HINT_T0);
                __m512 left = widen16(from, type, exists ? first(depth - k) : 0);
                __m512 right = widen16(at(from, type, 16), type, exists ? first(depth - k - 16) : 0);
                __m512i part[3];
                split_in_order(part, left, right);
                for (int p = 0; p < 3; p++) block[p][i] = part[p];
            }
            uint16_t *to = place(out, j, whole, k);
            for (int p = 0; p < parts_of(type); p++) {
                turn_words(block[p]);
                for (int i = 0; i < 16; i++) _mm512_store_si512(to + p * PART + i * UNIT, block[p][i]);
            }
        }
}

/// Rows of the second sum's A.
static void pack_second(element *out, const ck_product *p, int64_t row, int64_t rows) {
    __m512 factor = _mm512_set1_ps(p->alpha2);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < filled(p->k2); k += UNIT) {
            const float *from = p->a2 + (row + r) * p->lda2 + k;
            __m512 left = _mm512_maskz_loadu_ps(first(p->k2 - k), from);
            __m512 right = _mm512_maskz_loadu_ps(first(p->k2 - k - 16), from + 16);
            store_row(out, r, A2_DEPTH, k, _mm512_mul_ps(left, factor), _mm512_mul_ps(right, factor));
        }
}
