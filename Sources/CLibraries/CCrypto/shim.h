// SHA-256 of OpenSSL's libcrypto, which libcurl brings along: unlike libsodium's it uses the
// processor's own instructions where there are some.
#ifndef CCRYPTO_SHIM_H
#define CCRYPTO_SHIM_H

// The functions that hash without allocating are deprecated in favour of ones that allocate.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#endif
