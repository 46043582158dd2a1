// The blocked product that product_f32.c, product_bf16.c, product_amx.c and product_thirds.c share. The file that includes
// it defines
//   element, ELEMENT     what A and B are packed as, and its ck type
//   DEPTH, STEP          terms of the sum a block takes; terms that lie together (1, or 2 for pairs)
//   UNIT, filled         terms that packed factors are filled up to, and what `depth` of them are filled to
//   A_ROWS, B_COLUMNS    rows of A and columns of B that are packed at a time
//   ROWS, run_tile       rows of A that a tile of C has, and what computes it; begin_tiles and end_tiles around many
//   pack_rows, pack_rows_turned, clear_rows, pack_some_tiles, pack_tiles_turned
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
                .a2_stride = a2_stride, .steps2 = last ? f->steps2 : 0, .b_type = p->b_type, .b2_type = p->b2_type,
                .c = to->c + (i * to->ldc + j) * unit,
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

/// Where a thread keeps what it packs.
typedef struct {
    element *a, *a2;
    float *room;  // for B in blocks, widened
} space;

static size_t words_of(size_t elements) { return elements * sizeof(element) / sizeof(float); }

/// The calling thread's own, with `more` floats behind it.
static space take_space(const ck_product *p, size_t more, float **behind) {
    size_t a = ((size_t)(A_ROWS + ROWS) * A_STRIDE + 31) / 32 * 32;
    size_t a2 = p->k2 > 0 ? (size_t)(A_ROWS + ROWS) * A2_DEPTH : 0, room = p->b_type >= CK_BLOCKS ? ROOM : 0;
    float *memory = ck_workspace(CK_SLOT_PANEL, words_of(a + a2) + room + more);
    space s = {.a = (element *)memory, .a2 = (element *)memory + a, .room = memory + words_of(a + a2)};
    if (behind) *behind = s.room + room;
    return s;
}

/// Tiles of B (k, n), some rows at a time over all columns, so that memory is read in long pieces.
static void pack_tiles(element *out, const void *b, int type, int64_t ldb, int64_t columns, int64_t depth) {
    for (int64_t k = 0; k < depth; k += TOGETHER)
        pack_some_tiles(
            out, b, type, ldb, columns, k, depth - k < TOGETHER ? depth : k + TOGETHER, depth);
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
    clear_rows(s->a, rows, filled(depth));
    f.a = s->a;
    f.a_stride = A_STRIDE;
    multiply_packed(p, &f, &to, rows, j0, columns, last);
}
