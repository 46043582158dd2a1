#include "internal.h"

#include <stdlib.h>

// Attention whose products are in BF16, by AMX: rounded where attention_bf16.c rounds.

#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target( \
        "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,bmi2,amx-tile,amx-bf16"))), apply_to = function)

#define MASK_512
#include "body_vector.h"
#include "product_parts.h"

enum { STEP = 2, FLUSHED = 1, DEGREE = 4, UNIT = 16, NARROWEST = 2 };

#include "amx.h"

// Powers below the normal numbers are 0, as BF16 has them: the processor takes a hundred cycles to make one otherwise.
INLINE unsigned begin_attention(void) {
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);  // results and operands
    begin_tiles();
    return before;
}
INLINE void end_attention(unsigned before) {
    end_tiles();
    _mm_setcsr(before);
}

#include "attention_words_bf16.h"

#include "attention_parts.h"
#include "attention_tiles_softmax.h"
#include "attention_tiles_forward.h"
#include "attention_tiles_backward.h"
#include "attention_blocks.h"

#pragma clang attribute pop

int ck_attention_amx(const ck_attention_args *a, int backward) {
    run_attention(a, backward);
    return 1;
}

#else

int ck_attention_amx(const ck_attention_args *a, int backward) {
    (void)a, (void)backward;
    return 0;
}

#endif
