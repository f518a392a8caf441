// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Without --output the program has the caller's own descriptors, and nothing is in between. With
 * it, pipes of ours are: one for both where both lead to the same open file, so that lines keep
 * their order.
 *
 * At the limit the rest is dropped and our ends are closed. Whoever writes then gets SIGPIPE or
 * EPIPE, as before `| head -c`; who does not write runs on.
 *
 * The caller's descriptors may block and must not be made otherwise, since others have them too.
 * poll(2) says when PIPE_BUF bytes fit; only into regular files more is written at once.
 */
#include "engine/relay.h"

#include "base/alloc.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool same_file(int a, int b)
{
	return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b) == 0;
}

static int add_stream(struct relay *relay, int fd, struct error *e)
{
	struct relay_stream *stream = &relay->streams[relay->count];
	struct stat status;
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(e, errno, "making a pipe for the output");
	relay->theirs[fd] = pair[1];
	*stream = (struct relay_stream){
		.relay = relay,
		.from = pair[0],
		.to = fd,
		.regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode),
		.buffer = xcalloc(1, RELAY_BUFFER),
	};
	relay->count++;
	return 0;
}

int relay_make(struct relay *relay, const struct plan *plan, struct report *report, struct error *e)
{
	int r;

	if (!plan->output_limited)
		return 0;
	relay->report = report;
	relay->left = plan->output;
	r = add_stream(relay, STDOUT_FILENO, e);
	if (r < 0)
		return r;
	if (!same_file(STDOUT_FILENO, STDERR_FILENO))
		return add_stream(relay, STDERR_FILENO, e);
	relay->theirs[STDERR_FILENO] = fcntl(relay->theirs[STDOUT_FILENO], F_DUPFD_CLOEXEC, 3);
	return relay->theirs[STDERR_FILENO] < 0 ? error_errno(e, errno, "the output's pipe") : 0;
}

static void close_stream(struct relay_stream *stream)
{
	stream->from = fd_close(stream->from);
	stream->begin = stream->end = 0;
}

/* Read what there is: false at the end. */
static bool fill(struct relay_stream *stream)
{
	struct relay *relay = stream->relay;
	ssize_t got = read(stream->from, stream->buffer, RELAY_BUFFER);
	size_t length = got > 0 ? (size_t)got : 0;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (!length)
		return false;
	relay->report->output += length;
	if (length > relay->left) {
		length = relay->left;
		relay->report->output_truncated = true;
	}
	relay->left -= length;
	stream->begin = 0;
	stream->end = length;
	return true;
}

/* Write some of it: false where nobody reads any more. */
static bool drain(struct relay_stream *stream, size_t most)
{
	size_t length = stream->end - stream->begin;
	ssize_t done =
		write(stream->to, stream->buffer + stream->begin, length > most ? most : length);

	if (done < 0)
		return errno == EINTR || errno == EAGAIN;
	stream->begin += (size_t)done;
	return true;
}

/* The limit is reached, by whichever stream: none is read any more. */
static void cut(struct relay *relay)
{
	for (size_t i = 0; i < relay->count; i++)
		relay->streams[i].from = fd_close(relay->streams[i].from);
}

/* What to wait for next: room for what is in the buffer, or more to come. */
static void wait_next(const struct relay_stream *stream, struct watch *watch)
{
	bool full = stream->begin < stream->end;

	watch->fd = full ? stream->to : stream->from;
	watch->events = full ? POLLOUT : POLLIN;
}

static int ready(struct watch *watch, short revents, struct error *e)
{
	struct relay_stream *stream = watch->data;

	if (stream->begin < stream->end) {
		if (!drain(stream, stream->regular ? RELAY_BUFFER : PIPE_BUF))
			close_stream(stream);
	} else if (stream->from >= 0 && !fill(stream)) {
		close_stream(stream);
	}
	if (stream->relay->report->output_truncated)
		cut(stream->relay);
	wait_next(stream, watch);
	return 0;
}

void relay_forget(const struct relay *relay)
{
	for (size_t i = 0; i < relay->count; i++)
		fd_close(relay->streams[i].from);
}

void relay_start(struct relay *relay, struct supervision *supervision)
{
	for (int fd = 0; fd <= 2; fd++)
		relay->theirs[fd] = fd_close(relay->theirs[fd]);
	for (size_t i = 0; i < relay->count; i++) {
		struct watch watch = {.ready = ready, .data = &relay->streams[i]};

		wait_next(&relay->streams[i], &watch);
		supervise_watch(supervision, &watch);
	}
}

void relay_finish(struct relay *relay)
{
	for (size_t i = 0; i < relay->count; i++) {
		struct relay_stream *stream = &relay->streams[i];

		for (;;) {
			bool more = stream->begin < stream->end;

			if (more ? !drain(stream, RELAY_BUFFER)
				 : stream->from < 0 || relay->report->output_truncated ||
					    !fill(stream))
				break;
		}
		close_stream(stream);
		free(stream->buffer);
	}
	for (int fd = 0; fd <= 2; fd++)
		fd_close(relay->theirs[fd]);
	*relay = RELAY_INIT;
}
