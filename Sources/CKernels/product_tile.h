// What a tile of the product reads and where it goes, for body_tile.h and tile_amx.h.
typedef struct {
    const element *a, *b;  // rows of A, a_stride apart; a tile of B
    int64_t a_stride, steps;
    const element *a2, *b2;  // of the second sum, rows a2_stride apart; no steps where there is none
    int64_t a2_stride, steps2;
    int b_type, b2_type;  // what B was held in before it was packed
    void *c;
    int c_type;
    int64_t ldc;
    const float *d;  // where the sum goes on from, NULL for zero
    int64_t ldd;
    const float *bias;
    int rows;         // of ROWS that exist
    int64_t columns;  // of the tile that exist
    float alpha, beta;
} tile;
