// The blocked product that product_f32.c, product_bf16.c and product_amx.c share. The file that includes it defines
//   element, ELEMENT     what A and B are packed as, and its ck type
//   DEPTH, STEP          terms of the sum a block takes; terms that lie together (1, or 2 for pairs)
//   UNIT, filled         terms that packed factors are filled up to, and what `depth` of them are filled to
//   ROWS, run_tile       rows of A that a tile of C has, and what computes it; begin_tiles and end_tiles around many
//   pack_rows, pack_rows_turned, pack_some_tiles, pack_tiles_turned
//   TOGETHER             rows of B (k, n) that are read at a time
//   FETCHES              whether the next rows of A come to the second-level cache while the last meet the tiles
// and wraps all of it in the target attribute of its instruction set.
//
// Blocks as Goto and van de Geijn 2008 ("Anatomy of high-performance matrix multiplication") cut them: DEPTH terms of
// the sum at a time, ROWS rows of A in the first-level cache while B, packed in tiles of 32 columns, comes past from the
// second. Every element of C is summed in the same order whatever the threads.

/// Where one block of the sum goes, and what it goes on from.
typedef struct {
    char *c;  // of row 0 and column 0 of the block
    int c_type;
    int64_t ldc;
    const float *d;
    int64_t ldd;
    float beta;
} target;

/// Both factors of a block as the tiles read them.
typedef struct {
    const element *a, *b;
    int64_t a_stride, steps;
    const element *a2, *b2;
    int64_t steps2;
} factors;

/// Asks for some of the ROWS rows of A after those at i, shared out over the tiles that these meet.
static inline void fetch_rows(const factors *f, int64_t i, int64_t rows, int64_t j, int64_t columns) {
    int64_t share = (ROWS * TILE + columns - 1) / columns, row = i + ROWS + j / TILE * share;
    for (int64_t end = row + share; row < end && row < i + 2 * ROWS && row < rows; row++)
        for (int64_t k = 0; k < f->steps * STEP; k += 64 / (int64_t)sizeof(element))
            _mm_prefetch((const char *)(f->a + row * f->a_stride + k), _MM_HINT_T1);
}

/// Rows of C up to whole panels, one block of the sum. The second sum and the bias come with the last block.
static void multiply_packed(
    const ck_product *p, const factors *f, const target *to, int64_t rows, int64_t j0, int64_t columns, int last) {
    int64_t a2_stride = A2_DEPTH, unit = to->c_type == CK_F32 ? 4 : 2;
    for (int64_t i = 0; i < rows; i += ROWS)
        for (int64_t j = 0; j < columns; j += TILE) {
            if (FETCHES) fetch_rows(f, i, rows, j, columns);
            tile t = {
                .a = f->a + i * f->a_stride, .b = f->b + j * STEP * f->steps, .a_stride = f->a_stride,
                .steps = f->steps, .a2 = f->a2 + i * a2_stride, .b2 = f->b2 + j * STEP * f->steps2,
                .a2_stride = a2_stride, .steps2 = last ? f->steps2 : 0, .c = to->c + (i * to->ldc + j) * unit,
                .c_type = to->c_type, .ldc = to->ldc, .d = to->d ? to->d + i * to->ldd + j : NULL, .ldd = to->ldd,
                .bias = last && p->bias ? p->bias + j0 + j : NULL, .rows = rows - i < ROWS ? (int)(rows - i) : ROWS,
                .columns = columns - j < TILE ? columns - j : TILE, .alpha = p->alpha, .beta = to->beta,
            };
            run_tile(&t);
        }
}

/// Whether rows of A can be read where they lie: of the type that is multiplied, and not so far apart that ROWS of
/// them fall on the same lines of the first-level cache.
static int reads_in_place(const ck_product *p) {
    return p->a_type == ELEMENT && !p->transpose_a && p->k % UNIT == 0 && p->lda * (int64_t)sizeof(element) % 2048 != 0;
}

typedef struct {
    element *a, *b, *a2, *b2;
    float *sums;  // of results in 16 bits whose sum takes several blocks
    float *room;  // for B in blocks, widened
} space;

enum { SUM_ROWS = 2048 };

static space take_space(const ck_product *p) {
    size_t a = ((size_t)(A_ROWS + ROWS) * A_STRIDE + 31) / 32 * 32, b = (size_t)B_COLUMNS * DEPTH;
    size_t a2 = p->k2 > 0 ? (size_t)(A_ROWS + ROWS) * A2_DEPTH : 0, b2 = p->k2 > 0 ? (size_t)B_COLUMNS * A2_DEPTH : 0;
    int partial = p->c_type != CK_F32 && p->k > DEPTH;
    size_t sums = partial ? (size_t)SUM_ROWS * B_COLUMNS : 0, words = (a + b + a2 + b2) * sizeof(element) / sizeof(float);
    size_t room = p->b_type >= CK_BLOCKS ? ROOM : 0;
    float *memory = ck_workspace(CK_SLOT_PANEL, words + sums + room);
    space s = {.a = (element *)memory};
    s.b = s.a + a;
    s.a2 = s.b + b;
    s.b2 = s.a2 + a2;
    s.sums = memory + words;
    s.room = s.sums + sums;
    return s;
}

/// Tiles of B (k, n), some rows at a time over all columns, so that memory is read in long pieces.
static void pack_tiles(element *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    for (int64_t k = 0; k < depth; k += TOGETHER)
        pack_some_tiles(
            out, b, type, ldb, columns, k, depth - k < TOGETHER ? depth : k + TOGETHER, depth);
}

/// Columns j0… and terms k0… of B as tiles, whatever it is held in.
static void pack_factor(const space *s, const ck_product *p, int64_t j0, int64_t columns, int64_t k0, int64_t depth) {
    if (p->b_type >= CK_BLOCKS) return pack_blocks(s->b, s->room, p, j0, columns, k0, depth);
    const char *from = at(p->b, p->b_type, p->transpose_b ? j0 * p->ldb + k0 : k0 * p->ldb + j0);
    (p->transpose_b ? pack_tiles_turned : pack_tiles)(s->b, from, p->b_type, p->ldb, columns, depth);
}

/// One block of the sum for some rows: packs what of A has to be, and multiplies.
static void multiply_rows(
    const ck_product *p, const space *s, factors f, target to, int64_t i0, int64_t rows, int64_t k0, int64_t depth,
    int64_t j0, int64_t columns, int last) {
    int64_t unit = to.c_type == CK_F32 ? 4 : 2;
    if (last && p->k2 > 0) pack_second(s->a2, p, i0, rows);
    const char *from = at(p->a, p->a_type, p->transpose_a ? k0 * p->lda + i0 : i0 * p->lda + k0);
    if (reads_in_place(p)) {
        int64_t whole = rows / ROWS * ROWS;
        f.a = (const element *)from;
        f.a_stride = p->lda;
        if (whole > 0) multiply_packed(p, &f, &to, whole, j0, columns, last);
        if (whole == rows) return;
        from = at(from, p->a_type, whole * p->lda);
        to.c += whole * to.ldc * unit;
        if (to.d) to.d += whole * to.ldd;
        f.a2 += whole * A2_DEPTH;
        rows -= whole;
    }
    (p->transpose_a ? pack_rows_turned : pack_rows)(s->a, from, p->a_type, p->lda, rows, depth);
    // The last panel reads past its rows: what lies there must be numbers, or sums that nobody stores would run at the
    // speed of denormals.
    for (int64_t r = rows; r % ROWS != 0; r++) memset(s->a + r * A_STRIDE, 0, DEPTH * sizeof(element));
    f.a = s->a;
    f.a_stride = A_STRIDE;
    multiply_packed(p, &f, &to, rows, j0, columns, last);
}

static void product_block(const ck_product *p, int64_t row0, int64_t row1, int64_t column0, int64_t column1) {
    space s = take_space(p);
    begin_tiles();
    int64_t unit = p->c_type == CK_F32 ? 4 : 2;
    for (int64_t j0 = column0; j0 < column1; j0 += B_COLUMNS) {
        int64_t columns = column1 - j0 < B_COLUMNS ? column1 - j0 : B_COLUMNS;
        int64_t steps2 = filled(p->k2) / STEP;
        if (p->k2 > 0) {
            const char *from = at(p->b2, p->b2_type, p->transpose_b ? j0 * p->ldb2 : j0);
            (p->transpose_b ? pack_tiles_turned : pack_tiles)(s.b2, from, p->b2_type, p->ldb2, columns, p->k2);
        }
        for (int64_t top = row0; top < row1; top += SUM_ROWS) {
            int64_t bottom = row1 - top < SUM_ROWS ? row1 : top + SUM_ROWS;
            for (int64_t k0 = 0; k0 < p->k; k0 += DEPTH) {
                int64_t depth = p->k - k0 < DEPTH ? p->k - k0 : DEPTH;
                int last = k0 + depth == p->k;
                pack_factor(&s, p, j0, columns, k0, depth);
                factors f = {.b = s.b, .steps = filled(depth) / STEP, .a2 = s.a2, .b2 = s.b2, .steps2 = steps2};
                for (int64_t i0 = top; i0 < bottom; i0 += A_ROWS) {
                    int64_t rows = bottom - i0 < A_ROWS ? bottom - i0 : A_ROWS;
                    char *c = (char *)p->c + (i0 * p->ldc + j0) * unit;
                    float *sums = s.sums + (i0 - top) * B_COLUMNS;
                    int in_place = p->c_type == CK_F32;
                    target to = {.c = c, .c_type = p->c_type, .ldc = p->ldc, .beta = 1};
                    if (!last && !in_place) to = (target){.c = (char *)sums, .ldc = B_COLUMNS, .beta = 1};
                    if (k0 > 0) {
                        to.d = in_place ? (const float *)c : sums;
                        to.ldd = in_place ? p->ldc : B_COLUMNS;
                    } else if (p->beta != 0) {
                        to.d = (const float *)c;
                        to.ldd = p->ldc;
                        to.beta = p->beta;
                    }
                    multiply_rows(p, &s, f, to, i0, rows, k0, depth, j0, columns, last);
                }
            }
        }
    }
    end_tiles();
}

static void some_rows(const void *args, int64_t begin, int64_t end) {
    const ck_product *p = args;
    product_block(p, begin, end, 0, p->n);
}

static void some_columns(const void *args, int64_t begin, int64_t end) {
    const ck_product *p = args;
    product_block(p, 0, p->m, begin, end);
}

/// 0 when the product asks for something that is not done here.
static int run_product(const ck_product *p) {
    if (p->k2 > A2_DEPTH || p->k <= 0 || (p->c_type != CK_F32 && p->beta != 0)) return 0;
    if (p->m <= 0 || p->n <= 0) return 1;
    if (run_thin(p)) return 1;
    // Below some ten microseconds of work, waking a thread costs more than it gives.
    int64_t small = p->m * p->n * p->k < 400000;
    // The factor that is cut is packed once, the other by every thread: cut the larger one, or B where A is not packed.
    // With a short sum C is most of what is moved, and goes by whole rows.
    int by_columns = p->n >= 64 && p->k >= 128 && reads_in_place(p);
    if (p->m > p->n && !by_columns)
        ck_parallel(p->m, small ? p->m : ROWS, ROWS, some_rows, p);
    else ck_parallel(p->n, small ? p->n : TILE, TILE, some_columns, p);
    return 1;
}
