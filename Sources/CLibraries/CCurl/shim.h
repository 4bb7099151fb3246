// Typed doors onto libcurl's variadic functions, one for each type of argument.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>

/// Sets an option that takes a number.
static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

/// Sets an option that takes text. libcurl copies it.
static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

/// Sets an option that takes a pointer, such as a list or a callback's context.
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

/// Sets an option that takes a large number.
static inline CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

/// Sets the function that receives the body of a reply.
static inline CURLcode ccurl_set_write(CURL *handle, curl_write_callback function) {
    return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, function);
}

/// Sets the function that sees the protocol's dialogue.
static inline CURLcode ccurl_set_debug(CURL *handle, curl_debug_callback function) {
    return curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, function);
}

/// Reads an information that is a number.
static inline CURLcode ccurl_get_long(CURL *handle, CURLINFO information, long *value) {
    return curl_easy_getinfo(handle, information, value);
}

/// Reads an information that is a large number, such as a time in microseconds.
static inline CURLcode ccurl_get_offset(CURL *handle, CURLINFO information, curl_off_t *value) {
    return curl_easy_getinfo(handle, information, value);
}

/// Reads an information that is text. It belongs to the handle.
static inline CURLcode ccurl_get_text(CURL *handle, CURLINFO information, char **value) {
    return curl_easy_getinfo(handle, information, value);
}

/// Reads an information that is a socket.
static inline CURLcode ccurl_get_socket(
    CURL *handle, CURLINFO information, curl_socket_t *value) {
    return curl_easy_getinfo(handle, information, value);
}

/// Reads the certificates the server showed. They belong to the handle.
static inline CURLcode ccurl_get_certificates(CURL *handle, struct curl_certinfo **value) {
    return curl_easy_getinfo(handle, CURLINFO_CERTINFO, value);
}

/// Lets libcurl choose among every way to prove oneself to a proxy. `CURLAUTH_ANY` is a
/// complement of casts, which the importer skips.
static inline CURLcode ccurl_allow_any_proxy_authentication(CURL *handle) {
    return curl_easy_setopt(handle, CURLOPT_PROXYAUTH, CURLAUTH_ANY);
}

/// How a finished transfer ended. The result is in a union.
static inline CURLcode ccurl_result(const CURLMsg *message) {
    return message->data.result;
}

/// What a write function returns to end a transfer, in the type of its result.
static inline size_t ccurl_write_error(void) {
    return CURL_WRITEFUNC_ERROR;
}

#endif
