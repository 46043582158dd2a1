// The few functions and numbers of libcurl that are used. Its binary interface is stable since version 7.16 (2006).
#ifndef CCURL_LIBRARY_H
#define CCURL_LIBRARY_H

#include <stddef.h>

typedef struct {
    int message;
    void *easy;
    union {
        void *whatever;
        int result;
    } data;
} curl_message;

struct curl_library {
    int (*global_init)(long flags);
    void *(*easy_init)(void);
    int (*easy_setopt)(void *easy, int option, ...);
    int (*easy_pause)(void *easy, int mask);
    const char *(*easy_strerror)(int code);
    void (*easy_cleanup)(void *easy);
    void *(*multi_init)(void);
    int (*multi_add)(void *multi, void *easy);
    int (*multi_remove)(void *multi, void *easy);
    int (*multi_perform)(void *multi, int *running);
    int (*multi_wait)(void *multi, void *extra, unsigned count, int milliseconds, int *ready);
    curl_message *(*multi_info_read)(void *multi, int *left);
    int (*multi_cleanup)(void *multi);
    void *(*list_append)(void *list, const char *text);
    void (*list_free)(void *list);
};

enum {
    CURL_OPT_CONNECTTIMEOUT_MS = 156,
    CURL_OPT_BUFFERSIZE = 98,
    CURL_OPT_FOLLOWLOCATION = 52,
    CURL_OPT_NOPROGRESS = 43,
    CURL_OPT_NOSIGNAL = 99,
    CURL_OPT_PROTOCOLS = 181,
    CURL_OPT_SUPPRESS_CONNECT_HEADERS = 265,
    CURL_OPT_TCP_KEEPALIVE = 213,
    CURL_OPT_WRITEDATA = 10001,
    CURL_OPT_URL = 10002,
    CURL_OPT_ERRORBUFFER = 10010,
    CURL_OPT_HTTPHEADER = 10023,
    CURL_OPT_HEADERDATA = 10029,
    CURL_OPT_CAINFO = 10065,
    CURL_OPT_ACCEPT_ENCODING = 10102,
    CURL_OPT_WRITEFUNCTION = 20011,
    CURL_OPT_HEADERFUNCTION = 20079,
    CURL_PROTO_HTTP_AND_HTTPS = 1 | 2,
    CURL_MESSAGE_DONE = 1,
    CURL_GLOBAL_ALL = 3,
};

#define CURL_WRITE_PAUSE 0x10000001
#define CURL_ERROR_LENGTH 256

/// NULL when libcurl cannot be opened; `ccurl_problem` says why.
const struct curl_library *curl_library(void);

#endif
