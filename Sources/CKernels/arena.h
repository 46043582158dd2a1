#ifndef CK_ARENA_H
#define CK_ARENA_H

#include <stddef.h>
#include <stdint.h>

// Large buffers, cut from segments of address space and joined again with what is free beside them when they come back:
// what activations leave on the way back is then room for gradients, whatever their sizes. Not safe from several
// threads at once: memory.c holds the lock.

/// A 64-byte aligned buffer of at least `bytes`; NULL when the system refuses. Adds one to *fresh when memory is used that
/// never was before.
void *ck_arena_take(size_t bytes, int64_t *fresh);
void ck_arena_give(void *buffer);
/// Gives what is free back to the system.
void ck_arena_trim(void);
/// Bytes that the system has given and not got back, in use or free.
int64_t ck_arena_held(void);

#endif
