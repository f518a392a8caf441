// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that unpacks may be an archive's by now: whatever it answers, the other side takes it as an answer or none. */
#include "fuzz.h"

#include "../../helpers/image/worker.c"

/* What is confined is not tried here. */
int confine_worker(pid_t parent, int input, int top, int answer_pipe, struct error *e)
{
	abort();
}

static int pipe_of(const uint8_t *data, size_t size)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0 || write(pair[1], data, size) != (ssize_t)size)
		abort();
	close(pair[1]);
	return pair[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The shape is given: a result, of which the input has the numbers, and what follows. */
	uint8_t *bytes = xcalloc(1, sizeof(struct result) + size);
	size_t head = size < 24 ? size : 24;
	_cleanup_free_ char *text = NULL;
	struct layer_job jobs[2] = {0};
	struct result result = {0};
	struct error e = {0};
	size_t length = sizeof(struct result) - 24 + size;

	memcpy(bytes + sizeof(struct result) - 24, data, size);
	if (size > head && data[head] & 1)
		memcpy(bytes, data, size < sizeof(struct error) ? size : sizeof(struct error));
	if (receive(INT32_MAX, pipe_of(bytes, length), &result, NULL, 0, &text, &e) < 0
		    ? !e.code || text
		    : strlen(text) > TEXT_LIMIT)
		abort();
	result = (struct result){0};
	e = (struct error){0};
	if (receive(INT32_MAX, pipe_of(bytes, length), &result, jobs, sizeof(jobs), NULL, &e) < 0 &&
	    !e.code)
		abort();
	if (memchr(e.text, '\0', sizeof(e.text)) == NULL || e.remedy[0])
		abort();
	free(bytes);
	return 0;
}
