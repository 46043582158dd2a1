// Activations alone, before a product with another branch, and at the end of a model: soft caps and cross entropy.

// The value at x and its slope; `kind` is a constant wherever this is expanded.
INLINE vf activation_of(int kind, vf x, vf *slope) {
    vf y, s, bell;
    switch (kind) {
    case CK_SILU:
        s = sigmoid(x);
        y = x * s;
        *slope = s + y * (1.0f - s);
        return y;
    case CK_GELU:
        s = normal_distribution(x, &bell);
        *slope = s + x * bell * 0.398942280401432678f;
        return x * s;
    case CK_GELU_TANH:  // (1 + tanh u)/2 = σ(2u) with u = √(2/π)·(x + 0.044715x³)
        s = sigmoid(1.59576912160573071f * (x + 0.044715f * x * x * x));
        y = x * s;
        *slope = s + y * (1.0f - s) * (1.59576912160573071f * (1.0f + 0.134145f * x * x));
        return y;
    case CK_QUICK_GELU:
        s = sigmoid(1.702f * x);
        y = x * s;
        *slope = s + 1.702f * y * (1.0f - s);
        return y;
    case CK_RELU:  // so that NaN stays NaN
        *slope = choose(x <= 0.0f, (vf){}, splat(1.0f));
        return choose(x <= 0.0f, (vf){}, x);
    default:  // CK_RELU_SQUARED
        y = choose(x <= 0.0f, (vf){}, x);
        *slope = 2.0f * y;
        return y * y;
    }
}

// One loop for each kind, chosen outside of it.
#define BY_KIND(kind, loop)                                \
    switch (kind) {                                        \
    case CK_SILU: loop(CK_SILU); break;                    \
    case CK_GELU: loop(CK_GELU); break;                    \
    case CK_GELU_TANH: loop(CK_GELU_TANH); break;          \
    case CK_QUICK_GELU: loop(CK_QUICK_GELU); break;        \
    case CK_RELU: loop(CK_RELU); break;                    \
    default: loop(CK_RELU_SQUARED); break;                 \
    }

// out = act(a)
static void activation_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    vf slope;
#define LOOP(k) SWEEP(begin, end, put(a->out + i, activation_of(k, get(a->a + i, rest), &slope), rest);)
    BY_KIND(a->kind, LOOP)
#undef LOOP
}
// out (+)= c · act'(a)
static void activation_backward_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    vf slope;
#define LOOP(k)                                                                  \
    SWEEP(begin, end, (void)activation_of(k, get(a->a + i, rest), &slope);       \
          vf g = get(a->c + i, rest) * slope;                                    \
          put(a->out + i, a->flag ? get(a->out + i, rest) + g : g, rest);)
    BY_KIND(a->kind, LOOP)
#undef LOOP
}
// out = act(a) · b, all of `type`
INLINE void gated_of(const ck_args *a, int64_t begin, int64_t end, int type) {
    vf slope;
#define LOOP(k)                                                                     \
    SWEEP(begin, end, vf value = activation_of(k, get_as(a->a, type, i, rest), &slope); \
          put_as(a->out, type, i, value * get_as(a->b, type, i, rest), rest);)
    BY_KIND(a->kind, LOOP)
#undef LOOP
}
static void gated_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    if (a->type == CK_F32) gated_of(a, begin, end, CK_F32);
    else gated_of(a, begin, end, CK_BF16);
}
// a = gate, b = up, out = dgate, out2 = dup of `type`, c = dy of `dy_type`
INLINE void gated_backward_of(const ck_args *a, int64_t begin, int64_t end, int type, int dy_type) {
    vf slope;
#define LOOP(k)                                                                                        \
    SWEEP(begin, end, vf value = activation_of(k, get_as(a->a, type, i, rest), &slope);                \
          vf dy = get_as(a->c, dy_type, i, rest); vf up = get_as(a->b, type, i, rest);                 \
          put_as(a->out, type, i, dy * up * slope, rest); put_as(a->out2, type, i, dy * value, rest);)
    BY_KIND(a->kind, LOOP)
#undef LOOP
}
// flag = type of dy
static void gated_backward_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    if (a->type == CK_F32) gated_backward_of(a, begin, end, CK_F32, CK_F32);
    else if (a->flag == CK_F32) gated_backward_of(a, begin, end, CK_BF16, CK_F32);
    else gated_backward_of(a, begin, end, CK_BF16, CK_BF16);
}

INLINE vf capped(vf x, float cap) { return cap * hyperbolic_tangent(x / cap); }
// The slope of the cap from its result. Never negative, so that a hidden score (−3e38) has slope zero.
INLINE vf cap_slope(vf y, float cap) {
    vf t = y / cap;
    return maximum(1.0f - t * t, (vf){});
}
// out = cap · tanh(a / cap)
static void soft_cap_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    SWEEP(begin, end, put(a->out + i, capped(get(a->a + i, rest), a->alpha), rest););
}
// out = c · (1 − (a / cap)²), a being the capped values
static void soft_cap_backward_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    SWEEP(begin, end, put(a->out + i, get(a->c + i, rest) * cap_slope(get(a->a + i, rest), a->alpha), rest););
}

// The largest of a row; NaN when one is, since a NaN never wins a comparison.
INLINE float largest_of(const float *x, int64_t width) {
    vf most = splat(-INFINITY);
    vi strange = {};
    int64_t i = 0;
    for (; i + W <= width; i += W) {
        vf v = load(x + i);
        most = maximum(v, most);
        strange |= v != v;
    }
    float m = largest(most);
    for (; i < width; i++) {
        m = x[i] > m ? x[i] : m;
        if (x[i] != x[i]) strange[0] = -1;
    }
    for (int lane = 0; lane < W; lane++)
        if (strange[lane]) m = NAN;
    return m;
}

// out = logits, `stride` apart, out2 = losses, flag = gradient wanted, type = its type, alpha = soft cap or 0
static void cross_entropy_range(const void *context, int64_t begin, int64_t end) {
    const ck_args *a = context;
    int64_t width = a->width;
    float cap = a->alpha;
    for (int64_t r = begin; r < end; r++) {
        float *x = a->out + r * a->stride;
        int32_t target = a->ids[r];
        if (target < 0) {
            a->out2[r] = 0;
            if (a->flag) memset(x, 0, (size_t)width * (a->type == CK_F32 ? 4 : 2));
            continue;
        }
        if (cap > 0) SWEEP(0, width, put(x + i, capped(get(x + i, rest), cap), rest););
        float m = largest_of(x, width), at_target = x[target];
        // Under a cap the logits are needed again for its slope, so exponentials are taken twice and not kept.
        int keeps = a->flag && !(cap > 0);
        vf total = {};
        SWEEP(0, width, vf e = keep_first(exponential(get(x + i, rest) - m), rest); total += e;
              if (keeps) put(x + i, e, rest););
        float all = sum(total);
        a->out2[r] = logf(all) - (at_target - m);
        if (!a->flag) continue;
        float inverse = 1.0f / all, slope = cap > 0 ? cap_slope(splat(at_target), cap)[0] : 1.0f;
        float there = (keeps ? x[target] * inverse : exponential(splat(at_target - m))[0] * inverse * slope) - slope;
        // In 16 bits what is written lies behind what is still read.
#define LOOP(type)                                                                                 \
    if (keeps) SWEEP(0, width, put_as(x, type, i, get(x + i, rest) * inverse, rest););             \
    else SWEEP(0, width, vf y = get(x + i, rest);                                                  \
               put_as(x, type, i, exponential(y - m) * inverse * cap_slope(y, cap), rest););       \
    put_as(x, type, target, splat(there), 1);
        if (a->type == CK_F32) {
            LOOP(CK_F32)
        } else {
            LOOP(CK_BF16)
        }
#undef LOOP
    }
}
