// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch check [options]: what a program in such a sandbox can do on this machine.
 *
 * Theory of operation: hutch-attempts (tests/escape) tries one thing a hostile program would try,
 * and says how it was refused. Here each of its harmless attempts is made twice, by itself and as
 * `hutch run` with the same options starts it, and after each the canary, a second hutch-attempts
 * that holds files, sockets, memory and a process on the host, is asked whether it was touched. What
 * works without a sandbox shows that the attempt is a real one here; inside, it must be refused,
 * unless the plan of these very options lets it through by design (a network, a shared directory).
 *
 * This process does no more than start, wait and compare: what it says of a sandbox is what a
 * program in one was told, not what a plan promised.
 */
#include "commands/commands.h"

#include "base/fd.h"
#include "base/helper.h"
#include "base/log.h"
#include "commands/make_plan.h"
#include "plan/query.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Something that should be refused was not. */
#define EXIT_OPEN 1

enum { PATIENCE = 20000 /* milliseconds that one attempt may take */ };

enum state { HELD, BY_DESIGN, OPEN, UNTRIED };

static const char *const state_names[] = {"held", "by-design", "open", "untried"};

struct attempt {
	char *name, *needs, *words, *text;
	char *without, *inside; /* verdicts: WORKED, or the errno's name */
	char *remark;           /* what the canary saw, or why it could not be tried */
	enum state state;
};

struct check {
	char self[4096];                     /* this program: what is started may start it */
	char *helper, *directory, *canaries; /* the value of $ATTACK */
	char *granted; /* ",network,…": what the plan lets through by design */
	int to, from;  /* the canary's ends */
	pid_t canary;
	struct strv options;
	VECTOR(struct attempt) attempts;
};

/* The word's value among the canaries: "secret=/tmp/…". To be freed by the caller. */
static char *canary_value(const struct check *check, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = check->canaries; at && *at; at = strchr(at, ' ')) {
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
static int run(const struct check *check, char **arguments, const char *directory,
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
		in = open(check->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
static char *ask_canary(const struct check *check)
{
	char line[1024];
	size_t length = 0;
	struct pollfd p = {.fd = check->from, .events = POLLIN};

	if (write(check->to, "check\n", 6) != 6)
		return xstrdup("the canary is dead");
	while (length < sizeof(line) - 1 && poll(&p, 1, PATIENCE) > 0 &&
	       read(check->from, line + length, 1) == 1 && line[length] != '\n')
		length++;
	line[length] = '\0';
	return streq(line, "ok") ? NULL : xstrdup(length ? line : "the canary is dead");
}

static int start_canary(struct check *check, struct error *e)
{
	char line[8192];
	size_t length = 0;
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return error_errno(e, errno, "pipe");
	if (pipe2(from, O_CLOEXEC) < 0)
		return error_errno(e, errno, "pipe");
	check->canary = fork();
	if (check->canary == 0) {
		char mode[] = "--canary", *name = strrchr(check->directory, '/') + 1;
		char *arguments[] = {check->helper, mode, check->directory, name, NULL};

		dup2(to[0], 0);
		dup2(from[1], 1);
		execv(check->helper, arguments);
		_exit(EXIT_HUTCH_FAILED);
	}
	close(to[0]);
	close(from[1]);
	check->to = to[1];
	check->from = from[0];
	while (length < sizeof(line) - 1 && read(from[0], line + length, 1) == 1 &&
	       line[length] != '\n')
		length++;
	line[length] = '\0';
	if (!startswith(line, "token="))
		return error_set(e, EIO, "check: nobody looks after the host's side");
	check->canaries = xstrdup(line);
	/* A secret of the caller's environment. */
	setenv("HUTCH_CHECK_TOKEN", canary_value(check, "token"), 1);
	return 0;
}

/* The attempts there are. */
static int list_attempts(struct check *check, struct error *e)
{
	char word[] = "--check", *arguments[] = {check->helper, word, NULL}, *text, *at, *line;

	if (run(check, arguments, NULL, "/dev/null", &text) != 0 || !text)
		return error_set(e, EIO, "check: %.100s does not start", check->helper);
	at = text;
	while ((line = strsep(&at, "\n"))) {
		char *name = strsep(&line, "\t"), *needs = strsep(&line, "\t"),
		     *words = strsep(&line, "\t");
		struct attempt *attempt;

		if (!line)
			continue;
		attempt = vector_add(&check->attempts);
		attempt->name = xstrdup(name);
		attempt->needs = xstrdup(needs);
		attempt->words = xasprintf(",%s", words);
		attempt->text = xstrdup(line);
	}
	free(text);
	return 0;
}

static bool has(const char *words, const char *word)
{
	_cleanup_free_ char *between = xasprintf(",%s,", word);

	return strstr(words, between) != NULL;
}

/* Whether a path of the canaries is seen inside, as @state or (NULL) at all. */
static bool plan_shows(const struct plan *plan, const struct check *check, const char *key,
		       const char *state)
{
	_cleanup_free_ char *path = canary_value(check, key);
	_cleanup_answer_ struct answer answer = {0};
	struct error e = {0};

	if (!*path || query_path(plan, path, &answer, &e) < 0 || !answer.state)
		return false;
	return streq(answer.state, "writable") ||
	       (!state && (streq(answer.state, "read-only") || streq(answer.state, "discarded")));
}

/* Whether the plan shares a file of this type, but for the devices that every sandbox has. */
static bool plan_shares(const struct plan *plan, mode_t type)
{
	static const char *const usual[] = {"/dev/null", "/dev/zero",    "/dev/full",
					    "/dev/tty",  "/dev/urandom", "/dev/random"};
	struct stat st;

	vector_each (m, &plan->mounts) {
		bool is_usual = false;

		for (size_t i = 0; m->source && i < sizeof(usual) / sizeof(usual[0]); i++)
			is_usual |= streq(m->source, usual[i]);
		if (m->kind == MOUNT_BIND && m->source && !is_usual && stat(m->source, &st) == 0 &&
		    (st.st_mode & S_IFMT) == type)
			return true;
	}
	return false;
}

/* What these options let through by design, in the words that the attempts have for it. */
static int look_at_plan(struct check *check, struct request *request, struct error *e)
{
	struct plan plan = {0};
	struct strbuf words = {0};
	bool own_network;
	int r;

	strv_add(&request->arguments, check->helper);
	r = make_plan(request, &plan, e);
	if (r == 0) {
		own_network = !plan.namespaces || (plan.namespaces & CLONE_NEWNET);
		strbuf_printf(&words, ",%s%s%s%s%s%s%s%s%s%s", own_network ? "" : "host-network,",
			      own_network && !plan.network.helper ? "" : "network,",
			      plan.nested ? "nested," : "", plan.id_map == ID_RANGE ? "range," : "",
			      plan_shows(&plan, check, "secret", NULL) ? "secret," : "",
			      plan_shows(&plan, check, "home", NULL) ? "home," : "",
			      plan_shows(&plan, check, "named", "writable") ? "named," : "",
			      plan_shares(&plan, S_IFSOCK) ? "socket," : "",
			      plan_shares(&plan, S_IFCHR) ? "device," : "",
			      plan.share_terminal ? "terminal," : "");
		check->granted = words.text;
	}
	plan_free(&plan);
	return r;
}

/* Whether something that the attempt is open to by design is granted. */
static bool is_granted(const struct check *check, const struct attempt *attempt)
{
	_cleanup_free_ char *words = xstrdup(attempt->words);
	char *at = words, *word;

	while ((word = strsep(&at, ",")))
		if (*word && has(check->granted, word))
			return true;
	return false;
}

/*
 * Make an attempt. Its verdict, or NULL and in @ret_remark why there is none; the status of who
 * started it in @ret_status.
 */
static char *make_attempt(const struct check *check, const struct attempt *attempt, bool inside,
			  int *ret_status, char **ret_remark)
{
	static char verb[] = "run", variable[] = "--env", end[] = "--", terminal[] = "--terminal";
	/* The directory that the island attempts know, with what in it is protected. */
	static const char *const project[] = {"--rw=%s",          "--ro=%s/deep/mid/kept",
					      "--ro=%s/.envrc",   "--ro=%s/.tool/config",
					      "--hide=%s/hidden", "--chdir=%s"};
	_cleanup_free_ char *named = canary_value(check, "named"),
			    *outside = canary_value(check, "project"),
			    *value = xasprintf("ATTACK=%s", check->canaries), *text = NULL,
			    *input = streq(attempt->needs, "stdin")
					     ? xasprintf("%s/tree/stdin", check->directory)
					     : xstrdup("/dev/null");
	VECTOR(char *) words = {0};
	_cleanup_strv_ struct strv added = {0};
	char *verdict = NULL, *at, *line;
	_cleanup_free_ char *start = xasprintf("attack: %s ", attempt->name);

	if (streq(attempt->needs, "tty")) {
		*vector_add(&words) = check->helper;
		*vector_add(&words) = terminal;
	}
	if (inside) {
		*vector_add(&words) = (char *)check->self;
		*vector_add(&words) = verb;
		for (size_t i = 0; i < check->options.count; i++)
			*vector_add(&words) = check->options.items[i];
		for (size_t i = 0; has(attempt->words, "project") && i < 6; i++) {
			_cleanup_free_ char *path = canary_value(check, "project");
			const char *after = strstr(project[i], "%s") + 2;

			strv_take(&added, xasprintf("%.*s%s%s", (int)(after - 2 - project[i]),
						    project[i], path, after));
			*vector_add(&words) = added.items[i];
		}
		*vector_add(&words) = variable;
		*vector_add(&words) = value;
		*vector_add(&words) = end;
	} else {
		setenv("ATTACK", check->canaries, 1);
	}
	*vector_add(&words) = check->helper;
	*vector_add(&words) = attempt->name;
	if (streq(attempt->needs, "named"))
		*vector_add(&words) = named;
	*vector_add(&words) = NULL;
	*ret_status = run(check, words.items, inside ? NULL : outside, input, &text);
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

/* Both tries of an attempt. -errno where no sandbox is started at all. */
static int try_attempt(struct check *check, struct attempt *attempt, struct error *e)
{
	_cleanup_free_ char *remark = NULL, *touched = NULL;
	int status;

	if (geteuid() != 0 && !has(attempt->words, "only-inside")) {
		attempt->without = make_attempt(check, attempt, false, &status, &remark);
		free(ask_canary(check));
		free(TAKE_PTR(remark));
	}
	attempt->inside = make_attempt(check, attempt, true, &status, &remark);
	touched = ask_canary(check);
	attempt->remark = touched ? TAKE_PTR(touched) : TAKE_PTR(remark);
	if (!attempt->inside && status == EXIT_HUTCH_FAILED && attempt == check->attempts.items)
		return error_set(e, EIO, "%s",
				 attempt->remark ? attempt->remark : "check: no sandbox");
	if (!attempt->inside && status == 255)
		attempt->state = UNTRIED;
	else if (attempt->inside && !streq(attempt->inside, "WORKED") && !attempt->remark)
		attempt->state = HELD;
	else
		attempt->state = is_granted(check, attempt) ? BY_DESIGN : OPEN;
	if (!attempt->inside && attempt->state != UNTRIED)
		attempt->inside = xasprintf("status %d", status);
	return 0;
}

static void print_text(const struct check *check, const size_t *counts)
{
	static const char *const colours[] = {"", "\033[33m", "\033[31m", "\033[2m"};
	static const char *const notes[] = {"", " (by design)", " (!)", ""};
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	printf("%-60s %-14s %s\n", "what is tried", "without", "inside");
	vector_each (a, &check->attempts) {
		_cleanup_free_ char *remark = a->remark ? string_escape(a->remark) : NULL;

		printf("%-60s %-14s %s%s%s%s", a->text, a->without ? a->without : "-",
		       colour ? colours[a->state] : "", a->inside ? a->inside : "-",
		       notes[a->state], colour ? "\033[m" : "");
		printf("%s%s\n", remark ? "  " : "", remark ? remark : "");
	}
	printf("%zu held, %zu did not; %zu open by design, %zu could not be tried\n", counts[HELD],
	       counts[OPEN], counts[BY_DESIGN], counts[UNTRIED]);
}

static void add_text(struct json_object *to, const char *key, const char *text)
{
	_cleanup_free_ char *escaped = text ? string_escape(text) : NULL;

	json_object_object_add(to, key, escaped ? json_object_new_string(escaped) : NULL);
}

static void print_json(const struct check *check, const size_t *counts)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();

	add_text(root, "version", HUTCH_VERSION);
	json_object_object_add(root, "holds", json_object_new_boolean(!counts[OPEN]));
	vector_each (a, &check->attempts) {
		struct json_object *object = json_object_new_object();

		add_text(object, "name", a->name);
		add_text(object, "text", a->text);
		add_text(object, "without", a->without);
		add_text(object, "inside", a->inside);
		add_text(object, "state", state_names[a->state]);
		add_text(object, "remark", a->remark);
		json_object_array_add(list, object);
	}
	json_object_object_add(root, "attempts", list);
	printf("%s\n", json_object_to_json_string_ext(
			       root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

static void end_check(struct check *check)
{
	if (check->canary > 0) {
		close(check->to);
		while (waitpid(check->canary, NULL, 0) < 0 && errno == EINTR)
			;
		close(check->from);
	}
	if (check->directory)
		rmdir(check->directory);
	vector_each (a, &check->attempts) {
		free(a->name);
		free(a->needs);
		free(a->words);
		free(a->text);
		free(a->without);
		free(a->inside);
		free(a->remark);
	}
	vector_free(&check->attempts);
	strv_free(&check->options);
	free(check->helper);
	free(check->directory);
	free(check->canaries);
	free(check->granted);
}

static int perform(struct check *check, struct request *request, bool json, struct error *e)
{
	size_t counts[UNTRIED + 1] = {0};
	const char *top = getenv("TMPDIR");
	int r;

	if (readlink("/proc/self/exe", check->self, sizeof(check->self) - 1) <= 0)
		return error_errno(e, errno, "/proc/self/exe");
	check->helper = helper_path("hutch-attempts");
	if (!check->helper) {
		error_set(e, ENOENT, "check: hutch-attempts is not installed");
		return error_remedy(e, "install hutch again");
	}
	check->directory = xasprintf("%s/hutch-check.XXXXXX", top && *top == '/' ? top : "/tmp");
	if (!mkdtemp(check->directory)) {
		r = error_errno(e, errno, "%.100s", check->directory);
		free(TAKE_PTR(check->directory));
		return r;
	}
	signal(SIGPIPE, SIG_IGN);
	r = start_canary(check, e);
	if (r == 0)
		r = look_at_plan(check, request, e);
	if (r == 0)
		r = list_attempts(check, e);
	for (size_t i = 0; r == 0 && i < check->attempts.count; i++) {
		r = try_attempt(check, &check->attempts.items[i], e);
		counts[check->attempts.items[i].state]++;
	}
	if (r < 0)
		return r;
	if (json)
		print_json(check, counts);
	else
		print_text(check, counts);
	return counts[OPEN] ? EXIT_OPEN : 0;
}

int command_check(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct check check = {0};
	struct error e = {0};
	int r, status = 0;

	r = command_request(argc, argv, VERB_CHECK, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	if (r == 0 && request.arguments.count)
		r = error_set(&e, EINVAL, "check: %.100s: takes options, and no program",
			      request.arguments.items[0]);
	for (int i = 1; i < argc; i++)
		if (!streq(argv[i], "--json") && !streq(argv[i], "--"))
			strv_add(&check.options, argv[i]);
	if (r == 0)
		r = perform(&check, &request, line.json, &e);
	status = r < 0 ? log_error(&e) : r;
	end_check(&check);
	request_free(&request);
	return fflush(stdout) == 0 ? status : EXIT_HUTCH_FAILED;
}
