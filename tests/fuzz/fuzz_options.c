// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of any bytes, with NUL between them, are a command line or an error. */
#include "fuzz.h"

#include "language/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *words = xmemdup(data, size);
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	char *argv[64] = {(char *)"run"};
	int argc = 1;

	for (char *word = words; word < words + size && argc < 63; word += strlen(word) + 1)
		argv[argc++] = word;
	if (options_parse(VERB_RUN, argc, argv, &request, &line, &e) < 0 && !e.text[0])
		abort();
	vector_each (setting, &request.settings)
		if (!setting->name || !setting->text)
			abort();
	request_free(&request);
	return 0;
}
