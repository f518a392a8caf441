// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * SHA-256 (FIPS 180-4), to name and check cached files by their content.
 *
 * Of our own, since the one hash that hutch needs is not worth a cryptographic library at every
 * start, and the kernel's (AF_ALG) is missing on some systems.
 */
#define SHA256_SIZE 32

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	uint8_t block[64];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t length);
/* Add a number, or a text with its length, so that neighbours can't be mistaken for one another. */
void sha256_add_number(struct sha256 *hash, uint64_t number);
void sha256_add_text(struct sha256 *hash, const char *text);
void sha256_end(struct sha256 *hash, uint8_t ret[SHA256_SIZE]);

/* All at once. */
void sha256(const void *data, size_t length, uint8_t ret[SHA256_SIZE]);

/* 64 digits and a NUL byte. */
void sha256_hex(const uint8_t digest[SHA256_SIZE], char ret[SHA256_SIZE * 2 + 1]);
