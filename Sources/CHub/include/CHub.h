// What Hub needs in C: libcurl's functions take callbacks and arguments of varying type, and the processor hashes
// SHA-256 by instructions of its own.
#ifndef CHUB_H
#define CHUB_H

#include "CCurl.h"
#include "CSHA256.h"

#endif
