// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-dbus: one message bus, filtered. It makes the place in which xdg-dbus-proxy runs, and
 * becomes it:
 *
 *	what needs the real bus ─► root of its own (root.c) ─► confine.c ─► xdg-dbus-proxy
 *
 * The launcher hears of a failure by a line "error TEXT" on standard error, and by the end of the
 * descriptor behind which it waits.
 */
#include "ask.h"
#include "proxy.h"

#include "base/fd.h"
#include "base/string.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct options {
	struct proxy proxy;
	bool documents;     /* have the document portal started */
	bool accessibility; /* the address is of a bus that knows that of screen readers */
	/* Number of the descriptor that is written a byte to for each thing that is there: the
	 * documents, where they were asked for, and the proxy's socket. */
	const char *sync;
	char **rules;
};

static int parse(int argc, char **argv, struct options *ret)
{
	static const struct option options[] = {
		{"proxy", required_argument, NULL, 'p'},
		{"directory", required_argument, NULL, 'd'},
		{"name", required_argument, NULL, 'n'},
		{"address", required_argument, NULL, 'a'},
		{"info", required_argument, NULL, 'i'},
		{"sync-fd", required_argument, NULL, 's'},
		{"documents", no_argument, NULL, 'D'},
		{"accessibility", no_argument, NULL, 'A'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) >= 0) {
		if (option == 'p')
			ret->proxy.program = optarg;
		else if (option == 'd')
			ret->proxy.directory = optarg;
		else if (option == 'n')
			ret->proxy.name = optarg;
		else if (option == 'a')
			ret->proxy.address = optarg;
		else if (option == 'i')
			ret->proxy.info = optarg;
		else if (option == 's')
			ret->sync = optarg;
		else if (option == 'D')
			ret->documents = true;
		else if (option == 'A')
			ret->accessibility = true;
		else
			return -EINVAL;
	}
	ret->rules = argv + optind;
	return ret->proxy.program && ret->proxy.directory && ret->proxy.name &&
			       ret->proxy.address && ret->sync
		       ? 0
		       : -EINVAL;
}

/* Become the proxy. */
static int execute(const struct options *options, size_t rules, struct error *e)
{
	const char *name = startswith(options->proxy.address, "abstract:");
	char **argv = xcalloc(rules + 6, sizeof(char *));
	char *environment[] = {NULL};
	size_t count = 0;

	argv[count++] = options->proxy.program;
	argv[count++] = xasprintf("--fd=%s", options->sync);
	argv[count++] = name ? xasprintf("unix:abstract=%s", name) : xstrdup("unix:path=/bus");
	argv[count++] = xasprintf("/proxy/%s", options->proxy.name);
	argv[count++] = xstrdup("--filter");
	for (size_t i = 0; i < rules; i++)
		argv[count++] = options->rules[i];
	execve(options->proxy.program, argv, environment);
	return error_errno(e, errno, "%s", options->proxy.program);
}

/*
 * In a process of its own, as the portal and the proxy both take their time; here and now where there
 * can be none. Nobody reaps it: the proxy knows of no children.
 */
static void ask_beside(const struct options *options)
{
	pid_t asking;

	signal(SIGCHLD, SIG_IGN);
	asking = fork();
	if (asking > 0)
		return;
	ask_documents(options->proxy.address);
	if (write(atoi(options->sync), "d", 1) < 0 || asking == 0)
		_exit(0);
}

static int run(struct options *options, struct error *e)
{
	pid_t launcher = getppid();
	size_t rules = 0;
	int r;

	if (options->documents)
		ask_beside(options);
	while (options->rules[rules])
		rules++;
	r = options->accessibility
		    ? ask_accessibility(options->proxy.address, &options->proxy.address, e)
		    : 0;
	if (r == 0)
		r = proxy_root(&options->proxy, e);
	/* A change of credentials takes the wish away (prctl(2)); the launcher made it at first. */
	if (r == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		r = error_errno(e, errno, "PR_SET_PDEATHSIG");
	if (r == 0 && getppid() != launcher)
		_exit(EXIT_HUTCH_FAILED);
	if (r == 0)
		r = proxy_confine(&options->proxy, e);
	umask(077);
	return r < 0 ? r : execute(options, rules, e);
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct error e = {0};

	if (parse(argc, argv, &options) < 0) {
		fprintf(stderr, "error hutch-dbus is run by hutch\n");
		return EXIT_HUTCH_FAILED;
	}
	if (run(&options, &e) < 0)
		fprintf(stderr, "error %s\n", e.text);
	return EXIT_HUTCH_FAILED;
}
