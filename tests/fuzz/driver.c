// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for libFuzzer in the ordinary tests: every seed as it is, then mutations of them, the
 * same ones at each run. Usage: fuzz_X COUNT SEED…
 */
#include "fuzz.h"

#include <string.h>

#define INPUT_LIMIT 8192

struct seed {
	uint8_t bytes[INPUT_LIMIT];
	size_t length;
};

static uint64_t state = 88172645463325252u;

static size_t below(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? (size_t)(state % limit) : 0;
}

/* Change, double, drop, or take from another seed, a few times over. */
static void mutate(struct seed *input, const struct seed *other)
{
	for (size_t rounds = 1 + below(6); rounds; rounds--) {
		size_t at = below(input->length + 1), length = below(32);

		switch (below(4)) {
		case 0:
			if (at < input->length)
				input->bytes[at] = (uint8_t)below(256);
			break;
		case 1:
			if (at + length > input->length)
				length = input->length - at;
			memmove(input->bytes + at, input->bytes + at + length,
				input->length - at - length);
			input->length -= length;
			break;
		default:
			if (length > other->length)
				length = other->length;
			if (input->length + length > INPUT_LIMIT)
				break;
			memmove(input->bytes + at + length, input->bytes + at, input->length - at);
			memcpy(input->bytes + at, other->bytes + below(other->length - length + 1),
			       length);
			input->length += length;
		}
	}
}

int main(int argc, char **argv)
{
	size_t seeds = argc > 2 ? (size_t)argc - 2 : 0;
	struct seed *seed = calloc(seeds + 1, sizeof(*seed)), input;

	if (!seeds || !seed) {
		fprintf(stderr, "usage: fuzz COUNT SEED…\n");
		return 2;
	}
	for (size_t i = 0; i < seeds; i++) {
		FILE *file = fopen(argv[i + 2], "re");

		if (!file) {
			perror(argv[i + 2]);
			return 2;
		}
		seed[i].length = fread(seed[i].bytes, 1, INPUT_LIMIT, file);
		fclose(file);
		LLVMFuzzerTestOneInput(seed[i].bytes, seed[i].length);
	}
	for (long count = atol(argv[1]); count > 0; count--) {
		input = seed[below(seeds)];
		mutate(&input, &seed[below(seeds)]);
		LLVMFuzzerTestOneInput(input.bytes, input.length);
	}
	free(seed);
	return 0;
}
