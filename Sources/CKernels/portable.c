#include "internal.h"

// What every compiler target can run; on ARM this is the NEON set, since there NEON is the baseline.
#define TABLE ck_table_portable
#if defined(__aarch64__)
enum { MR = 6, NR = 1 };  // register tile of a product: rows, vectors
#else
enum { MR = 2, NR = 1 };
#endif
#include "body_vector.h"
#include "body_elements.h"
#include "body_norms.h"
#include "body_activations.h"
#include "body_attention.h"
#include "body_table.h"
