// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A file of the cache is named by the hash of everything that made it but the included files. Those
 * are in the file, each with the hash of its content, or as absent where the policy would be
 * another one if it appeared; a lookup reads and compares them. So an edit of any of the texts is
 * seen without looking at times.
 *
 * Whoever may write such a file decides what a sandbox allows. It is taken only from a directory
 * and a file that belong to the user and that nobody else can write, neither reached through a
 * symbolic link below the cache's base, with one name, and with a hash of its own at the end that a
 * torn or damaged write fails. The instructions are checked as the kernel would. A file appears by
 * rename, complete or not at all. As root in another user's home (sudo) the owner is wrong and
 * there is no cache.
 */
#include "language/policy_cache.h"
#include "base/fd.h"
#include "base/sha256.h"
#include "language/policy_builtin.h"
#include "language/policy_calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Change it when the compiler makes other filters from the same rules, or the file its form. */
#define CACHE_FORMAT 1
#define CACHE_MAGIC  "hutchbpf"
#define CACHE_FILES  256 /* more than that are swept out */

struct header {
	char magic[8];
	uint32_t instructions, dependencies;
};

struct dependency {
	uint8_t digest[SHA256_SIZE]; /* zero for a file that is not there */
	uint32_t present, path_length;
};

void policy_cache_key(const struct policy_text *text, bool nested, struct policy_cache_key *ret)
{
	const struct scmp_version *version = seccomp_version();
	struct sha256 hash;

	sha256_begin(&hash);
	sha256_add_number(&hash, CACHE_FORMAT);
	sha256_add_text(&hash, HUTCH_VERSION);
	sha256_add_text(&hash, policy_text_digest);
	sha256_add_number(&hash, version ? version->major : 0);
	sha256_add_number(&hash, version ? version->minor : 0);
	sha256_add_number(&hash, version ? version->micro : 0);
	sha256_add_number(&hash, policy_arches[policy_arch_native()].token);
	sha256_add_number(&hash, nested);
	/* Relative includes begin at the directory. */
	sha256_add_text(&hash, text->directory ? text->directory : "");
	sha256_add_number(&hash, text->length);
	sha256_add(&hash, text->text, text->length);
	sha256_end(&hash, ret->digest);
}

/* Only ours, and nobody else may write it. */
static bool is_ours(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 && (type == S_IFDIR || st.st_nlink == 1);
}

static int open_directory(int parent, const char *name, bool create)
{
	_cleanup_fd_ int fd = -1;

	if (create)
		mkdirat(parent, name, 0700);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !is_ours(fd, S_IFDIR))
		return -1;
	return TAKE_FD(fd);
}

/* $XDG_CACHE_HOME/hutch/seccomp, or -1. */
static int open_cache(bool create)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	_cleanup_free_ char *base = NULL;
	_cleanup_fd_ int base_fd = -1, hutch_fd = -1;

	if (cache && cache[0] == '/')
		base = xstrdup(cache);
	else if (home && home[0] == '/')
		base = xasprintf("%s/.cache", home);
	else
		return -1;
	if (create)
		mkdir(base, 0700);
	base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base_fd < 0)
		return -1;
	hutch_fd = open_directory(base_fd, "hutch", create);
	if (hutch_fd < 0)
		return -1;
	return open_directory(hutch_fd, "seccomp", create);
}

static void file_name(const struct policy_cache_key *key, char ret[SHA256_SIZE * 2 + 8])
{
	sha256_hex(key->digest, ret);
	strcat(ret, ".bpf");
}

/* Takes @length bytes off the front of what is left; NULL where there are fewer. */
static const void *take(const char **data, size_t *left, size_t length)
{
	const char *taken = *data;

	if (length > *left)
		return NULL;
	*data += length;
	*left -= length;
	return taken;
}

static bool dependency_holds(const struct dependency *dependency, const char *path)
{
	_cleanup_policy_text_ struct policy_text text = {0};
	uint8_t digest[SHA256_SIZE];

	if (!dependency->present)
		return access(path, F_OK) < 0;
	if (policy_read(path, &text, NULL) < 0)
		return false;
	sha256(text.text, text.length, digest);
	return memcmp(digest, dependency->digest, sizeof(digest)) == 0;
}

static bool parse_cached(const char *data, size_t length, struct policy_program *ret)
{
	struct header header;
	uint8_t digest[SHA256_SIZE];
	const void *part;

	if (length < sizeof(header) + SHA256_SIZE)
		return false;
	length -= SHA256_SIZE;
	sha256(data, length, digest);
	if (memcmp(digest, data + length, SHA256_SIZE) != 0)
		return false;
	memcpy(&header, take(&data, &length, sizeof(header)), sizeof(header));
	if (memcmp(header.magic, CACHE_MAGIC, sizeof(header.magic)) != 0 ||
	    header.instructions > BPF_MAXINSNS)
		return false;
	for (uint32_t i = 0; i < header.dependencies; i++) {
		_cleanup_free_ char *path = NULL;
		struct dependency dependency;

		part = take(&data, &length, sizeof(dependency));
		if (!part)
			return false;
		memcpy(&dependency, part, sizeof(dependency));
		part = take(&data, &length, dependency.path_length);
		if (!part)
			return false;
		path = xmemdup(part, dependency.path_length);
		if (!dependency_holds(&dependency, path))
			return false;
	}
	if (length != header.instructions * sizeof(struct sock_filter))
		return false;
	ret->items = xmemdup(data, length);
	ret->count = ret->capacity = header.instructions;
	if (seccomp_valid(ret->items, ret->count))
		return true;
	policy_program_free(ret);
	return false;
}

bool policy_cache_lookup(const struct policy_cache_key *key, struct policy_program *ret)
{
	_cleanup_fd_ int directory = open_cache(false), fd = -1;
	_cleanup_free_ char *data = NULL;
	char name[SHA256_SIZE * 2 + 8];
	size_t length;

	if (directory < 0)
		return false;
	file_name(key, name);
	/* O_NONBLOCK: a FIFO of that name must not hold the start up. */
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || !is_ours(fd, S_IFREG))
		return false;
	if (fd_read_all(fd, name, POLICY_SIZE_LIMIT, &data, &length, NULL) < 0)
		return false;
	return parse_cached(data, length, ret);
}

static void add_dependency(struct strbuf *out, const char *path, const struct policy_source *source)
{
	struct dependency dependency = {.present = source != NULL,
					.path_length = (uint32_t)strlen(path)};

	if (source)
		sha256(source->text, source->length, dependency.digest);
	strbuf_append(out, (const char *)&dependency, sizeof(dependency));
	strbuf_append(out, path, dependency.path_length);
}

static void encode(const struct policy *policy, const struct policy_program *program,
		   struct strbuf *out)
{
	struct header header = {.magic = CACHE_MAGIC, .instructions = (uint32_t)program->count};
	struct strbuf dependencies = {0};
	uint8_t digest[SHA256_SIZE];

	/* The first source is the policy itself, which is in the key. */
	for (size_t i = 1; i < policy->sources.count; i++) {
		const struct policy_source *source = &policy->sources.items[i];

		if (source->builtin)
			continue;
		add_dependency(&dependencies, source->name, source);
		header.dependencies++;
	}
	for (size_t i = 0; i < policy->absent.count; i++) {
		add_dependency(&dependencies, policy->absent.items[i], NULL);
		header.dependencies++;
	}
	strbuf_append(out, (const char *)&header, sizeof(header));
	if (dependencies.length)
		strbuf_append(out, dependencies.text, dependencies.length);
	strbuf_append(out, (const char *)program->items,
		      program->count * sizeof(struct sock_filter));
	sha256(out->text, out->length, digest);
	strbuf_append(out, (const char *)digest, sizeof(digest));
	strbuf_free(&dependencies);
}

/* Old versions of edited policies stay behind; when there are many, all go. */
static void sweep(int directory)
{
	DIR *stream;
	size_t count = 0;
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		fd_close(fd);
		return;
	}
	while (readdir(stream))
		count++;
	if (count > CACHE_FILES) {
		rewinddir(stream);
		for (struct dirent *entry; (entry = readdir(stream));)
			if (entry->d_name[0] != '.')
				unlinkat(directory, entry->d_name, 0);
	}
	closedir(stream);
}

void policy_cache_store(const struct policy_cache_key *key, const struct policy *policy,
			const struct policy_program *program)
{
	_cleanup_fd_ int directory = open_cache(true), fd = -1;
	_cleanup_strbuf_ struct strbuf data = {0};
	char name[SHA256_SIZE * 2 + 8], temporary[32];
	uint64_t random = 0;

	if (directory < 0)
		return;
	sweep(directory);
	encode(policy, program, &data);
	file_name(key, name);
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)getpid();
	snprintf(temporary, sizeof(temporary), "new-%016llx", (unsigned long long)random);
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return;
	if (fd_write_all(fd, data.text, data.length) < 0 ||
	    renameat(directory, temporary, directory, name) < 0)
		unlinkat(directory, temporary, 0);
}
