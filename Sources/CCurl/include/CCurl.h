#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <stdint.h>

#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85 or later is needed"
#endif

// Whether a handle is a `void *` or a pointer to a struct differs among libcurl's versions.
typedef CURL *ccurl_easy;
typedef CURLM *ccurl_multi;

// libcurl's setters and getters are variadic, which Swift does not import. One function per type of argument; the
// option decides which of them is right, as libcurl's documentation of the option says.

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, int64_t value) {
    return curl_easy_setopt(easy, option, (curl_off_t)value);
}

// NULL returns the option to its default.
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *list) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}

// For both received headers and received bodies.
typedef size_t (*ccurl_receive)(char *bytes, size_t size, size_t count, void *context);
static inline void ccurl_set_receivers(CURL *easy, ccurl_receive header, ccurl_receive body, void *context) {
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}

static inline void ccurl_set_socket_functions(CURL *easy, curl_opensocket_callback opener, void *open_context,
                                              curl_closesocket_callback closer, void *close_context) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, opener);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, open_context);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, closer);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, close_context);
}

static inline void ccurl_set_resolver_start(CURL *easy, curl_resolver_start_callback function, void *context) {
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, function);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, context);
}

static inline void ccurl_set_prerequest(CURL *easy, curl_prereq_callback function, void *context) {
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

static inline int64_t ccurl_get_offset(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? (int64_t)value : 0;
}

static inline long ccurl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

// The socket of a connection made with CURLOPT_CONNECT_ONLY; CURL_SOCKET_BAD if there is none.
static inline curl_socket_t ccurl_get_socket(CURL *easy) {
    curl_socket_t value = CURL_SOCKET_BAD;
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &value) == CURLE_OK ? value : CURL_SOCKET_BAD;
}

// What CURLOPT_PRIVATE was set to; NULL if it was not.
static inline void *ccurl_get_private(CURL *easy) {
    char *value = NULL;
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline void ccurl_multi_set_functions(CURLM *multi, curl_socket_callback on_socket,
                                             curl_multi_timer_callback on_timer, void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

// Takes the next finished transfer off the multi handle's list. NULL: there is none.
CURL *ccurl_multi_next_finished(CURLM *multi, CURLcode *outcome);

// A socket of the kind libcurl asks for, close-on-exec from birth. CURL_SOCKET_BAD on failure, with errno.
curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address);

#endif
