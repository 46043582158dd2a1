#ifndef CSHA256_H
#define CSHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has instructions for SHA-256 that are used.
bool csha256_has_instructions(void);

/// Takes `count` blocks of 64 bytes into the eight words of the state (FIPS 180-4, section 6.2.2).
void csha256_blocks(uint32_t *state, const uint8_t *bytes, size_t count);

/// The same without those instructions.
void csha256_blocks_portable(uint32_t *state, const uint8_t *bytes, size_t count);

#endif
