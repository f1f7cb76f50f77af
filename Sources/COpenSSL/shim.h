#ifndef LETHE_COPENSSL_SHIM_H
#define LETHE_COPENSSL_SHIM_H

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

/// Starts an HMAC-SHA256 with `key`. In C because an OSSL_PARAM keeps the pointer it is built from, and the C string of
/// a Swift literal dies when the call that made it returns.
static inline int lethe_hmac_sha256_init(EVP_MAC_CTX *ctx, const unsigned char *key, size_t len) {
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(ctx, key, len, params);
}

#endif
