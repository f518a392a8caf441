// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of any bytes, with NUL between them, are a command line of bubblewrap's or an error. */
#include "fuzz.h"

#include "language/bwrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *words = xmemdup(data, size);
	struct bwrap_line line;
	struct error e = {0};
	char *argv[64];
	int argc = 0;

	for (char *word = words; word < words + size && argc < 64; word += strlen(word) + 1) {
		/* It would read, and close, whatever this process has open. */
		if (streq(word, "--args"))
			return 0;
		argv[argc++] = word;
	}
	if (bwrap_parse(argc, argv, &line, &e) < 0 && !e.text[0])
		abort();
	vector_each (operation, &line.request.operations)
		if (!operation->destination || !operation->text)
			abort();
	bwrap_line_free(&line);
	return 0;
}
