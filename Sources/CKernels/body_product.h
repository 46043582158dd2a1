// The blocked product that product_f32.c and product_bf16.c share. The file that includes it defines
//   element             what A and B are packed as
//   DEPTH, STEP         terms of the sum a block takes; terms one instruction takes (1, or 2 for pairs)
//   inner_step          the multiply-adds of one step, see multiply_tile
//   pack_rows, pack_rows_turned, pack_tiles, pack_tiles_turned
// and wraps all of it in the target attribute of its instruction set.
//
// Blocks as Goto and van de Geijn 2008 ("Anatomy of high-performance matrix multiplication") cut them: DEPTH terms of
// the sum at a time, 12 rows of A in the first-level cache while B, packed in tiles of 32 columns, comes past from the
// second. Every element of C is summed in the same order whatever the threads.

typedef struct {
    const element *a, *b;
    float *c;
    int64_t ldc, steps;
    int rows;         // of ROWS that exist
    int64_t columns;  // of the tile that exist
    float alpha, beta;
} tile;

static inline __attribute__((always_inline)) void multiply_tile(const tile *t, int vectors) {
    __m512 sum[ROWS][2];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_setzero_ps();
    const element *a = t->a, *b = t->b;
    for (int64_t k = 0; k < t->steps; k++, a += STEP, b += STEP * TILE) inner_step(sum, a, b, vectors);
    __m512 alpha = _mm512_set1_ps(t->alpha), beta = _mm512_set1_ps(t->beta);
    for (int r = 0; r < t->rows; r++)
        for (int v = 0; v < vectors; v++) {
            __mmask16 some = first(t->columns - 16 * v);
            float *c = t->c + r * t->ldc + 16 * v;
            // A factor of zero leaves out what is there, which may not be a number.
            __m512 y = _mm512_mul_ps(alpha, sum[r][v]);
            if (t->beta != 0) y = _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(some, c), y);
            _mm512_mask_storeu_ps(c, some, y);
        }
}

static void wide_tile(const tile *t) { multiply_tile(t, 2); }
static void narrow_tile(const tile *t) { multiply_tile(t, 1); }

/// Rows i0… of C, columns j0…, one block of the sum: both factors are packed.
static void multiply_packed(
    const ck_product *p, const element *a, const element *b, int64_t i0, int64_t rows, int64_t j0, int64_t columns,
    int64_t steps, float beta) {
    for (int64_t i = 0; i < rows; i += ROWS)
        for (int64_t j = 0; j < columns; j += TILE) {
            tile t = {
                .a = a + i * A_STRIDE, .b = b + j * STEP * steps, .c = p->c + (i0 + i) * p->ldc + j0 + j,
                .ldc = p->ldc, .steps = steps, .rows = rows - i < ROWS ? (int)(rows - i) : ROWS,
                .columns = columns - j < TILE ? columns - j : TILE, .alpha = p->alpha, .beta = beta,
            };
            if (t.columns <= 16) narrow_tile(&t);
            else wide_tile(&t);
        }
}

static void product_block(const ck_product *p, int64_t row0, int64_t row1, int64_t column0, int64_t column1) {
    size_t a_size = (size_t)(A_ROWS + ROWS) * A_STRIDE, b_size = (size_t)B_COLUMNS * DEPTH;
    a_size = (a_size + 31) / 32 * 32;
    element *a = (element *)ck_workspace(CK_SLOT_PANEL, (a_size + b_size) * sizeof(element) / sizeof(float));
    element *b = a + a_size;
    for (int64_t j0 = column0; j0 < column1; j0 += B_COLUMNS) {
        int64_t columns = column1 - j0 < B_COLUMNS ? column1 - j0 : B_COLUMNS;
        for (int64_t k0 = 0; k0 < p->k; k0 += DEPTH) {
            int64_t depth = p->k - k0 < DEPTH ? p->k - k0 : DEPTH;
            const char *from = at(p->b, p->b_type, p->transpose_b ? j0 * p->ldb + k0 : k0 * p->ldb + j0);
            (p->transpose_b ? pack_tiles_turned : pack_tiles)(b, from, p->b_type, p->ldb, columns, depth);
            for (int64_t i0 = row0; i0 < row1; i0 += A_ROWS) {
                int64_t rows = row1 - i0 < A_ROWS ? row1 - i0 : A_ROWS;
                from = at(p->a, p->a_type, p->transpose_a ? k0 * p->lda + i0 : i0 * p->lda + k0);
                (p->transpose_a ? pack_rows_turned : pack_rows)(a, from, p->a_type, p->lda, rows, depth);
                // The last panel reads past its rows: what lies there must be numbers, or sums that nobody stores
                // would run at the speed of denormals.
                for (int64_t r = rows; r % ROWS != 0; r++) memset(a + r * A_STRIDE, 0, DEPTH * sizeof(element));
                multiply_packed(
                    p, a, b, i0, rows, j0, columns, (depth + STEP - 1) / STEP, k0 == 0 ? p->beta : 1);
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

static void run_product(const ck_product *p) {
    if (p->m <= 0 || p->n <= 0) return;
    if (p->k <= 0) {
        for (int64_t r = 0; r < p->m; r++) ck_scale(p->c + r * p->ldc, p->c + r * p->ldc, p->beta, p->n);
        return;
    }
    // Below some ten microseconds of work, waking a thread costs more than it gives.
    int64_t small = p->m * p->n * p->k < 400000;
    // The factor that is cut is packed once, the other by every thread: cut the larger one.
    if (p->m > p->n) ck_parallel(p->m, small ? p->m : ROWS, ROWS, some_rows, p);
    else ck_parallel(p->n, small ? p->n : TILE, TILE, some_columns, p);
}
