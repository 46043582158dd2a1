// Normalisation of rows, and sums over the rows of a column.

// a = x, b = scale, alpha = epsilon, beta = offset, out2 = inverse
static void rms_norm_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    int64_t width = a->width;
    for (int64_t r = begin; r < end; r++) {
        const float *x = a->a + r * width;
        float *y = a->out + r * width;
        vf total = {};
        SWEEP(0, width, vf v = get(x + i, rest); total += v * v;);
        float inverse = 1.0f / sqrtf(sum(total) / (float)width + a->alpha);
        a->out2[r] = inverse;
        SWEEP(0, width, put(y + i, get(x + i, rest) * inverse * (get(a->b + i, rest) + a->beta), rest););
    }
}
// a = dy, b = scale, c = x or, with `kind`, y, d = inverse, beta = offset
static void rms_norm_backward_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    int64_t width = a->width;
    for (int64_t r = begin; r < end; r++) {
        const float *dy = a->a + r * width, *x = a->c + r * width;
        float *dx = a->out + r * width;
        float inverse = a->d[r];
        vf total = {};
        if (a->kind) {
            // x·inverse = y / w with w = scale + offset, so dy·w·x·inverse = dy·y.
            SWEEP(0, width, total += get(dy + i, rest) * get(x + i, rest););
            float mean = sum(total) / (float)width;
            SWEEP(0, width, vf w = get(a->b + i, rest) + a->beta;
                  vf g = (get(dy + i, rest) * w - get(x + i, rest) / w * mean) * inverse;
                  put(dx + i, a->flag ? get(dx + i, rest) + g : g, rest););
            continue;
        }
        SWEEP(0, width, total += get(dy + i, rest) * (get(a->b + i, rest) + a->beta) * get(x + i, rest););
        float pull = sum(total) * inverse * inverse * inverse / (float)width;
        SWEEP(0, width,
              vf g = get(dy + i, rest) * (get(a->b + i, rest) + a->beta) * inverse - get(x + i, rest) * pull;
              put(dx + i, a->flag ? get(dx + i, rest) + g : g, rest););
    }
}

// a = x, b = scale, c = bias or NULL, alpha = epsilon, out2 = (mean, inverse) of each row. The variance is taken
// around the mean in a second sweep, so rows far from zero lose nothing.
static void layer_norm_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    int64_t width = a->width;
    for (int64_t r = begin; r < end; r++) {
        const float *x = a->a + r * width;
        float *y = a->out + r * width;
        vf total = {};
        SWEEP(0, width, total += get(x + i, rest););
        float mean = sum(total) / (float)width;
        vf spread = {};
        SWEEP(0, width, vf v = keep_first(get(x + i, rest) - mean, rest); spread += v * v;);
        float inverse = 1.0f / sqrtf(sum(spread) / (float)width + a->alpha);
        a->out2[2 * r] = mean;
        a->out2[2 * r + 1] = inverse;
        if (a->c) {
            SWEEP(0, width,
                  put(y + i, (get(x + i, rest) - mean) * inverse * get(a->b + i, rest) + get(a->c + i, rest), rest););
        } else {
            SWEEP(0, width, put(y + i, (get(x + i, rest) - mean) * inverse * get(a->b + i, rest), rest););
        }
    }
}
// a = dy, b = scale, c = x, d = (mean, inverse)
static void layer_norm_backward_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    int64_t width = a->width;
    for (int64_t r = begin; r < end; r++) {
        const float *dy = a->a + r * width, *x = a->c + r * width;
        float *dx = a->out + r * width;
        float mean = a->d[2 * r], inverse = a->d[2 * r + 1];
        vf total = {}, along = {};
        SWEEP(0, width, vf g = get(dy + i, rest) * get(a->b + i, rest); total += g;
              along += g * (get(x + i, rest) - mean););
        float level = sum(total) / (float)width;
        float pull = sum(along) * inverse * inverse / (float)width;
        SWEEP(0, width,
              vf g = (get(dy + i, rest) * get(a->b + i, rest) - level - (get(x + i, rest) - mean) * pull) * inverse;
              put(dx + i, a->flag ? get(dx + i, rest) + g : g, rest););
    }
}

// Columns c … c + 16·vectors of Σ over rows of dy · (x − mean) · inverse. Sums of 256 rows are summed, so that many
// rows lose little, and the order is the same however columns are shared out.
INLINE void column_dots(const ck_args *a, int64_t c, int vectors, int64_t rest) {
    vf total[4] = {};
    for (int64_t block = 0; block < a->rows; block += 256) {
        int64_t stop = block + 256 < a->rows ? block + 256 : a->rows;
        vf part[4] = {};
        for (int64_t r = block; r < stop; r++) {
            const float *dy = a->a + r * a->width + c, *x = a->c + r * a->width + c;
            float inverse = a->d ? a->d[r * a->half + a->half - 1] : 1.0f;
            float mean = a->d && a->half == 2 ? a->d[2 * r] : 0.0f;
            for (int v = 0; v < vectors; v++)
                part[v] += get(dy + v * W, rest) * ((get(x + v * W, rest) - mean) * inverse);
        }
        for (int v = 0; v < vectors; v++) total[v] += part[v];
    }
    for (int v = 0; v < vectors; v++) {
        float *to = a->out + c + v * W;
        put(to, a->flag ? get(to, rest) + total[v] : total[v], rest);
    }
}
// a = dy, c = x, d = nothing, (inverse) or (mean, inverse) of each row, half = numbers a row in d
static void column_dots_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    int64_t c = begin;
    for (; c + 4 * W <= end; c += 4 * W) column_dots(a, c, 4, W);
    for (; c + W <= end; c += W) column_dots(a, c, 1, W);
    if (c < end) column_dots(a, c, 1, end - c);
}

// out (+)= x (rows, width) · b (width) in every row
static void scale_columns_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t r = begin; r < end; r++) {
        const float *x = a->a + r * a->width;
        float *y = a->out + r * a->width;
        SWEEP(0, a->width, vf v = get(x + i, rest) * get(a->b + i, rest);
              put(y + i, a->flag ? get(y + i, rest) + v : v, rest););
    }
}

// Blocks of `width` columns of x (rows, n), the first at `half`, each `stride` after the one before, laid side by side.
static void select_columns_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t r = begin; r < end; r++)
        for (int64_t h = 0; h < a->heads; h++)
            memcpy(
                a->out + (r * a->heads + h) * a->width, a->a + r * a->n + a->half + h * a->stride,
                (size_t)a->width * sizeof(float));
}
// The way back: adds to the selected columns, or (flag 0) writes them and zero between them.
static void place_columns_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t r = begin; r < end; r++) {
        float *row = a->out + r * a->n;
        int64_t done = 0;
        for (int64_t h = 0; h < a->heads; h++) {
            const float *from = a->a + (r * a->heads + h) * a->width;
            int64_t at = a->half + h * a->stride;
            float *to = row + at;
            if (a->flag) {
                SWEEP(0, a->width, put(to + i, get(to + i, rest) + get(from + i, rest), rest););
            } else {
                memset(row + done, 0, (size_t)(at - done) * sizeof(float));
                memcpy(to, from, (size_t)a->width * sizeof(float));
                done = at + a->width;
            }
        }
        if (!a->flag) memset(row + done, 0, (size_t)(a->n - done) * sizeof(float));
    }
}
