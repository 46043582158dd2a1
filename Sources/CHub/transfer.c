#include "CCurl.h"
#include "library.h"

#include <stdlib.h>
#include <string.h>

enum {
    /// Body bytes held at most; beyond, the sender waits.
    BODY_CAPACITY = 512 << 10,
    RECEIVE_SIZE = 128 << 10,
    /// A response with a longer head is refused.
    HEAD_CAPACITY = 256 << 10,
};

struct ccurl_transfer {
    void *easy, *multi, *headers;
    char *body, *head;
    size_t body_start, body_count, head_count;
    bool has_body, is_paused, is_added, is_over;
    int result;
    char text[CURL_ERROR_LENGTH];
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    ccurl_transfer *transfer = context;
    size_t length = size * count;
    transfer->has_body = true;
    if (transfer->body_start > 0) {
        memmove(transfer->body, transfer->body + transfer->body_start, transfer->body_count);
        transfer->body_start = 0;
    }
    if (length > BODY_CAPACITY - transfer->body_count) {
        // libcurl hands the same bytes over again when it goes on. One piece is always smaller than the buffer.
        if (length > BODY_CAPACITY) return 0;
        transfer->is_paused = true;
        return CURL_WRITE_PAUSE;
    }
    memcpy(transfer->body + transfer->body_count, bytes, length);
    transfer->body_count += length;
    return length;
}

static size_t take_head(char *bytes, size_t size, size_t count, void *context) {
    ccurl_transfer *transfer = context;
    size_t length = size * count;
    // Trailers after the body say nothing that is used.
    if (transfer->has_body) return length;
    // An interim response (100 Continue) comes before the one that counts.
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) transfer->head_count = 0;
    if (length > HEAD_CAPACITY - transfer->head_count) return 0;
    memcpy(transfer->head + transfer->head_count, bytes, length);
    transfer->head_count += length;
    return length;
}

ccurl_transfer *ccurl_open(
    const char *url, const char *const *headers, size_t header_count, const char *ca_file, long connect_milliseconds) {
    const struct curl_library *curl = curl_library();
    if (!curl) return NULL;
    ccurl_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer) return NULL;
    transfer->body = malloc(BODY_CAPACITY);
    transfer->head = malloc(HEAD_CAPACITY);
    transfer->easy = curl->easy_init();
    transfer->multi = curl->multi_init();
    if (!transfer->body || !transfer->head || !transfer->easy || !transfer->multi) {
        ccurl_close(transfer);
        return NULL;
    }
    for (size_t index = 0; index < header_count; index++) {
        void *longer = curl->list_append(transfer->headers, headers[index]);
        if (!longer) {
            ccurl_close(transfer);
            return NULL;
        }
        transfer->headers = longer;
    }
    void *easy = transfer->easy;
    curl->easy_setopt(easy, CURL_OPT_ERRORBUFFER, transfer->text);
    curl->easy_setopt(easy, CURL_OPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURL_OPT_NOPROGRESS, 1L);
    curl->easy_setopt(easy, CURL_OPT_PROTOCOLS, (long)CURL_PROTO_HTTP_AND_HTTPS);
    curl->easy_setopt(easy, CURL_OPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(easy, CURL_OPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl->easy_setopt(easy, CURL_OPT_TCP_KEEPALIVE, 1L);
    curl->easy_setopt(easy, CURL_OPT_BUFFERSIZE, (long)RECEIVE_SIZE);
    curl->easy_setopt(easy, CURL_OPT_CONNECTTIMEOUT_MS, connect_milliseconds);
    // Empty: whatever libcurl can decode. A header of ours may ask for less.
    curl->easy_setopt(easy, CURL_OPT_ACCEPT_ENCODING, "");
    curl->easy_setopt(easy, CURL_OPT_HTTPHEADER, transfer->headers);
    curl->easy_setopt(easy, CURL_OPT_WRITEFUNCTION, take_body);
    curl->easy_setopt(easy, CURL_OPT_WRITEDATA, transfer);
    curl->easy_setopt(easy, CURL_OPT_HEADERFUNCTION, take_head);
    curl->easy_setopt(easy, CURL_OPT_HEADERDATA, transfer);
    if (ca_file) curl->easy_setopt(easy, CURL_OPT_CAINFO, ca_file);
    if (curl->easy_setopt(easy, CURL_OPT_URL, url) != 0 || curl->multi_add(transfer->multi, easy) != 0) {
        ccurl_close(transfer);
        return NULL;
    }
    transfer->is_added = true;
    return transfer;
}

/// Lets libcurl work, and notices the end.
static void perform(ccurl_transfer *transfer, const struct curl_library *curl) {
    int running = 0, left = 0;
    if (curl->multi_perform(transfer->multi, &running) != 0) {
        transfer->is_over = true;
        transfer->result = 2;
        return;
    }
    for (curl_message *message; (message = curl->multi_info_read(transfer->multi, &left));) {
        if (message->message != CURL_MESSAGE_DONE) continue;
        transfer->is_over = true;
        transfer->result = message->data.result;
    }
}

int ccurl_step(ccurl_transfer *transfer, int milliseconds) {
    const struct curl_library *curl = curl_library();
    for (int round = 0;; round++) {
        if (transfer->body_count > 0) return CCURL_BODY;
        if (transfer->is_over) return transfer->result == 0 ? CCURL_DONE : CCURL_FAILED;
        if (transfer->is_paused) {
            transfer->is_paused = false;
            curl->easy_pause(transfer->easy, 0);
            if (transfer->body_count > 0) return CCURL_BODY;
        }
        perform(transfer, curl);
        if (transfer->body_count > 0 || transfer->is_over) continue;
        if (round > 0) return CCURL_WAITING;
        curl->multi_wait(transfer->multi, NULL, 0, milliseconds, NULL);
    }
}

size_t ccurl_take(ccurl_transfer *transfer, void *buffer, size_t capacity) {
    size_t count = transfer->body_count < capacity ? transfer->body_count : capacity;
    memcpy(buffer, transfer->body + transfer->body_start, count);
    transfer->body_start += count;
    transfer->body_count -= count;
    if (transfer->body_count == 0) transfer->body_start = 0;
    return count;
}

const char *ccurl_head(const ccurl_transfer *transfer, size_t *length) {
    *length = transfer->head_count;
    return transfer->head;
}

int ccurl_error(const ccurl_transfer *transfer) { return transfer->result; }

const char *ccurl_error_text(const ccurl_transfer *transfer) {
    return transfer->text[0] ? transfer->text : curl_library()->easy_strerror(transfer->result);
}

void ccurl_close(ccurl_transfer *transfer) {
    const struct curl_library *curl = curl_library();
    if (!transfer) return;
    if (transfer->is_added) curl->multi_remove(transfer->multi, transfer->easy);
    if (transfer->easy) curl->easy_cleanup(transfer->easy);
    if (transfer->multi) curl->multi_cleanup(transfer->multi);
    if (transfer->headers) curl->list_free(transfer->headers);
    free(transfer->body);
    free(transfer->head);
    free(transfer);
}
