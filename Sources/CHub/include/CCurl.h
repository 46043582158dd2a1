// One HTTP GET at a time over the libcurl that is on the machine, read piece by piece. The library is opened when the
// first transfer starts: the program needs no header and no package of it to be built, and starts without it.
#ifndef CCURL_H
#define CCURL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ccurl_transfer ccurl_transfer;

enum {
    /// Nothing new within the time given.
    CCURL_WAITING = 0,
    /// Bytes of the body wait to be taken.
    CCURL_BODY = 1,
    /// The transfer is over and every byte has been taken.
    CCURL_DONE = 2,
    /// It broke: `ccurl_error` says why. Every byte that came has been taken.
    CCURL_FAILED = 3,
};

/// Why libcurl cannot be used here, or NULL.
const char *ccurl_problem(void);

/// A GET of `url` (http or https, nothing else) with the header lines given, for example "Accept: application/json".
/// Redirects are not followed. A compressed body is decoded. `ca_file` may be NULL. NULL when memory is short.
ccurl_transfer *ccurl_open(
    const char *url, const char *const *headers, size_t header_count, const char *ca_file, long connect_milliseconds);

/// Goes on with the transfer for at most `milliseconds`. The sender waits while bytes are not taken.
int ccurl_step(ccurl_transfer *transfer, int milliseconds);

/// Moves up to `capacity` bytes of the body into `buffer`; returns how many.
size_t ccurl_take(ccurl_transfer *transfer, void *buffer, size_t capacity);

/// The status line and headers of the response, `length` bytes; complete once a byte of the body came, or at the end.
const char *ccurl_head(const ccurl_transfer *transfer, size_t *length);

/// libcurl's number for what went wrong, and its words.
int ccurl_error(const ccurl_transfer *transfer);
const char *ccurl_error_text(const ccurl_transfer *transfer);

void ccurl_close(ccurl_transfer *transfer);

#endif
