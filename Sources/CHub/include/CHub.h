// What Hub needs in C: libcurl's functions take callbacks and arguments of varying type.
#ifndef CHUB_H
#define CHUB_H

#include "CCurl.h"

#endif
