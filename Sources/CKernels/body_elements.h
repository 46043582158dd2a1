// Operations on one element, or one row, at a time.

#define EACH(begin, end, whole, part)                  \
    do {                                               \
        int64_t i = (begin);                           \
        for (; i + W <= (end); i += W) { whole }       \
        if (i < (end)) {                               \
            int64_t rest = (end) - i;                  \
            part                                       \
        }                                              \
    } while (0)

static void widen_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    EACH(begin, end, store(a->out + i, widen_one(a->raw, a->type, i));,
         store_some(a->out + i, widen_some(a->raw, a->type, i, rest), rest););
}

INLINE uint16_t f16_bits(float x) {
    uint32_t u;
    memcpy(&u, &x, 4);
    uint32_t sign = (u >> 16) & 0x8000;
    u &= 0x7fffffff;
    if (u > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (u >= 0x477ff000) return (uint16_t)(sign | 0x7c00);  // rounds to 65536 or more
    if (u < 0x38800000) {                                   // subnormal: count units of 2^-24, ties to even
        float magnitude;
        memcpy(&magnitude, &u, 4);
        float shifted = magnitude * 0x1p24f + 12582912.0f;
        uint32_t bits;
        memcpy(&bits, &shifted, 4);
        return (uint16_t)(sign | (bits - 0x4b400000));
    }
    u += 0xc8000000u + 0xfff + ((u >> 13) & 1);  // exponent from bias 127 to 15
    return (uint16_t)(sign | (u >> 13));
}
static void narrow_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    char *out = (char *)a->out;
    if (a->type == CK_F32) {
        memcpy(out + 4 * begin, a->a + begin, (size_t)(end - begin) * 4);
        return;
    }
    if (a->type == CK_BF16) {
        SWEEP(begin, end, put_as(out, CK_BF16, i, get(a->a + i, rest), rest););
        return;
    }
    for (int64_t i = begin; i < end; i++) {
        uint16_t h = f16_bits(a->a[i]);
        memcpy(out + 2 * i, &h, 2);
    }
}

static void fill_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    vf value = splat(a->alpha);
    EACH(begin, end, store(a->out + i, value);, store_some(a->out + i, value, rest););
}
static void add_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    EACH(begin, end, store(a->out + i, load(a->a + i) + load(a->b + i));,
         store_some(a->out + i, load_some(a->a + i, rest) + load_some(a->b + i, rest), rest););
}
static void multiply_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    EACH(begin, end, store(a->out + i, load(a->a + i) * load(a->b + i));,
         store_some(a->out + i, load_some(a->a + i, rest) * load_some(a->b + i, rest), rest););
}
static void axpy_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    EACH(begin, end, store(a->out + i, load(a->out + i) + load(a->a + i) * a->alpha);,
         store_some(a->out + i, load_some(a->out + i, rest) + load_some(a->a + i, rest) * a->alpha, rest););
}
static void scale_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    EACH(begin, end, store(a->out + i, load(a->a + i) * a->alpha);,
         store_some(a->out + i, load_some(a->a + i, rest) * a->alpha, rest););
}

// One partial sum for each block of CK_SUM_BLOCK elements.
static void sum_of_squares_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t block = begin; block < end; block++) {
        int64_t from = block * CK_SUM_BLOCK, to = from + CK_SUM_BLOCK < a->n ? from + CK_SUM_BLOCK : a->n;
        vd total = {};
        EACH(from, to, vd x = __builtin_convertvector(load(a->a + i), vd); total += x * x;,
             vd x = __builtin_convertvector(load_some(a->a + i, rest), vd); total += x * x;);
        double t = 0;
        for (int lane = 0; lane < W; lane++) t += total[lane];
        a->sums[block] = t;
    }
}

static void add_row_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t r = begin; r < end; r++) {
        float *y = a->out + r * a->width;
        EACH(0, a->width, store(y + i, load(y + i) + load(a->a + i));,
             store_some(y + i, load_some(y + i, rest) + load_some(a->a + i, rest), rest););
    }
}

// A range of columns, all rows in order: the sum does not depend on how columns are shared out.
static void column_sums_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t c = begin; c < end; c += W) {
        int64_t rest = end - c < W ? end - c : W;
        vf total = {};
        for (int64_t r = 0; r < a->rows; r++) {
            const float *x = a->a + r * a->width + c;
            total += rest == W ? load(x) : load_some(x, rest);
        }
        if (a->flag) total += load_some(a->out + c, rest);
        store_some(a->out + c, total, rest);
    }
}

// A bijective mix of 32 bits, twice, with half of the key before each.
INLINE vu mixed(vu h) {
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    h ^= h >> 16;
    return h;
}
INLINE vf dropout_factor(int64_t index, uint32_t key0, uint32_t key1, uint32_t threshold, float keep) {
    const vu lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    vu h = mixed(lanes + (uint32_t)index + key0);
    h = mixed(h ^ (key1 + (uint32_t)(index >> 32)));
    return choose((vi)((h >> 8) >= threshold), splat(keep), (vf){});
}
static void dropout_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    uint32_t threshold = (uint32_t)(a->alpha * 16777216.0f);
    float keep = a->beta;
    EACH(begin, end, vf y = load(a->a + i) * dropout_factor(i, a->key0, a->key1, threshold, keep);
         store(a->out + i, a->flag ? load(a->out + i) + y : y);,
         vf y = load_some(a->a + i, rest) * dropout_factor(i, a->key0, a->key1, threshold, keep);
         store_some(a->out + i, a->flag ? load_some(a->out + i, rest) + y : y, rest););
}

INLINE void adamw_step(const adamw_plan *plan, vf *p, vf *m, vf *v, vf g) {
    const ck_adamw_args *a = plan->args;
    g = g * a->gradient_scale;
    *p = *p * plan->decay;
    *m = *m + (g - *m) * (1.0f - a->beta1);
    *v = *v * a->beta2 + g * g * (1.0f - a->beta2);
    vf denominator = __builtin_elementwise_sqrt(*v) / plan->root_correction + a->epsilon;
    *p = *p - plan->step_size * (*m / denominator);
}
static void adamw_range(const void *context, int64_t begin, int64_t end) {
    const adamw_plan *plan = context;
    const ck_adamw_args *a = plan->args;
    EACH(begin, end,
         vf p = load(a->parameter + i); vf m = load(a->first + i); vf v = load(a->second + i);
         adamw_step(plan, &p, &m, &v, load(a->gradient + i));
         store(a->parameter + i, p); store(a->first + i, m); store(a->second + i, v);,
         vf p = load_some(a->parameter + i, rest); vf m = load_some(a->first + i, rest);
         vf v = load_some(a->second + i, rest);
         adamw_step(plan, &p, &m, &v, load_some(a->gradient + i, rest));
         store_some(a->parameter + i, p, rest); store_some(a->first + i, m, rest);
         store_some(a->second + i, v, rest););
}

static void gather_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    size_t size = a->type == CK_F32 ? 4 : 2;
    for (int64_t r = begin; r < end; r++) {
        ck_args row = {.out = a->out + r * a->width, .type = a->type};
        row.raw = (const char *)a->raw + (size_t)a->ids[r] * (size_t)a->width * size;
        widen_range(&row, 0, a->width);
    }
}
static void scatter_add_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t r = 0; r < a->rows; r++) {
        float *to = a->out + (int64_t)a->ids[r] * a->width;
        const float *from = a->a + r * a->width;
        EACH(begin, end, store(to + i, load(to + i) + load(from + i));,
             store_some(to + i, load_some(to + i, rest) + load_some(from + i, rest), rest););
    }
}

// a = x, b = cosines, c = sines, alpha = direction
static void rope_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    int64_t half = a->half, width = a->width;
    for (int64_t r = begin; r < end; r++) {
        const float *cosine = a->b + (int64_t)a->ids[r] * half, *sine = a->c + (int64_t)a->ids[r] * half;
        for (int64_t h = 0; h < a->heads; h++) {
            const float *x = a->a + (r * a->heads + h) * width;
            float *y = a->out + (r * a->heads + h) * width;
            EACH(0, half, vf p = load(x + i); vf q = load(x + half + i); vf c = load(cosine + i);
                 vf s = load(sine + i) * a->alpha; store(y + i, p * c - q * s); store(y + half + i, q * c + p * s);,
                 vf p = load_some(x + i, rest); vf q = load_some(x + half + i, rest);
                 vf c = load_some(cosine + i, rest); vf s = load_some(sine + i, rest) * a->alpha;
                 store_some(y + i, p * c - q * s, rest); store_some(y + half + i, q * c + p * s, rest););
            if (y != x)
                for (int64_t i = 2 * half; i < width; i++) y[i] = x[i];
        }
    }
}

// out = y, a = x, raw = weight (rows of W are the range), width = in, n = out, rows <= 4
INLINE void gemv_rows(const ck_args *a, int64_t begin, int64_t end, int64_t first, int64_t rows) {
    int64_t width = a->width;
    size_t size = a->type == CK_F32 ? 4 : 2;
    for (int64_t o = begin; o < end; o++) {
        const char *w = (const char *)a->raw + (size_t)o * (size_t)width * size;
        vf t0[4] = {}, t1[4] = {};
        int64_t i = 0;
        for (; i + 2 * W <= width; i += 2 * W) {
            vf w0 = widen_one(w, a->type, i), w1 = widen_one(w, a->type, i + W);
            for (int64_t r = 0; r < rows; r++) {
                const float *x = a->a + (first + r) * width + i;
                t0[r] += w0 * load(x);
                t1[r] += w1 * load(x + W);
            }
        }
        for (; i < width; i += W) {
            int64_t rest = width - i < W ? width - i : W;
            vf w0 = widen_some(w, a->type, i, rest);
            for (int64_t r = 0; r < rows; r++) t0[r] += w0 * load_some(a->a + (first + r) * width + i, rest);
        }
        for (int64_t r = 0; r < rows; r++) {
            float *y = a->out + (first + r) * a->n + o;
            float value = sum(t0[r] + t1[r]);
            *y = a->beta == 0 ? value : *y * a->beta + value;
        }
    }
}
static void gemv_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    for (int64_t first = 0; first < a->rows; first += 4) {
        switch (a->rows - first) {
        case 1: gemv_rows(a, begin, end, first, 1); break;
        case 2: gemv_rows(a, begin, end, first, 2); break;
        case 3: gemv_rows(a, begin, end, first, 3); break;
        default: gemv_rows(a, begin, end, first, 4); break;
        }
    }
}
