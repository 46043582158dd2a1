// A blocked product by vectors of sixteen floats; whatever registers an instruction set has, the compiler makes them of
// these. The file that includes it has included body_vector.h inside the target attribute of its set, and defines
//   PANEL     rows of the register tile; 16 columns belong to it
//   KERNELS   the name of what is exported
//
// Blocks as Goto and van de Geijn 2008 ("Anatomy of high-performance matrix multiplication") cut them. B comes in tiles
// of 16 columns that stay in the second-level cache, or, under few rows, from where it lies; A from where it lies when
// little of it is used again. Every element of C is summed in the same order whatever the threads and the tiles.

enum { DEPTH = 256, A_ROWS = 96, B_COLUMNS = 256, A_STRIDE = DEPTH + W, STRIP = 64 };
// Up to so many columns of C a packed A would not pay; up to so many rows a packed B.
enum { A_DIRECT = 64, B_DIRECT = 24 };

typedef struct {
    const float *a, *b;
    float *c;
    int64_t across, along;  // from a row of A to the next, from a term of the sum to the next
    int64_t b_step, ldc, steps, columns;
    float alpha, beta;
} tile_args;

INLINE void multiply_tile(const tile_args *t, int rows, int64_t across, int64_t along, int64_t b_step) {
    vf total[PANEL] = {};
    const float *a = t->a, *b = t->b;
    for (int64_t k = 0; k < t->steps; k++, a += along, b += b_step) {
        vf column = load(b);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) total[r] += splat(a[r * across]) * column;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        float *c = t->c + r * t->ldc;
        vf y = total[r] * t->alpha;
        // A factor of zero leaves out what is there, which may not be a number.
        if (t->beta != 0) y += get(c, t->columns) * t->beta;
        put(c, y, t->columns);
    }
}

// Rows of A that lie side by side in memory, or its terms do; B packed or not.
#define TILES_OF(rows)                                                                                     \
    static void terms_packed_##rows(const tile_args *t) { multiply_tile(t, rows, t->across, 1, W); }       \
    static void terms_direct_##rows(const tile_args *t) { multiply_tile(t, rows, t->across, 1, t->b_step); } \
    static void rows_packed_##rows(const tile_args *t) { multiply_tile(t, rows, 1, t->along, W); }         \
    static void rows_direct_##rows(const tile_args *t) { multiply_tile(t, rows, 1, t->along, t->b_step); }
TILES_OF(1)
TILES_OF(2)
#if PANEL > 2
TILES_OF(3)
TILES_OF(4)
TILES_OF(5)
TILES_OF(6)
#define ROWS_TO_PANEL(name) {name##1, name##2, name##3, name##4, name##5, name##6}
#else
#define ROWS_TO_PANEL(name) {name##1, name##2}
#endif
typedef void (*tile_fn)(const tile_args *);
// [rows of A side by side][B where it lies][rows − 1]
static const tile_fn tiles[2][2][PANEL] = {
    {ROWS_TO_PANEL(terms_packed_), ROWS_TO_PANEL(terms_direct_)},
    {ROWS_TO_PANEL(rows_packed_), ROWS_TO_PANEL(rows_direct_)},
};

INLINE const char *place(const void *base, int type, int64_t index) {
    return (const char *)base + index * (type == CK_F32 ? 4 : 2);
}

INLINE void widen_row(float *out, const void *from, int type, int64_t count) {
    SWEEP(0, count, put(out + i, rest == W ? widen_one(from, type, i) : widen_some(from, type, i, rest), rest););
}

/// A (m, k): rows, each A_STRIDE apart.
static void pack_rows(float *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r++) widen_row(out + r * A_STRIDE, place(a, type, r * lda), type, depth);
}

/// A stored (k, m): panels of rows, (depth, PANEL) each.
static void pack_panels(float *out, const void *a, int type, int64_t lda, int64_t rows, int64_t depth) {
    float wide[A_ROWS];
    for (int64_t k = 0; k < depth; k++) {
        const float *from = (const float *)place(a, type, k * lda);
        if (type != CK_F32) {
            widen_row(wide, from, type, rows);
            from = wide;
        }
        float *to = out + k * PANEL;
        int64_t r = 0;
        for (; r + PANEL <= rows; r += PANEL, to += depth * PANEL) memcpy(to, from + r, PANEL * sizeof(float));
        if (r < rows) memcpy(to, from + r, (size_t)(rows - r) * sizeof(float));
    }
}

/// Tiles of B (k, n): for each term, 16 columns; those that do not exist are zero.
static void pack_tiles(float *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    enum { TERMS = 8 };  // so many rows of B are read side by side
    for (int64_t k0 = 0; k0 < depth; k0 += TERMS) {
        int64_t last = k0 + TERMS < depth ? k0 + TERMS : depth;
        SWEEP(0, columns, for (int64_t k = k0; k < last; k++) {
            const char *from = place(b, type, k * ldb);
            store(out + i * depth + k * W, rest == W ? widen_one(from, type, i) : widen_some(from, type, i, rest));
        });
    }
}

typedef float four __attribute__((vector_size(16)));
typedef float fouru __attribute__((vector_size(16), aligned(4)));

/// 4 rows of 4 numbers, turned.
INLINE void turn_four(float *out, const float *from, int64_t stride) {
    four a = *(const fouru *)from, b = *(const fouru *)(from + stride);
    four c = *(const fouru *)(from + 2 * stride), d = *(const fouru *)(from + 3 * stride);
    four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    *(fouru *)out = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(fouru *)(out + W) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(fouru *)(out + 2 * W) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(fouru *)(out + 3 * W) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

/// Tiles of B stored (n, k), read across.
static void pack_tiles_turned(float *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    float strip[W * STRIP];
    for (int64_t j = 0; j < columns; j += W, out += depth * W) {
        int64_t exist = columns - j < W ? columns - j : W;
        for (int64_t k0 = 0; k0 < depth; k0 += STRIP) {
            int64_t terms = depth - k0 < STRIP ? depth - k0 : STRIP, stride = ldb;
            const float *from = (const float *)place(b, type, j * ldb + k0);
            if (type != CK_F32 || exist < W) {
                if (exist < W) memset(strip, 0, sizeof strip);
                for (int64_t i = 0; i < exist; i++)
                    widen_row(strip + i * STRIP, place(b, type, (j + i) * ldb + k0), type, terms);
                from = strip;
                stride = STRIP;
            }
            float *to = out + k0 * W;
            int64_t k = 0;
            for (; k + 4 <= terms; k += 4)
                for (int64_t i = 0; i < W; i += 4) turn_four(to + k * W + i, from + i * stride + k, stride);
            for (; k < terms; k++)
                for (int64_t i = 0; i < W; i++) to[k * W + i] = from[i * stride + k];
        }
    }
}

/// Where A is for one block of rows and terms.
typedef struct {
    const float *at;
    int64_t across, along, panel;  // `panel`: from PANEL rows to the next
} a_block;

static a_block find_a(
    const ck_product *p, float *space, int64_t i0, int64_t rows, int64_t k0, int64_t depth, int64_t columns) {
    const char *from = place(p->a, p->a_type, p->transpose_a ? k0 * p->lda + i0 : i0 * p->lda + k0);
    if (p->a_type == CK_F32 && (columns <= A_DIRECT || (p->transpose_a && p->lda <= A_DIRECT))) {
        if (p->transpose_a) return (a_block){(const float *)from, 1, p->lda, PANEL};
        return (a_block){(const float *)from, p->lda, 1, PANEL * p->lda};
    }
    if (p->transpose_a) {
        pack_panels(space, from, p->a_type, p->lda, rows, depth);
        return (a_block){space, 1, PANEL, depth * PANEL};
    }
    pack_rows(space, from, p->a_type, p->lda, rows, depth);
    return (a_block){space, A_STRIDE, 1, PANEL * A_STRIDE};
}

static void product_block(const ck_product *p, int64_t row0, int64_t row1, int64_t column0, int64_t column1) {
    enum { A_SPACE = A_ROWS * A_STRIDE };
    float *a_space = ck_workspace(CK_SLOT_PANEL, A_SPACE + (size_t)B_COLUMNS * DEPTH), *b_space = a_space + A_SPACE;
    int side_by_side = p->transpose_a != 0;
    int b_lies = !p->transpose_b && p->b_type == CK_F32 && row1 - row0 <= B_DIRECT;
    for (int64_t j0 = column0; j0 < column1; j0 += B_COLUMNS) {
        int64_t columns = column1 - j0 < B_COLUMNS ? column1 - j0 : B_COLUMNS;
        // The tiles that are read where they lie; the last one, when it is not whole, never is.
        int64_t lying = b_lies ? columns / W * W : 0;
        for (int64_t k0 = 0; k0 < p->k; k0 += DEPTH) {
            int64_t depth = p->k - k0 < DEPTH ? p->k - k0 : DEPTH, first = j0 + lying;
            const char *b = place(p->b, p->b_type, p->transpose_b ? j0 * p->ldb + k0 : k0 * p->ldb + j0);
            if (lying < columns)
                (p->transpose_b ? pack_tiles_turned : pack_tiles)(
                    b_space, place(p->b, p->b_type, p->transpose_b ? first * p->ldb + k0 : k0 * p->ldb + first),
                    p->b_type, p->ldb, columns - lying, depth);
            for (int64_t i0 = row0; i0 < row1; i0 += A_ROWS) {
                int64_t rows = row1 - i0 < A_ROWS ? row1 - i0 : A_ROWS;
                a_block a = find_a(p, a_space, i0, rows, k0, depth, column1 - column0);
                for (int64_t i = 0; i < rows; i += PANEL, a.at += a.panel) {
                    int64_t some = rows - i < PANEL ? rows - i : PANEL;
                    for (int64_t j = 0; j < columns; j += W) {
                        int lies = j < lying;
                        tile_args t = {
                            .a = a.at, .across = a.across, .along = a.along,
                            .b = lies ? (const float *)b + j : b_space + (j - lying) * depth, .b_step = p->ldb,
                            .c = (float *)p->c + (i0 + i) * p->ldc + j0 + j, .ldc = p->ldc, .steps = depth,
                            .columns = columns - j < W ? columns - j : W, .alpha = p->alpha,
                            .beta = k0 == 0 ? p->beta : 1,
                        };
                        tiles[side_by_side][lies][some - 1](&t);
                    }
                }
            }
        }
    }
}

static void some_rows(const void *args, int64_t begin, int64_t end) {
    const ck_product *p = args;
    product_block(p, begin, end, 0, p->n);
}

static void some_columns(const void *args, int64_t begin, int64_t end) {
    const ck_product *p = args;
    product_block(p, 0, p->m, begin, end);
}

const ck_product_kernels KERNELS = {some_rows, some_columns, PANEL};
