#ifndef CCRYPTO_H
#define CCRYPTO_H

#include <stddef.h>
#include <stdint.h>

// The few functions of OpenSSL's libcrypto in use. OpenSSL's own headers stay out of this one, so that Swift does not
// import thousands of declarations for them. Buffers may be NULL where their count is 0.

#define CCRYPTO_SHA256_BYTES 32

// A key for HMAC-SHA-256 (RFC 2104, FIPS 180-4), made ready. NULL if libcrypto failed.
struct ccrypto_hmac_key;
struct ccrypto_hmac_key *ccrypto_hmac_key_new(const uint8_t *key, size_t key_count);
void ccrypto_hmac_key_free(struct ccrypto_hmac_key *key);

// The code of a message. Any number of threads may use one key at a time. Returns 1, or 0 if libcrypto failed.
int ccrypto_hmac_sha256(
    const struct ccrypto_hmac_key *key, const uint8_t *message, size_t message_count,
    uint8_t code[CCRYPTO_SHA256_BYTES]);

// SHA-256 (FIPS 180-4). Returns 1, or 0 if libcrypto failed.
int ccrypto_sha256(const uint8_t *message, size_t message_count, uint8_t digest[CCRYPTO_SHA256_BYTES]);

// Fills a buffer from libcrypto's random generator, fit for keys. Returns 1, or 0 if there is no randomness to be had.
int ccrypto_random(uint8_t *bytes, size_t count);

// Whether two buffers of one size are equal, in a time that does not depend on where they differ.
int ccrypto_equal(const uint8_t *left, const uint8_t *right, size_t count);

#endif
