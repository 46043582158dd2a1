#include "internal.h"

#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi2"))), apply_to = function)
#define TABLE ck_table_avx512
enum { MR = 6, NR = 4 };
#include "body_vector.h"
#include "body_elements.h"
#include "body_norms.h"
#include "body_activations.h"
#include "body_attention.h"
#include "body_table.h"
#pragma clang attribute pop
#endif
