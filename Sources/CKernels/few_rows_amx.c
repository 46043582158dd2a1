#include "internal.h"

#include <string.h>

// Products of a few rows with a weight in BF16 by AMX. Sixteen rows of the weight are tiles as they lie in memory. Each
// number of x is cut into three of BF16, which hold all of its 24 bits, and each of these is a column: nothing is rounded
// but sums, as in few_rows.c, and multiplying takes a small part of the time in which the weight comes from memory.
//
// Columns are computed by themselves, whatever their number: a row's result depends neither on its company nor on the
// threads.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi2,amx-tile,amx-bf16"))), \
    apply_to = function)

#include "product_parts.h"
#include "amx.h"

enum { STEP = 32, PANEL = 16, TILE_WORDS = 256, MOST_ROWS = 16, AHEAD = 4096 };

/// Tiles of three columns for each row.
static inline int tiles_of(int64_t rows) { return (int)((3 * rows + PANEL - 1) / PANEL); }

/// Cuts 16 numbers, whose sum they are: 8 bits of each at a time. What is infinite has no rest.
static inline void cut(__m512 x, __m512 part[3]) {
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
    for (int i = 0; i < 3; i++) {
        part[i] = _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), upper));
        x = _mm512_maskz_sub_ps(_mm512_cmp_ps_mask(x, part[i], _CMP_NEQ_UQ), x, part[i]);
    }
}

/// The upper halves of 32 numbers, in order.
static inline __m512i upper_halves(__m512 low, __m512 high) {
    __m256i a = _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(low), 16));
    __m256i b = _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(high), 16));
    return _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
}

/// For every step of 32 terms, tiles of 16 columns: the first parts of all rows, the second, the third.
static void pack_rows(uint32_t *out, const float *x, int64_t rows, int64_t width) {
    const int tiles = tiles_of(rows);
    for (int64_t k = 0; k < width; k += STEP) {
        __m512i columns[3 * MOST_ROWS];
        for (int64_t r = 0; r < rows; r++) {
            __m512 low[3], high[3];
            cut(_mm512_loadu_ps(x + r * width + k), low);
            cut(_mm512_loadu_ps(x + r * width + k + 16), high);
            for (int i = 0; i < 3; i++) columns[i * rows + r] = upper_halves(low[i], high[i]);
        }
        for (int64_t c = 3 * rows; c < PANEL * tiles; c++) columns[c] = _mm512_setzero_si512();
        for (int t = 0; t < tiles; t++) {
            turn_words(columns + PANEL * t);
            for (int i = 0; i < 16; i++, out += 16) _mm512_store_si512(out, columns[PANEL * t + i]);
        }
    }
}

/// Eight lines of the weight are on their way to the second-level cache: the first has to hold x.
static inline __attribute__((always_inline)) const char *ask(const char *ahead) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) _mm_prefetch(ahead + 64 * i, _MM_HINT_T1);
    return ahead + 512;
}

/// Sixteen rows of the weight, or 32, times all of x: sums[t] gets the columns of tile t, sums[tiles + t] those of the
/// next sixteen rows. Loads of tiles and lines that are asked for alternate: there is little room for both at once.
static inline __attribute__((always_inline)) void panel_sums(
    float *sums, const char *w, int64_t stride, const uint32_t *x, int64_t steps, int tiles, int two) {
    CLEAR_SUMS();
    // The next rows lie behind these.
    const char *below = w + PANEL * stride, *ahead = w + (two ? 2 : 1) * PANEL * stride + AHEAD;
    for (int64_t s = 0; s < steps; s++, w += 64, below += 64, x += tiles * TILE_WORDS) {
        ahead = ask(ahead);
        _tile_loadd(4, w, stride);
        if (two) {
            ahead = ask(ahead);
            _tile_loadd(5, below, stride);
        }
        ahead = ask(ahead);
        _tile_loadd(6, x, 64);
        _tile_dpbf16ps(0, 4, 6);
        if (two) {
            _tile_dpbf16ps(1, 5, 6);
            ahead = ask(ahead);
        }
        if (tiles > 1) {
            _tile_loadd(7, x + TILE_WORDS, 64);
            _tile_dpbf16ps(2, 4, 7);
            if (two) _tile_dpbf16ps(3, 5, 7);
        }
        if (tiles > 2) {
            _tile_loadd(6, x + 2 * TILE_WORDS, 64);
            _tile_dpbf16ps(3, 4, 6);
        }
    }
    _tile_stored(0, sums, 64);
    if (two) _tile_stored(1, sums + tiles * TILE_WORDS, 64);
    if (tiles > 1) {
        _tile_stored(2, sums + TILE_WORDS, 64);
        if (two) _tile_stored(3, sums + 3 * TILE_WORDS, 64);
    }
    if (tiles > 2) _tile_stored(3, sums + 2 * TILE_WORDS, 64);
}

/// y = beta · y + what the three columns of each row sum up to, smallest parts first.
static void store_rows(const ck_args *a, int64_t o, float *sums, int tiles) {
    __m512i columns[3 * MOST_ROWS];
    for (int t = 0; t < tiles; t++) {
        for (int i = 0; i < 16; i++) columns[PANEL * t + i] = _mm512_load_si512(sums + t * TILE_WORDS + 16 * i);
        turn_words(columns + PANEL * t);
    }
    const __m512 beta = _mm512_set1_ps(a->beta);
    for (int64_t r = 0; r < a->rows; r++) {
        float *y = a->out + r * a->n + o;
        __m512 part[3];
        for (int i = 0; i < 3; i++) part[i] = _mm512_castsi512_ps(columns[i * a->rows + r]);
        __m512 sum = _mm512_add_ps(part[0], _mm512_add_ps(part[1], part[2]));
        if (a->beta != 0) sum = _mm512_fmadd_ps(beta, _mm512_loadu_ps(y), sum);
        _mm512_storeu_ps(y, sum);
    }
}

static inline __attribute__((always_inline)) void panels(const ck_args *a, int64_t begin, int64_t end, int tiles) {
    float sums[4 * TILE_WORDS] __attribute__((aligned(64)));
    const int64_t stride = a->width * 2, steps = a->width / STEP;
    const uint32_t *x = (const uint32_t *)(const void *)a->b;
    int64_t o = begin;
    for (; tiles <= 2 && o + 2 * PANEL <= end; o += 2 * PANEL) {
        panel_sums(sums, (const char *)a->raw + o * stride, stride, x, steps, tiles, 1);
        store_rows(a, o, sums, tiles);
        store_rows(a, o + PANEL, sums + tiles * TILE_WORDS, tiles);
    }
    for (; o < end; o += PANEL) {
        panel_sums(sums, (const char *)a->raw + o * stride, stride, x, steps, tiles, 0);
        store_rows(a, o, sums, tiles);
    }
}

// Index: rows of the weight. b = tiles of x. Fewer than 16 rows at the end of a weight go by vectors.
static void few_rows_tiles(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    const int64_t last = begin + (end - begin) / PANEL * PANEL;
    if (last > begin) {
        begin_tiles();
        switch (tiles_of(a->rows)) {
        case 1: panels(a, begin, last, 1); break;
        case 2: panels(a, begin, last, 2); break;
        default: panels(a, begin, last, 3); break;
        }
        end_tiles();
    }
    if (last < end) ck_few_rows_range(a, last, end);
}

#pragma clang attribute pop

ck_range_fn ck_few_rows_tiles(int type, const float *x, int64_t rows, int64_t width, const float **tiles) {
    if (ck_isa() != CK_ISA_AMX || type != CK_BF16 || rows > MOST_ROWS || width % STEP != 0) return NULL;
    uint32_t *words = (uint32_t *)ck_workspace(CK_SLOT_ROUNDED, (size_t)(width / STEP * tiles_of(rows) * TILE_WORDS));
    pack_rows(words, x, rows, width);
    *tiles = (const float *)(const void *)words;
    return few_rows_tiles;
}

#else

ck_range_fn ck_few_rows_tiles(int type, const float *x, int64_t rows, int64_t width, const float **tiles) {
    (void)type, (void)x, (void)rows, (void)width, (void)tiles;
    return NULL;
}

#endif
