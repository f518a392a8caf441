// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/sha256.h"

#include <string.h>

/* The first three from FIPS 180-4's examples, the others at the edges of a block. */
static void known_digests(void **state)
{
	static char as[120];
	static const struct {
		const char *text;
		size_t length;
		const char *digest;
	} cases[] = {
		{"abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{as, 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
		{as, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
		{as, 119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
	};

	memset(as, 'a', sizeof(as));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t digest[SHA256_SIZE];
		char hex[SHA256_SIZE * 2 + 1];

		sha256(cases[i].text, cases[i].length, digest);
		sha256_hex(digest, hex);
		assert_string_equal(hex, cases[i].digest);
	}
}

static void parts_make_the_same_digest_as_the_whole(void **state)
{
	char data[300];
	uint8_t whole[SHA256_SIZE], parts[SHA256_SIZE];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	sha256(data, sizeof(data), whole);
	for (size_t step = 1; step < 130; step++) {
		struct sha256 hash;

		sha256_begin(&hash);
		for (size_t i = 0; i < sizeof(data); i += step)
			sha256_add(&hash, data + i,
				   sizeof(data) - i < step ? sizeof(data) - i : step);
		sha256_end(&hash, parts);
		assert_memory_equal(whole, parts, sizeof(whole));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests),
		cmocka_unit_test(parts_make_the_same_digest_as_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
