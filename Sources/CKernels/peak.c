#include "internal.h"

// The most multiply-adds the processor does: twelve chains of them that never leave the registers.

enum { CHAINS = 12 };

#define CHAINS_OF(name, type, zero, set, step, drop)                           \
    static float name(int64_t rounds) {                                        \
        type sum[CHAINS], x = set(1e-9f), y = set(0.5f);                       \
        for (int i = 0; i < CHAINS; i++) sum[i] = zero;                        \
        for (int64_t r = 0; r < rounds; r++) {                                 \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) sum[i] = step(sum[i], x, y); \
            drop(sum[0], x);                                                   \
        }                                                                      \
        type all = zero;                                                       \
        for (int i = 0; i < CHAINS; i++) all += sum[i];                        \
        return all[0];                                                         \
    }

typedef float four __attribute__((vector_size(16)));
#define SET_FOUR(v) ((four){v, v, v, v})
#define STEP_PLAIN(s, x, y) ((s) + (x) * (y))
// The factor changes for all the compiler knows, or it would do nothing but add.
#if defined(__x86_64__)
#define DROP_X86(s, x) __asm__ volatile("" : "+v"(x), "+v"(s))
#define DROP_FOUR(s, x) __asm__ volatile("" : "+x"(x), "+x"(s))
#elif defined(__aarch64__)
#define DROP_FOUR(s, x) __asm__ volatile("" : "+w"(x), "+w"(s))
#else
#define DROP_FOUR(s, x) __asm__ volatile("" : : : "memory")
#endif
CHAINS_OF(portable_chains, four, (four){}, SET_FOUR, STEP_PLAIN, DROP_FOUR)

#if defined(__x86_64__)
#include <immintrin.h>

#define FMA_256(s, x, y) _mm256_fmadd_ps(x, y, s)
#define FMA_512(s, x, y) _mm512_fmadd_ps(x, y, s)
#define DOTS_512(s, x, y) _mm512_dpbf16_ps(s, (__m512bh)(x), (__m512bh)(y))
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
CHAINS_OF(chains_256, __m256, _mm256_setzero_ps(), _mm256_set1_ps, FMA_256, DROP_X86)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bf16"))), apply_to = function)
CHAINS_OF(chains_512, __m512, _mm512_setzero_ps(), _mm512_set1_ps, FMA_512, DROP_X86)
CHAINS_OF(chains_bf16, __m512, _mm512_setzero_ps(), _mm512_set1_ps, DOTS_512, DROP_X86)
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16"))), apply_to = function)
#include "amx.h"
/// Twelve multiplications of tiles a round, four sums in turn; returns the multiplications and additions.
static int64_t tile_chains(int64_t rounds) {
    begin_tiles();
    for (int64_t r = 0; r < rounds; r++) {
        for (int i = 0; i < CHAINS / 4; i++) {
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
    end_tiles();
    return rounds * CHAINS * 2 * 16 * 16 * 32;
}
#pragma clang attribute pop
#endif

int64_t ck_peak_work(int bf16, int64_t rounds) {
    volatile float result;
    int64_t chains = rounds * CHAINS * 2;
#if defined(__x86_64__)
    int isa = ck_isa();
    if (isa == CK_ISA_AMX) return tile_chains(rounds) / (bf16 ? 1 : 6);  // product_thirds.c
    if (bf16 && isa == CK_ISA_AVX512BF16) {
        result = chains_bf16(rounds);
        return chains * 32;
    }
    if (isa >= CK_ISA_AVX512) {
        result = chains_512(rounds);
        return chains * 16;
    }
    if (isa >= CK_ISA_AVX2) {
        result = chains_256(rounds);
        return chains * 8;
    }
#else
    (void)bf16;
#endif
    result = portable_chains(rounds);
    (void)result;
    return chains * 4;
}
