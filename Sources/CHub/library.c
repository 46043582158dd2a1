#include "library.h"
#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static struct curl_library library;
static const char *problem = NULL;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *opened(void) {
    static const char *const names[] = {
        "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib", "/usr/lib/libcurl.4.dylib", "libcurl.so",
    };
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        void *handle = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
        if (handle) return handle;
    }
    return NULL;
}

static void load(void) {
    void *handle = opened();
    if (!handle) {
        problem = "libcurl is not installed (on Debian: apt-get install libcurl4)";
        return;
    }
    const struct {
        void **place;
        const char *name;
    } functions[] = {
        {(void **)&library.global_init, "curl_global_init"},
        {(void **)&library.easy_init, "curl_easy_init"},
        {(void **)&library.easy_setopt, "curl_easy_setopt"},
        {(void **)&library.easy_pause, "curl_easy_pause"},
        {(void **)&library.easy_strerror, "curl_easy_strerror"},
        {(void **)&library.easy_cleanup, "curl_easy_cleanup"},
        {(void **)&library.multi_init, "curl_multi_init"},
        {(void **)&library.multi_add, "curl_multi_add_handle"},
        {(void **)&library.multi_remove, "curl_multi_remove_handle"},
        {(void **)&library.multi_perform, "curl_multi_perform"},
        // Unlike curl_multi_wait it waits also while there is no socket yet; it is there since 7.66 (2019).
        {(void **)&library.multi_wait, "curl_multi_poll"},
        {(void **)&library.multi_info_read, "curl_multi_info_read"},
        {(void **)&library.multi_cleanup, "curl_multi_cleanup"},
        {(void **)&library.list_append, "curl_slist_append"},
        {(void **)&library.list_free, "curl_slist_free_all"},
    };
    for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
        *functions[index].place = dlsym(handle, functions[index].name);
        if (!*functions[index].place) {
            problem = "the libcurl on this machine is older than version 7.66; install a newer one";
            return;
        }
    }
    if (library.global_init(CURL_GLOBAL_ALL) != 0) problem = "libcurl could not be started";
}

const struct curl_library *curl_library(void) {
    pthread_once(&once, load);
    return problem ? NULL : &library;
}

const char *ccurl_problem(void) {
    curl_library();
    return problem;
}
