#include "block_layout.h"

#include "nf4.h"

int64_t ck_block_elements(int format) {
    switch (format) {
    case CK_Q4_0: case CK_Q4_1: case CK_Q5_0: case CK_Q5_1: case CK_Q8_0: return SMALL;
    case CK_Q4_K: case CK_Q5_K: case CK_Q6_K: return LARGE;
    case CK_NF4: return NF4_ELEMENTS;
    default: return 0;
    }
}

size_t ck_block_bytes(int format) {
    switch (format) {
    case CK_Q4_0: return 18;
    case CK_Q4_1: return 20;
    case CK_Q5_0: return 22;
    case CK_Q5_1: return 24;
    case CK_Q8_0: return 34;
    case CK_Q4_K: return 144;
    case CK_Q5_K: return 176;
    case CK_Q6_K: return 210;
    case CK_NF4: return NF4_BYTES;
    default: return 0;
    }
}
