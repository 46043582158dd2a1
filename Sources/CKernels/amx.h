// The tile registers of AMX: eight of 16 rows of 64 bytes; one instruction multiplies 16 rows of 32 BF16 terms with 16
// columns of them. A thread sets the shape of its registers before it uses them and gives them up afterwards, or every
// switch of threads would carry 8 KiB more. Included inside a target attribute.
//
// All products here have 32 x 32 sums in registers 0 to 3, A in 4 and 5, B in 6 and 7.

static inline void begin_tiles(void) {
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        shape.bytes[i] = 64;
        shape.rows[i] = 16;
    }
    _tile_loadconfig(&shape);
}
static inline void end_tiles(void) { _tile_release(); }

/// Adds `pairs` pairs of terms, a multiple of 16, to the sums. Rows of A are `a_stride` bytes apart, 32 terms of a row
/// `a_step` bytes after those before. Rows of a tile of B are `b_stride` bytes apart, columns 16 to 31 `b_right` bytes
/// after the first. The last two arguments say whether there are more than 16 rows and columns.
#define ADD_TERMS(a, a_stride, a_step, b, b_stride, b_right, pairs, two_rows, two_columns) \
    do {                                                                                   \
        const char *from_a = (const char *)(a), *from_b = (const char *)(b);               \
        const int64_t a_rows = (a_stride), a_next = (a_step), count = (pairs);             \
        for (int64_t k = 0; k < count; k += 16, from_a += a_next, from_b += 2048) {        \
            _tile_loadd(6, from_b, b_stride);                                              \
            _tile_loadd(4, from_a, a_rows);                                                \
            _tile_dpbf16ps(0, 4, 6);                                                       \
            if (two_rows) {                                                                \
                _tile_loadd(5, from_a + 16 * a_rows, a_rows);                              \
                _tile_dpbf16ps(2, 5, 6);                                                   \
            }                                                                              \
            if (two_columns) {                                                             \
                _tile_loadd(7, from_b + (b_right), b_stride);                              \
                _tile_dpbf16ps(1, 4, 7);                                                   \
                if (two_rows) _tile_dpbf16ps(3, 5, 7);                                     \
            }                                                                              \
        }                                                                                  \
    } while (0)
/// With B as pairs of 32 columns, 128 bytes each.
#define ADD_WIDE_TERMS(a, a_stride, a_step, b, pairs) ADD_TERMS(a, a_stride, a_step, b, 128, 64, pairs, 1, 1)

/// The sums from or to memory, rows of floats `stride` bytes apart.
#define EACH_TILE(operation, memory, stride, two_rows, two_columns)                                \
    do {                                                                                           \
        operation(0, (char *)(memory), stride);                                                    \
        if (two_columns) operation(1, (char *)(memory) + 64, stride);                              \
        if (two_rows) operation(2, (char *)(memory) + 16 * (stride), stride);                      \
        if (two_rows && two_columns) operation(3, (char *)(memory) + 16 * (stride) + 64, stride); \
    } while (0)
#define TAKE(number, from, stride) _tile_loadd(number, from, stride)
#define PUT(number, to, stride) _tile_stored(number, to, stride)
#define CLEAR_SUMS()     \
    do {                 \
        _tile_zero(0);   \
        _tile_zero(1);   \
        _tile_zero(2);   \
        _tile_zero(3);   \
    } while (0)
