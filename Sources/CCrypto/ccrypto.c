#include "ccrypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

// OpenSSL takes NULL for "the key of before" and for "nothing yet".
static const uint8_t nothing[1] = {0};

int ccrypto_hmac_sha256(
    const uint8_t *key, size_t key_count, const uint8_t *message, size_t message_count,
    uint8_t code[CCRYPTO_SHA256_BYTES]) {
    if (key_count > INT_MAX) return 0;
    unsigned int code_count = 0;
    if (HMAC(
            EVP_sha256(), key ? key : nothing, (int)key_count, message ? message : nothing, message_count, code,
            &code_count) == NULL)
        return 0;
    return code_count == CCRYPTO_SHA256_BYTES;
}

int ccrypto_sha256(const uint8_t *message, size_t message_count, uint8_t digest[CCRYPTO_SHA256_BYTES]) {
    unsigned int digest_count = 0;
    if (EVP_Digest(message ? message : nothing, message_count, digest, &digest_count, EVP_sha256(), NULL) != 1)
        return 0;
    return digest_count == CCRYPTO_SHA256_BYTES;
}

int ccrypto_random(uint8_t *bytes, size_t count) {
    if (count == 0) return 1;
    if (count > INT_MAX) return 0;
    return RAND_bytes(bytes, (int)count) == 1;
}

int ccrypto_equal(const uint8_t *left, const uint8_t *right, size_t count) {
    return count == 0 || CRYPTO_memcmp(left, right, count) == 0;
}
