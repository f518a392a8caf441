// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Written before the first step with fsync(2); the records are appended one write(2) each, so that
 * after a crash at most the last one is missing, or cut, and then was not done for sure.
 */
#include "engine/session_journal.h"

#include "base/fd.h"
#include "kernel/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SIZE_LIMIT (1024UL * 1024 * 1024)

enum { MAGIC = 0x6a687477, VERSION = 2 };

struct header {
	uint32_t magic, version, number, count;
	struct timespec began;
};

struct packed {
	uint32_t kind, layer, path_length, source_length;
	struct stat old_one, new_one;
};

static int failed(const char *what, int code, struct error *e)
{
	return error_errno(e, code, "the journal: %s", what);
}

static int open_directories(const struct session *session, struct journal *journal)
{
	journal->fd = openat(session->fd, "apply", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (journal->fd < 0)
		return -errno;
	journal->saved =
		openat(journal->fd, "saved", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return journal->saved < 0 ? -errno : 0;
}

static int open_records(struct journal *journal)
{
	int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;

	journal->records = openat(journal->fd, "done", flags, 0600);
	if (journal->records < 0)
		return -errno;
	journal->undo_records = openat(journal->fd, "undone", flags, 0600);
	return journal->undo_records < 0 ? -errno : 0;
}

static int write_plan(const struct journal *journal)
{
	const struct header header = {MAGIC, VERSION, journal->number,
				      (uint32_t)journal->steps.count, journal->began};
	_cleanup_strbuf_ struct strbuf out = {0};
	_cleanup_fd_ int fd = -1;
	int r;

	strbuf_append(&out, (const char *)&header, sizeof(header));
	vector_each (step, &journal->steps) {
		const char *source = step->source ? step->source : "";
		const struct packed packed = {
			.kind = step->kind,
			.layer = (uint32_t)step->layer,
			.path_length = (uint32_t)strlen(step->path),
			.source_length = (uint32_t)strlen(source),
			.old_one = step->old_one,
			.new_one = step->new_one,
		};

		strbuf_append(&out, (const char *)&packed, sizeof(packed));
		strbuf_append(&out, step->path, packed.path_length);
		strbuf_append(&out, source, packed.source_length);
	}
	fd = openat(journal->fd, "plan.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, out.text, out.length);
	if (r < 0)
		return r;
	if (fsync(fd) < 0 || renameat(journal->fd, "plan.new", journal->fd, "plan") < 0 ||
	    fsync(journal->fd) < 0)
		return -errno;
	return 0;
}

int journal_begin(const struct session *session, struct journal *journal, struct error *e)
{
	struct timespec now;
	int r = tree_remove(session->fd, "apply");

	clock_gettime(CLOCK_REALTIME, &now);
	journal->number = (uint32_t)(now.tv_nsec ^ (now.tv_sec << 20) ^ getpid());
	if (r == 0 && (mkdirat(session->fd, "apply", 0700) < 0 ||
		       mkdirat(session->fd, "apply/saved", 0700) < 0))
		r = -errno;
	if (r == 0)
		r = open_directories(session, journal);
	if (r == 0)
		r = open_records(journal);
	if (r == 0)
		r = write_plan(journal);
	for (size_t i = 0; i < journal->steps.count; i++) {
		vector_add(&journal->done);
		vector_add(&journal->undone);
	}
	if (r == 0)
		return 0;
	failed("beginning it", -r, e);
	return r == -ENOSPC || r == -EDQUOT
		       ? error_remedy(e, "make room on the file system of %s", session->directory)
		       : r;
}

bool journal_is_open(const struct session *session)
{
	return faccessat(session->fd, "apply/plan", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Take @size bytes from *@at; false at the end. */
static bool take(const char **at, size_t *left, void *ret, size_t size)
{
	if (*left < size)
		return false;
	memcpy(ret, *at, size);
	*at += size;
	*left -= size;
	return true;
}

static bool parse(const char *at, size_t left, struct journal *journal)
{
	struct header header;

	if (!take(&at, &left, &header, sizeof(header)) || header.magic != MAGIC ||
	    header.version != VERSION)
		return false;
	journal->number = header.number;
	journal->began = header.began;
	for (uint32_t i = 0; i < header.count; i++) {
		struct packed packed;
		struct step *step;

		if (!take(&at, &left, &packed, sizeof(packed)) ||
		    left < (size_t)packed.path_length + packed.source_length)
			return false;
		step = vector_add(&journal->steps);
		vector_add(&journal->done);
		vector_add(&journal->undone);
		step->kind = (enum step_kind)packed.kind;
		step->layer = packed.layer;
		step->old_one = packed.old_one;
		step->new_one = packed.new_one;
		step->path = xstrndup(at, packed.path_length);
		step->source = xstrndup(at + packed.path_length, packed.source_length);
		at += packed.path_length + packed.source_length;
		left -= (size_t)packed.path_length + packed.source_length;
	}
	return true;
}

static int read_records(int fd, struct step_record *records, size_t count)
{
	struct step_record record;
	off_t at = 0;

	while (pread(fd, &record, sizeof(record), at) == sizeof(record)) {
		if (record.index < count)
			records[record.index] = record;
		at += (off_t)sizeof(record);
	}
	/* What was cut off would put the next ones out of step. */
	return ftruncate(fd, at) < 0 ? -errno : 0;
}

int journal_read(const struct session *session, struct journal *ret, struct error *e)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_fd_ int fd = -1;
	size_t length;
	int r = open_directories(session, ret);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		return failed("opening it", -r, e);
	fd = openat(ret->fd, "plan", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		fd = openat(ret->fd, "applied", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		ret->finished = true;
	}
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : failed("opening it", errno, e);
	r = fd_read_all(fd, "the journal", SIZE_LIMIT, &data, &length, e);
	if (r < 0)
		return r;
	if (!parse(data, length, ret))
		return failed("reading it", EINVAL, e);
	r = open_records(ret);
	if (r == 0)
		r = read_records(ret->records, ret->done.items, ret->steps.count);
	if (r == 0)
		r = read_records(ret->undo_records, ret->undone.items, ret->steps.count);
	return r < 0 ? failed("reading it", -r, e) : 0;
}

int journal_note(struct journal *journal, size_t step, enum step_state state, bool undone,
		 const struct stat *now)
{
	struct step_record *record =
		undone ? &journal->undone.items[step] : &journal->done.items[step];

	*record = (struct step_record){.index = step, .state = state};
	if (now) {
		record->device = now->st_dev;
		record->inode = now->st_ino;
		record->size = (uint64_t)now->st_size;
		record->seconds = now->st_mtim.tv_sec;
		record->nanoseconds = now->st_mtim.tv_nsec;
	}
	return fd_write_all(undone ? journal->undo_records : journal->records, record,
			    sizeof(*record));
}

int journal_finish(struct journal *journal, struct error *e)
{
	if (renameat(journal->fd, "plan", journal->fd, "applied") < 0)
		return failed("finishing it", errno, e);
	journal->finished = true;
	return 0;
}

int journal_remove(const struct session *session, struct error *e)
{
	int r = tree_remove(session->fd, "apply");

	return r < 0 ? failed("removing it", -r, e) : 0;
}

void journal_close(struct journal *journal)
{
	vector_each (step, &journal->steps) {
		free(step->path);
		free(step->source);
	}
	vector_free(&journal->steps);
	vector_free(&journal->done);
	vector_free(&journal->undone);
	fd_close(journal->fd);
	fd_close(journal->saved);
	fd_close(journal->records);
	fd_close(journal->undo_records);
	*journal = JOURNAL_NONE;
}
