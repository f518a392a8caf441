// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch shell [NAME] [options] [-- COMMAND…]
 *
 * A run like any other, under the profile "shell", whose overlays are kept in a session. What is
 * special stands here: which session, which shell and how it shows where one is, and what becomes
 * of the session at the end.
 */
#include "commands/shell.h"
#include "base/log.h"
#include "base/user.h"
#include "commands/commands.h"
#include "commands/diff.h"
#include "commands/prompt.h"
#include "commands/run_sandbox.h"
#include "commands/session.h"
#include "engine/session_began.h"
#include "engine/session_select.h"
#include "engine/spawn.h"
#include "language/request_build.h"
#include "plan/aside.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Of the summary at the end; `hutch diff` has them all. */
enum { SUMMARY_LINES = 20 };

struct shell {
	struct session session;
	const struct command_line *line;
	char *root;
	bool fresh;    /* the session began with this command */
	pid_t reading; /* who reads what the host has (engine/session_began.h) */
};

/* Words between "shell" and the options or "--" name the session. */
static int take_name(struct request *request, const struct command_line *line, char **ret_name,
		     struct error *e)
{
	if (*ret_name || !request->arguments.count || line->separated)
		return 0;
	if (request->arguments.count > 1) {
		error_set(e, EINVAL, "shell: \"%.100s\" is no option", request->arguments.items[1]);
		return error_remedy(e, "put -- before a command: hutch shell -- %.100s …",
				    request->arguments.items[0]);
	}
	*ret_name = xstrdup(request->arguments.items[0]);
	strv_free(&request->arguments);
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void set_variable(struct request *request, const char *name, const char *value)
{
	struct setting *setting = vector_add(&request->settings);

	setting->id = SETTING_ENV;
	setting->name = "env";
	setting->text = xasprintf("%s=%s", name, value);
	setting->pair.name = xstrdup(name);
	setting->pair.value = xstrdup(value);
	setting->origin.layer = LAYER_COMMAND_LINE;
}

/* The user's own shell, told to show in its prompt where one is (plan/aside.h). */
static void add_shell(struct request *request, const char *name)
{
	static const char fish[] = "functions -q fish_prompt; and functions -c fish_prompt "
				   "__hutch_prompt; function fish_prompt; "
				   "echo -n \"(hutch:$HUTCH_SESSION) \"; __hutch_prompt; end";
	const char *shell = getenv("SHELL");
	_cleanup_free_ char *login = NULL;

	if (!shell || shell[0] != '/' || access(shell, X_OK) < 0) {
		login = user_shell(getuid());
		shell = login && login[0] == '/' && access(login, X_OK) == 0 ? login : "/bin/sh";
	}
	strv_add(&request->arguments, shell);
	if (streq(base_name(shell), "bash")) {
		strv_add(&request->arguments, "--rcfile");
		strv_add(&request->arguments, ASIDE_BASHRC);
	} else if (streq(base_name(shell), "zsh")) {
		set_variable(request, "ZDOTDIR", ASIDE_ZDOTDIR);
	} else if (streq(base_name(shell), "fish")) {
		strv_add(&request->arguments, "-C");
		strv_add(&request->arguments, fish);
	} else {
		_cleanup_free_ char *prompt = xasprintf("(hutch:%s) $ ", name);

		set_variable(request, "PS1", prompt);
	}
}

static int begin_from(struct shell *shell, const char *base, struct error *e)
{
	_cleanup_session_ struct session from = SESSION_NONE;
	int r = session_open(shell->root, base, &from, e);

	if (r == 0)
		r = session_copy_layers(&shell->session, &from, e);
	return r < 0 ? error_wrap(e, "--base") : 0;
}

/* Go on in the session @name, or begin one. */
static int choose_session(struct shell *shell, const char *name, const struct command_line *line,
			  struct error *e)
{
	_cleanup_free_ char *made_up = NULL;
	int r;

	if (name && line->keep) {
		error_set(e, EINVAL, "shell: %s goes on in a session, --keep begins one", name);
		return error_remedy(e, "leave one of them out");
	}
	if (name && line->base) {
		error_set(e, EINVAL, "shell: --base: %s has begun already", name);
		return error_remedy(e, "--keep NEW --base %s", line->base);
	}
	if (name) {
		r = session_open(shell->root, name, &shell->session, e);
		/* It may be meant for a program. */
		if (r == -ENOENT && shell->session.fd < 0 && !strstr(e->remedy, "did you mean")) {
			*e->remedy = '\0';
			return error_remedy(e, "a program is started by hutch shell -- %.100s",
					    name);
		}
		/* All of it is on the host: what the layers still hold would only hide what became
		 * of it since. */
		if (r == 0 && shell->session.applied)
			r = session_empty(&shell->session, e);
		return r;
	}
	if (!line->keep)
		made_up = session_new_name(shell->root);
	shell->fresh = true;
	r = session_create(shell->root, line->keep ? line->keep : made_up, &shell->session, e);
	if (r < 0) {
		shell->fresh = shell->fresh && r != -EEXIST && r != -EBUSY;
		return r;
	}
	return line->base ? begin_from(shell, line->base, e) : 0;
}

/* Between the plan and the start. */
static int prepare(const struct plan *plan, struct report *report, void *data, struct error *e)
{
	struct shell *shell = data;
	_cleanup_strbuf_ struct strbuf command = {0};
	int r;

	if (!plan->namespaces) {
		error_set(e, EOPNOTSUPP, "shell: without namespaces nothing can be kept aside");
		return error_remedy(e, "`hutch doctor` tells how to allow them");
	}
	if (plan->id_map == ID_RANGE) {
		error_set(e, EOPNOTSUPP,
			  "shell: --uid range: what other ids write could not be read afterwards");
		return error_remedy(e, "--uid self or --uid root");
	}
	r = session_add_layers(&shell->session, plan, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plan->arguments.count && i < 8; i++)
		strbuf_printf(&command, "%s%s", i ? " " : "", plan->arguments.items[i]);
	free(shell->session.command);
	shell->session.command = xstrdup(command.text);
	shell->session.used = time(NULL);
	r = session_save(&shell->session, e);
	if (r == 0 && !shell->line->rm) {
		_cleanup_free_ char *directory = getcwd(NULL, 0);

		shell->reading = began_start(&shell->session, directory ? directory : "");
	}
	return r;
}

/* What becomes of a session without a name of the user's: true to drop it. */
static bool is_to_be_dropped(const struct shell *shell, const struct changes *changes)
{
	for (;;) {
		_cleanup_free_ char *all = NULL;

		switch (prompt_letter("[k]eep it, [d]rop it, [l]ist all? ")) {
		case 'd':
			return true;
		case 'l':
			all = diff_summary(&shell->session, changes, SIZE_MAX);
			fputs(all, stderr);
			break;
		case 'k':
		case '\0':
			return false;
		default:
			break;
		}
	}
}

/* Whether all that was changed is that the shell wrote down what was typed, and the directories on
 * the way there. */
static bool is_history(const struct session *session, const struct changes *changes,
		       const char *home)
{
	static const char *const histories[] = {".bash_history", ".zsh_history",
						".local/share/fish/fish_history"};

	vector_each (change, &changes->list) {
		_cleanup_free_ char *path = change_path(session, change);
		const char *rest = startswith(path, home);
		bool found = false;

		for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++)
			found |= rest && *rest == '/' &&
				 (S_ISDIR(change->new_one.st_mode)
					  ? startswith(histories[i], rest + 1) != NULL
					  : streq(histories[i], rest + 1));
		if (!found || change->kind == CHANGE_REMOVED)
			return false;
	}
	return true;
}

/* The end: say what was changed; drop what nobody wants. The shell started where @ran. */
static int finish(struct shell *shell, bool ran, struct error *e)
{
	const struct command_line *line = shell->line;
	_cleanup_changes_ struct changes changes = {0};
	const struct strv none = {0};
	_cleanup_free_ char *text = NULL;
	const char *home = user_home();
	bool drop = line->rm || (shell->fresh && !ran);
	int r;

	spawn_end(&shell->reading);
	if (drop)
		return session_discard(&shell->session, e);
	began_note_touched(&shell->session);
	r = changes_read(&shell->session, home ? home : "/", &changes, e);
	if (r < 0)
		return error_wrap(e, "session %s", shell->session.name);
	if (!changes_select(&shell->session, &changes, &none, &none, NULL) ||
	    (shell->fresh && !line->keep &&
	     is_history(&shell->session, &changes, home ? home : "/")))
		return shell->fresh && !line->keep ? session_discard(&shell->session, e) : 0;
	text = diff_summary(&shell->session, &changes, SUMMARY_LINES);
	fprintf(stderr, "\nsession %s:\n%s", shell->session.name, text);
	if (shell->fresh && !line->keep && prompt_possible() && is_to_be_dropped(shell, &changes))
		return session_discard(&shell->session, e);
	fprintf(stderr, "hutch diff %s · hutch apply %s · hutch discard %s\n", shell->session.name,
		shell->session.name, shell->session.name);
	return 0;
}

int run_in_session(struct request *request, const struct command_line *line, const char *name,
		   struct error *e)
{
	struct shell shell = {.session = SESSION_NONE, .line = line};
	struct error later = {0};
	int r;

	shell.root = sessions_root(e);
	r = shell.root ? choose_session(&shell, name, line, e) : -e->code;
	if (r == 0) {
		request->session = xstrdup(shell.session.directory);
		/* What was made for the session itself is older. */
		if (!shell.session.start.tv_sec) {
			clock_gettime(CLOCK_REALTIME, &shell.session.start);
			request->settled = shell.session.start;
		}
		set_variable(request, "HUTCH_SESSION", shell.session.name);
		if (!request->arguments.count)
			add_shell(request, shell.session.name);
		r = run_sandbox(request, line->log_denied, prepare, &shell, e);
	}
	if (shell.session.fd >= 0 && finish(&shell, r >= 0, &later) < 0)
		log_error(&later);
	session_close(&shell.session);
	free(shell.root);
	return r;
}

int command_shell(int argc, char **argv)
{
	struct request request = {0};
	_cleanup_command_line_ struct command_line line = {0};
	_cleanup_free_ char *name = NULL;
	struct error e = {0};
	int r, status = 0;

	if (argc > 1 && argv[1][0] && argv[1][0] != '-') {
		name = xstrdup(argv[1]);
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	r = command_request(argc, argv, VERB_SHELL, &request, &line, &status, &e);
	if (r > 0) {
		request_free(&request);
		return status;
	}
	if (r == 0)
		r = take_name(&request, &line, &name, &e);
	if (r == 0)
		r = run_in_session(&request, &line, name, &e);
	if (r < 0)
		r = log_error(&e);
	request_free(&request);
	return r;
}
