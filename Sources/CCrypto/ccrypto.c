#include "ccrypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>

// OpenSSL takes NULL for "the key of before" and for "nothing yet".
static const uint8_t nothing[1] = {0};

// OpenSSL 3 would look an algorithm up by its name each time it is used, which costs more than a short message.
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static EVP_MAC *hmac;

static void fetch(void) {
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

struct ccrypto_hmac_key *ccrypto_hmac_key_new(const uint8_t *key, size_t key_count) {
    if (pthread_once(&fetched, fetch) != 0 || hmac == NULL) return NULL;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);
    if (context == NULL) return NULL;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(context, key ? key : nothing, key_count, params) != 1) {
        EVP_MAC_CTX_free(context);
        return NULL;
    }
    return (struct ccrypto_hmac_key *)context;
}

void ccrypto_hmac_key_free(struct ccrypto_hmac_key *key) { EVP_MAC_CTX_free((EVP_MAC_CTX *)key); }

int ccrypto_hmac_sha256(
    const struct ccrypto_hmac_key *key, const uint8_t *message, size_t message_count,
    uint8_t code[CCRYPTO_SHA256_BYTES]) {
    // A copy for each message: the key itself stays as it is, for all threads.
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup((const EVP_MAC_CTX *)key);
    if (context == NULL) return 0;
    size_t code_count = 0;
    int done = EVP_MAC_update(context, message ? message : nothing, message_count) == 1
        && EVP_MAC_final(context, code, &code_count, CCRYPTO_SHA256_BYTES) == 1;
    EVP_MAC_CTX_free(context);
    return done && code_count == CCRYPTO_SHA256_BYTES;
}

int ccrypto_sha256(const uint8_t *message, size_t message_count, uint8_t digest[CCRYPTO_SHA256_BYTES]) {
    if (pthread_once(&fetched, fetch) != 0 || sha256 == NULL) return 0;
    unsigned int digest_count = 0;
    if (EVP_Digest(message ? message : nothing, message_count, digest, &digest_count, sha256, NULL) != 1) return 0;
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
