#include "internal.h"

// What every compiler target can run.
#define TABLE ck_table_portable
enum { MR = 2, NR = 1 };  // register tile of a product: rows, vectors
#include "body_vector.h"
#include "body_elements.h"
#include "body_norms.h"
#include "body_activations.h"
#include "body_attention.h"
#include "body_table.h"
