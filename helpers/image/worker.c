// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker.h"

#include "confine.h"

#include "base/fd.h"
#include "base/string.h"
#include "kernel/path.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdnoreturn.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BLOCK = 256 * 1024,
	TEXT_LIMIT = 16 * 1024 * 1024, /* of a manifest or configuration */
};

/* What comes back over the pipe, followed by .length bytes. */
struct result {
	struct error error;
	struct allowance left;
	size_t length;
};

static int unpack_stream(struct source *source, int top, struct layer_job *job,
			 struct allowance *left, struct error *e)
{
	_cleanup_fd_ int root = path_open_in(top, job->place, O_PATH | O_DIRECTORY);
	struct stream stream;
	int r;

	if (root < 0)
		return error_errno(e, -root, "opening the directory to unpack to");
	r = stream_open(&stream, source, e);
	if (r == 0)
		r = extract_tree(stream.tar, root, left, &job->whiteouts, e);
	if (r == 0)
		r = stream_finish(&stream, job->packed, job->unpacked, e);
	stream_close(&stream);
	job->done = r == 0;
	return r;
}

/* The archive that holds layers and texts as files, as `docker save` writes it. */
static struct archive *open_outer(int input, struct error *e)
{
	struct archive *outer = archive_read_new();

	if (!outer || lseek(input, 0, SEEK_SET) < 0) {
		error_errno(e, outer ? errno : ENOMEM, "reading the archive");
		archive_read_free(outer);
		return NULL;
	}
	archive_read_support_filter_gzip(outer);
	archive_read_support_filter_xz(outer);
	archive_read_support_filter_zstd(outer);
	archive_read_support_format_tar(outer);
	if (archive_read_open_fd(outer, input, BLOCK) == ARCHIVE_OK)
		return outer;
	error_set(e, EBADMSG, "%s", archive_error_string(outer));
	archive_read_free(outer);
	return NULL;
}

/* The next file of the outer archive: 1, 0 at the end, or -errno. */
static int next_member(struct archive *outer, const char **ret_name, struct error *e)
{
	struct archive_entry *entry;
	int r;

	do {
		r = archive_read_next_header(outer, &entry);
		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return error_set(e, EBADMSG, "%s", archive_error_string(outer));
	} while (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
		 !archive_entry_pathname(entry));
	*ret_name = archive_entry_pathname(entry);
	if (startswith(*ret_name, "./"))
		*ret_name += 2;
	return 1;
}

static int unpack_members(int input, int top, struct layer_job *jobs, size_t count,
			  struct allowance *left, struct error *e)
{
	struct archive *outer = open_outer(input, e);
	const char *name = "";
	int r;

	if (!outer)
		return -e->code;
	while ((r = next_member(outer, &name, e)) > 0) {
		for (size_t i = 0; r > 0 && i < count; i++) {
			struct source source;

			if (jobs[i].done || !streq(jobs[i].member, name))
				continue;
			source_of_entry(&source, outer);
			r = unpack_stream(&source, top, &jobs[i], left, e);
			source_done(&source);
			if (r < 0)
				error_wrap(e, "%s", jobs[i].member);
			else
				r = 1;
			break; /* its bytes are read */
		}
		if (r < 0)
			break;
	}
	archive_read_free(outer);
	return r < 0 ? r : 0;
}

static int unpack(int input, int top, struct layer_job *jobs, size_t count, struct allowance *left,
		  struct error *e)
{
	struct source source;
	int r;

	if (count && jobs[0].member)
		return unpack_members(input, top, jobs, count, left, e);
	source_of_file(&source, input);
	r = unpack_stream(&source, top, &jobs[0], left, e);
	source_done(&source);
	return r;
}

static int read_member(int input, const char *name, struct strbuf *ret, struct error *e)
{
	struct archive *outer = open_outer(input, e);
	const char *found = "";
	char block[8192];
	la_ssize_t n = 0;
	int r;

	if (!outer)
		return -e->code;
	do
		r = next_member(outer, &found, e);
	while (r > 0 && !streq(found, name));
	if (r == 0)
		r = error_set(e, ENOENT, "no %s in it", name);
	while (r > 0 && (n = archive_read_data(outer, block, sizeof(block))) > 0) {
		strbuf_append(ret, block, (size_t)n);
		if (ret->length > TEXT_LIMIT)
			r = error_set(e, EFBIG, "%s is too long", name);
	}
	if (r > 0 && n < 0)
		r = error_set(e, EBADMSG, "%s: %s", name, archive_error_string(outer));
	archive_read_free(outer);
	return r < 0 ? r : 0;
}

static noreturn void answer(int pipe, const struct result *result, const void *data)
{
	if (fd_write_all(pipe, result, sizeof(*result)) == 0)
		fd_write_all(pipe, data, result->length);
	_exit(0);
}

/* The worker's pid with the end of its pipe, or 0 in the worker, confined, or -errno. */
static pid_t start(int input, int top, int *ret_pipe, struct error *e)
{
	struct result result = {0};
	int pair[2];
	pid_t pid, parent = getpid();

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(e, errno, "making a pipe");
	pid = fork();
	if (pid < 0) {
		int code = errno;

		close(pair[0]);
		close(pair[1]);
		return error_errno(e, code, "starting the process that unpacks");
	}
	if (pid > 0) {
		close(pair[1]);
		*ret_pipe = pair[0];
		return pid;
	}
	close(pair[0]);
	*ret_pipe = pair[1];
	if (confine_worker(parent, input, top, pair[1], &result.error) < 0)
		answer(pair[1], &result, "");
	return 0;
}

/* The worker's answer; its death is one too. */
static int receive(pid_t pid, int pipe, struct result *result, void *data, size_t size,
		   char **ret_text, struct error *e)
{
	_cleanup_free_ char *text = NULL;
	struct error unread;
	int status = 0, r;
	size_t length;

	r = fd_read_exactly(pipe, result, sizeof(*result));
	if (r == 0 && !result->error.code && data)
		r = result->length == size ? fd_read_exactly(pipe, data, size) : -EPROTO;
	if (r == 0 && !result->error.code && ret_text) {
		/* What it says of the length is taken for nothing until so much has come. */
		r = fd_read_all(pipe, "text", TEXT_LIMIT, &text, &length, &unread);
		if (r == 0 && length != result->length)
			r = -EPROTO;
	}
	close(pipe);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0 && WIFSIGNALED(status))
		return error_set(e, ECHILD, "the process that unpacks was ended by signal %d",
				 WTERMSIG(status));
	if (r < 0)
		return error_errno(e, -r, "the process that unpacks");
	if (result->error.code) {
		/* Text from the worker is text of the archive's. */
		result->error.text[sizeof(result->error.text) - 1] = '\0';
		result->error.remedy[0] = '\0';
		*e = result->error;
		return e->code > 0 ? -e->code : -EPROTO;
	}
	if (ret_text)
		*ret_text = TAKE_PTR(text);
	return 0;
}

int worker_unpack(int input, int top, struct layer_job *jobs, size_t count, struct allowance *left,
		  struct error *e)
{
	_cleanup_free_ struct layer_job *answers = xcalloc(count + 1, sizeof(*answers));
	struct result result = {0};
	int pipe = -1, r;
	pid_t pid = start(input, top, &pipe, e);

	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		result.left = *left;
		unpack(input, top, jobs, count, &result.left, &result.error);
		result.length = result.error.code ? 0 : count * sizeof(*jobs);
		answer(pipe, &result, jobs);
	}
	r = receive(pid, pipe, &result, answers, count * sizeof(*answers), NULL, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		/* Of its answer only what it may say. */
		jobs[i].done = answers[i].done;
		jobs[i].whiteouts = answers[i].whiteouts;
		memcpy(jobs[i].packed, answers[i].packed, DIGEST_SIZE - 1);
		memcpy(jobs[i].unpacked, answers[i].unpacked, DIGEST_SIZE - 1);
		if (jobs[i].done && !digest_valid(jobs[i].unpacked))
			return error_set(e, EPROTO, "the process that unpacks gave no digest");
	}
	if (result.left.bytes <= left->bytes && result.left.entries <= left->entries)
		*left = result.left;
	return 0;
}

int worker_read_member(int input, const char *name, char **ret_text, struct error *e)
{
	struct result result = {0};
	_cleanup_strbuf_ struct strbuf text = {0};
	int pipe = -1;
	pid_t pid = start(input, -1, &pipe, e);

	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		read_member(input, name, &text, &result.error);
		result.length = result.error.code ? 0 : text.length;
		answer(pipe, &result, text.text ? text.text : "");
	}
	return receive(pid, pipe, &result, NULL, 0, ret_text, e);
}
