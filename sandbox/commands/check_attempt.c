// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/check_attempt.h"

#include "base/fd.h"
#include "base/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 20000 /* milliseconds that one attempt may take */ };

/* Among the canaries it is "secret=/tmp/…". */
char *trial_value(const struct trial *trial, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = trial->canaries; at && *at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, key, length) == 0 && at[length] == '=')
			return xstrndup(at + length + 1, strcspn(at + length + 1, " "));
	}
	return xstrdup("");
}

/* Whatever stands at the descriptor until its end, or NULL where that takes too long. */
static char *read_all(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct strbuf text = {0};
	char buffer[4096];
	ssize_t got;

	while (poll(&p, 1, PATIENCE) > 0) {
		got = read(fd, buffer, sizeof(buffer));
		if (got <= 0)
			return text.text ? text.text : xstrdup("");
		for (ssize_t i = 0; i < got; i++)
			if (!buffer[i])
				buffer[i] = ' ';
		if (text.length < 1 << 20)
			strbuf_printf(&text, "%.*s", (int)got, buffer);
	}
	strbuf_free(&text);
	return NULL;
}

/*
 * Run @arguments in @directory (NULL: the caller's) with the file at @input to read: status and what
 * it wrote. It inherits descriptors that a sandbox must not hand on.
 */
static int run(const struct trial *trial, char **arguments, const char *directory,
	       const char *input, char **ret_text)
{
	int ends[2], status = -1, in;
	pid_t pid;

	*ret_text = NULL;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		in = open(input, O_RDONLY | O_CLOEXEC);
		setpgid(0, 0);
		if (in < 0 || dup2(in, 0) < 0 || dup2(ends[1], 1) < 0 || dup2(ends[1], 2) < 0 ||
		    (directory && chdir(directory) < 0))
			_exit(EXIT_HUTCH_FAILED);
		/* What the caller happens to have open. */
		fcntl(in, F_DUPFD, 20);
		in = open(trial->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fcntl(in, F_DUPFD, 20);
		execv(arguments[0], arguments);
		_exit(EXIT_HUTCH_FAILED);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	*ret_text = read_all(ends[0]);
	close(ends[0]);
	if (!*ret_text)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What was touched since the last time, or NULL. */
static char *ask_canary(const struct trial *trial)
{
	char line[1024];
	size_t length = 0;
	struct pollfd p = {.fd = trial->from, .events = POLLIN};

	if (write(trial->to, "check\n", 6) != 6)
		return xstrdup("the canary is dead");
	while (length < sizeof(line) - 1 && poll(&p, 1, PATIENCE) > 0 &&
	       read(trial->from, line + length, 1) == 1 && line[length] != '\n')
		length++;
	line[length] = '\0';
	return streq(line, "ok") ? NULL : xstrdup(length ? line : "the canary is dead");
}

static int start_canary(struct trial *trial, struct error *e)
{
	char line[8192];
	size_t length = 0;
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return error_errno(e, errno, "pipe");
	if (pipe2(from, O_CLOEXEC) < 0)
		return error_errno(e, errno, "pipe");
	trial->canary = fork();
	if (trial->canary == 0) {
		char mode[] = "--canary", *name = strrchr(trial->directory, '/') + 1;
		char *arguments[] = {trial->helper, mode, trial->directory, name, NULL};

		dup2(to[0], 0);
		dup2(from[1], 1);
		execv(trial->helper, arguments);
		_exit(EXIT_HUTCH_FAILED);
	}
	close(to[0]);
	close(from[1]);
	trial->to = to[1];
	trial->from = from[0];
	while (length < sizeof(line) - 1 && read(from[0], line + length, 1) == 1 &&
	       line[length] != '\n')
		length++;
	line[length] = '\0';
	if (!startswith(line, "token="))
		return error_set(e, EIO, "check: nobody looks after the host's side");
	trial->canaries = xstrdup(line);
	/* A secret of the caller's environment. */
	setenv("HUTCH_CHECK_TOKEN", trial_value(trial, "token"), 1);
	return 0;
}

/* The attempts there are, or those with @names. */
static int list_attempts(struct trial *trial, const struct strv *names, struct error *e)
{
	char word[] = "--check", *arguments[] = {trial->helper, word, NULL}, *text, *at, *line;

	if (run(trial, arguments, NULL, "/dev/null", &text) != 0 || !text)
		return error_set(e, EIO, "check: %.100s does not start", trial->helper);
	at = text;
	while ((line = strsep(&at, "\n"))) {
		char *name = strsep(&line, "\t"), *needs = strsep(&line, "\t"),
		     *words = strsep(&line, "\t");
		struct attempt *attempt;

		if (!line || (names->count && !strv_has(names, name)))
			continue;
		attempt = vector_add(&trial->attempts);
		attempt->name = xstrdup(name);
		attempt->needs = xstrdup(needs);
		attempt->words = xasprintf(",%s", words);
		attempt->text = xstrdup(line);
	}
	free(text);
	for (size_t i = 0; i < names->count; i++) {
		bool found = false;

		vector_each (attempt, &trial->attempts)
			found |= streq(attempt->name, names->items[i]);
		if (found)
			continue;
		error_set(e, EINVAL, "check: %.100s: no attempt of that name", names->items[i]);
		return error_remedy(e, "hutch check --json has the names of all");
	}
	return 0;
}

bool attempt_has(const struct attempt *attempt, const char *word)
{
	_cleanup_free_ char *between = xasprintf(",%s,", word);

	return strstr(attempt->words, between) != NULL;
}

/*
 * Make an attempt. Its verdict, or NULL and in @ret_remark why there is none; the status of who
 * started it in @ret_status.
 */
static char *make_attempt(const struct trial *trial, const struct attempt *attempt, bool inside,
			  int *ret_status, char **ret_remark)
{
	static char verb[] = "run", variable[] = "--env", end[] = "--", terminal[] = "--terminal";
	/* The directory that the island attempts know, with what in it is protected. */
	static const char *const project[] = {"--rw=%s",          "--ro=%s/deep/mid/kept",
					      "--ro=%s/.envrc",   "--ro=%s/.tool/config",
					      "--hide=%s/hidden", "--chdir=%s"};
	_cleanup_free_ char *named = trial_value(trial, "named"),
			    *outside = trial_value(trial, "project"),
			    *value = xasprintf("ATTACK=%s", trial->canaries), *text = NULL,
			    *input = streq(attempt->needs, "stdin")
					     ? xasprintf("%s/tree/stdin", trial->directory)
					     : xstrdup("/dev/null");
	VECTOR(char *) words = {0};
	_cleanup_strv_ struct strv added = {0};
	char *verdict = NULL, *at, *line;
	_cleanup_free_ char *start = xasprintf("attack: %s ", attempt->name);

	if (streq(attempt->needs, "tty")) {
		*vector_add(&words) = trial->helper;
		*vector_add(&words) = terminal;
	}
	if (inside) {
		*vector_add(&words) = (char *)trial->self;
		*vector_add(&words) = verb;
		for (size_t i = 0; i < trial->options.count; i++)
			*vector_add(&words) = trial->options.items[i];
		for (size_t i = 0; attempt_has(attempt, "project") && i < 6; i++) {
			_cleanup_free_ char *path = trial_value(trial, "project");
			const char *after = strstr(project[i], "%s") + 2;

			strv_take(&added, xasprintf("%.*s%s%s", (int)(after - 2 - project[i]),
						    project[i], path, after));
			*vector_add(&words) = added.items[i];
		}
		*vector_add(&words) = variable;
		*vector_add(&words) = value;
		*vector_add(&words) = end;
	} else {
		setenv("ATTACK", trial->canaries, 1);
	}
	*vector_add(&words) = trial->helper;
	*vector_add(&words) = attempt->name;
	if (streq(attempt->needs, "named"))
		*vector_add(&words) = named;
	*vector_add(&words) = NULL;
	*ret_status = run(trial, words.items, inside ? NULL : outside, input, &text);
	unsetenv("ATTACK");
	vector_free(&words);
	*ret_remark = NULL;
	for (at = text; (line = strsep(&at, "\n"));) {
		const char *rest = startswith(line, start);

		if (rest && strchr(rest, ' ') && atoi(strchr(rest, ' ')) == *ret_status)
			verdict = xstrndup(rest, strcspn(rest, " "));
		else if ((rest = startswith(line, "attack: impossible: ")) ||
			 (rest = startswith(line, "terminal: ")) ||
			 (*ret_status == EXIT_HUTCH_FAILED &&
			  (rest = startswith(line, "hutch: ")))) {
			if (!*ret_remark)
				*ret_remark = xstrdup(rest);
		}
	}
	return verdict;
}

void trial_make(const struct trial *trial, struct attempt *attempt)
{
	_cleanup_free_ char *remark = NULL, *touched = NULL;

	if (geteuid() != 0 && !attempt_has(attempt, "only-inside")) {
		attempt->without = make_attempt(trial, attempt, false, &attempt->status, &remark);
		free(ask_canary(trial));
		free(TAKE_PTR(remark));
	}
	attempt->inside = make_attempt(trial, attempt, true, &attempt->status, &remark);
	touched = ask_canary(trial);
	attempt->remark = touched ? TAKE_PTR(touched) : TAKE_PTR(remark);
}

int trial_begin(struct trial *trial, const struct strv *names, struct error *e)
{
	const char *top = getenv("TMPDIR");
	int r;

	if (readlink("/proc/self/exe", trial->self, sizeof(trial->self) - 1) <= 0)
		return error_errno(e, errno, "/proc/self/exe");
	trial->helper = helper_path("hutch-attempts");
	if (!trial->helper) {
		error_set(e, ENOENT, "check: hutch-attempts is not installed");
		return error_remedy(e, "install hutch again");
	}
	trial->directory = xasprintf("%s/hutch-check.XXXXXX", top && *top == '/' ? top : "/tmp");
	if (!mkdtemp(trial->directory)) {
		r = error_errno(e, errno, "%.100s", trial->directory);
		free(TAKE_PTR(trial->directory));
		return r;
	}
	signal(SIGPIPE, SIG_IGN);
	r = start_canary(trial, e);
	return r < 0 ? r : list_attempts(trial, names, e);
}

void trial_end(struct trial *trial)
{
	if (trial->canary > 0) {
		close(trial->to);
		while (waitpid(trial->canary, NULL, 0) < 0 && errno == EINTR)
			;
		close(trial->from);
	}
	if (trial->directory)
		rmdir(trial->directory);
	vector_each (a, &trial->attempts) {
		free(a->name);
		free(a->needs);
		free(a->words);
		free(a->text);
		free(a->without);
		free(a->inside);
		free(a->remark);
	}
	vector_free(&trial->attempts);
	strv_free(&trial->options);
	free(trial->helper);
	free(trial->directory);
	free(trial->canaries);
}
