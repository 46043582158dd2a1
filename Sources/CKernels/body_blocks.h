// In which order the blocks of a product (body_product.h) are computed, and by whom. Included after body_product.h.
//
// With many rows all threads share B: a block of it is packed once, in turn with the rows of C that meet the block
// before, and each thread takes the next strip of rows or the next columns to pack when it is free. So nobody waits for a
// processor that is slower for a while, and B is not packed by every thread. With few rows each takes columns of its own.

enum { SUM_ROWS = 2048, PACKED_TOGETHER = 128 };

/// Some rows and columns of C, and some terms of the sum.
typedef struct {
    int64_t top, bottom, j0, columns, k0, depth;
} block;

/// B as it was packed for a block, and what of its sums is not in C.
typedef struct {
    element *b, *b2;
    float *sums;  // of results in 16 bits whose sum takes several blocks
} packed;

static int keeps_sums(const ck_product *p) { return p->c_type != CK_F32 && p->k > DEPTH; }
static size_t sums_of(const ck_product *p) { return keeps_sums(p) ? (size_t)SUM_ROWS * B_COLUMNS : 0; }
static size_t packed_elements(const ck_product *p) {
    return (size_t)B_COLUMNS * (DEPTH + (p->k2 > 0 ? A2_DEPTH : 0));
}
static packed take_packed(float *memory, float *sums) {
    element *b = (element *)memory;
    return (packed){.b = b, .b2 = b + (size_t)B_COLUMNS * DEPTH, .sums = sums};
}

static inline int64_t lesser(int64_t x, int64_t y) { return x < y ? x : y; }

static block sized(const ck_product *p, int64_t end, block b) {
    b.bottom = keeps_sums(p) ? lesser(p->m, b.top + SUM_ROWS) : p->m;
    int64_t left = end - b.j0, blocks = (left + B_COLUMNS - 1) / B_COLUMNS;
    b.columns = lesser(left, ((left + blocks - 1) / blocks + TILE - 1) / TILE * TILE);  // of like size
    b.depth = lesser(p->k - b.k0, DEPTH);
    return b;
}
/// The block after `b` of columns up to `end`: the next terms, then the next rows, then the next columns. 0 when it was
/// the last.
static int advance(const ck_product *p, int64_t end, block *b) {
    block next = *b;
    next.k0 += DEPTH;
    if (next.k0 >= p->k) {
        next.k0 = 0;
        next.top = b->bottom;
    }
    if (next.top >= p->m) {
        next.top = 0;
        next.j0 += b->columns;
    }
    if (next.j0 >= end) return 0;
    *b = sized(p, end, next);
    return 1;
}
static int is_last(const ck_product *p, const block *b) { return b->k0 + b->depth == p->k; }

/// Columns `from` and after of a block of B as tiles, whatever it is held in; with its last terms those of the second sum.
static void pack_columns_of(
    const ck_product *p, const space *s, const packed *to, const block *b, int64_t from, int64_t columns) {
    int64_t j = b->j0 + from;
    element *out = to->b + from * filled(b->depth);
    if (p->b_type >= CK_BLOCKS) {
        pack_blocks(out, s->room, p, j, columns, b->k0, b->depth);
    } else {
        const char *source = at(p->b, p->b_type, p->transpose_b ? j * p->ldb + b->k0 : b->k0 * p->ldb + j);
        (p->transpose_b ? pack_tiles_turned : pack_tiles)(out, source, p->b_type, p->ldb, columns, b->depth);
    }
    if (p->k2 == 0 || !is_last(p, b)) return;
    const char *second = at(p->b2, p->b2_type, p->transpose_b ? j * p->ldb2 : j);
    (p->transpose_b ? pack_tiles_turned : pack_tiles)(
        to->b2 + from * filled(p->k2), second, p->b2_type, p->ldb2, columns, p->k2);
}

/// Rows i0 and after of a block.
static void multiply_block(
    const ck_product *p, const space *s, const packed *with, const block *b, int64_t i0, int64_t rows) {
    int in_place = p->c_type == CK_F32, last = is_last(p, b);
    char *c = (char *)p->c + (i0 * p->ldc + b->j0) * (in_place ? 4 : 2);
    float *sums = with->sums + (i0 - b->top) * B_COLUMNS;
    target to = {.c = c, .c_type = p->c_type, .ldc = p->ldc, .beta = 1};
    if (!last && !in_place) to = (target){.c = (char *)sums, .ldc = B_COLUMNS, .beta = 1};
    if (b->k0 > 0) {
        to.d = in_place ? (const float *)c : sums;
        to.ldd = in_place ? p->ldc : B_COLUMNS;
    } else if (p->beta != 0) {
        to.d = (const float *)c;
        to.ldd = p->ldc;
        to.beta = p->beta;
    }
    factors f = {
        .b = with->b, .steps = filled(b->depth) / STEP, .a2 = s->a2, .b2 = with->b2, .steps2 = filled(p->k2) / STEP};
    multiply_rows(p, s, f, to, i0, rows, b->k0, b->depth, b->j0, b->columns, last);
}

/// All rows of some columns, by one thread.
static void some_columns(const void *args, int64_t begin, int64_t end) {
    const ck_product *p = args;
    float *memory;
    size_t words = words_of(packed_elements(p));
    space s = take_space(p, words + sums_of(p), &memory);
    packed own = take_packed(memory, memory + words);
    block b = sized(p, end, (block){.j0 = begin});
    begin_tiles();
    do {
        pack_columns_of(p, &s, &own, &b, 0, b.columns);
        for (int64_t i0 = b.top; i0 < b.bottom; i0 += A_ROWS)
            multiply_block(p, &s, &own, &b, i0, lesser(b.bottom - i0, A_ROWS));
    } while (advance(p, end, &b));
    end_tiles();
}

/// Rows of one block, and the packing of the next: tasks 0 to `strips` and the `packs` after them.
typedef struct {
    const ck_product *p;
    packed now, then;
    block block, next;
    int64_t strip, strips, packs;
} shared;

static void some_tasks(const void *args, int64_t begin, int64_t end) {
    const shared *s = args;
    space own = take_space(s->p, 0, NULL);
    if (begin < s->strips) begin_tiles();
    for (int64_t i = begin; i < end; i++) {
        if (i < s->strips) {
            int64_t i0 = s->block.top + i * s->strip;
            multiply_block(s->p, &own, &s->now, &s->block, i0, lesser(s->block.bottom - i0, s->strip));
        } else {
            int64_t from = (i - s->strips) * PACKED_TOGETHER;
            pack_columns_of(
                s->p, &own, &s->then, &s->next, from, lesser(s->next.columns - from, PACKED_TOGETHER));
        }
    }
    if (begin < s->strips) end_tiles();
}

/// All of C, B shared by the threads.
static void run_shared(const ck_product *p) {
    size_t words = words_of(packed_elements(p));
    float *memory = ck_workspace(CK_SLOT_SHARED, 2 * words + sums_of(p)), *sums = memory + 2 * words;
    shared s = {.p = p, .now = take_packed(memory, sums), .then = take_packed(memory + words, sums)};
    s.strip = lesser(A_ROWS, ((p->m - 1) / (8 * ck_threads()) / ROWS + 1) * ROWS);
    s.next = sized(p, p->n, (block){0});
    int more = 1;
    for (int begun = 0;; begun = 1) {
        s.strips = begun ? (s.block.bottom - s.block.top + s.strip - 1) / s.strip : 0;
        s.packs = more ? (s.next.columns + PACKED_TOGETHER - 1) / PACKED_TOGETHER : 0;
        ck_parallel_tasks(s.strips + s.packs, some_tasks, &s);
        if (!more) return;
        packed b = s.now;
        s.now = s.then;
        s.then = b;
        s.block = s.next;
        more = advance(p, p->n, &s.next);
    }
}

/// 0 when the product asks for something that is not done here.
static int run_product(const ck_product *p) {
    if (p->k2 > A2_DEPTH || p->k <= 0 || (p->c_type != CK_F32 && p->beta != 0)) return 0;
    if (p->m <= 0 || p->n <= 0) return 1;
    if (run_thin(p)) return 1;
    int64_t threads = ck_threads();
    // Below some ten microseconds of work, waking a thread costs more than it gives.
    if (threads == 1 || p->m * p->n * p->k < 400000) {
        some_columns(p, 0, p->n);
    } else if (p->m >= 4 * ROWS * threads || (p->m > p->n && p->m >= 2 * ROWS)) {
        run_shared(p);
    } else {
        // Every part packs all rows of A anew.
        int64_t part = (p->n / (3 * threads) + TILE - 1) / TILE * TILE;
        if (part < 4 * TILE) part = (p->n / threads + TILE - 1) / TILE * TILE;
        ck_parallel_parts(p->n, part < TILE ? TILE : lesser(part, B_COLUMNS), some_columns, p);
    }
    return 1;
}
