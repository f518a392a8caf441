// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/late_helper.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/string.h"
#include "engine/spawn.h"
#include "engine/supervise.h"
#include "kernel/sys.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* Have it end, where it didn't; its status. */
static int reap(struct late_helper *helper)
{
	int status = spawn_end(&helper->process);

	helper->pidfd = fd_close(helper->pidfd);
	return status;
}

/* It ended by itself. */
static int gone(struct watch *watch, short revents, struct error *e)
{
	struct late_helper *helper = watch->data;
	char how[64], text[200];

	watch->fd = -1;
	spawn_describe(reap(helper), how, sizeof(how));
	snprintf(text, sizeof(text), "%s %s; the program goes on without %s", helper->name, how,
		 helper->serves);
	log_line("%s", text);
	strv_add(&helper->report->notes, text);
	return 0;
}

/* @words are its command line, in which NULL in the place of a word stands for the socket's number. */
static int start(struct late_helper *helper, struct late_sockets *sockets, const char *socket,
		 const char *program, const char *const *words, size_t count,
		 struct supervision *supervision, struct error *e)
{
	_cleanup_fd_ int listener = late_socket_make(sockets, socket, e);
	_cleanup_strv_ struct strv argv = {0};
	int r;

	if (listener < 0)
		return listener;
	for (size_t i = 0; i < count; i++)
		strv_take(&argv, words[i] ? xstrdup(words[i]) : xasprintf("%d", listener));
	r = spawn_helper(&(struct spawn){.path = program,
					 .argv = argv.items,
					 .descriptors = &listener,
					 .count = 1,
					 .output = -1},
			 &helper->process, e);
	if (r < 0)
		return r;
	helper->name = words[0];
	log_step("%s is process %d", helper->name, helper->process);
	helper->pidfd = sys_pidfd_open(helper->process, 0);
	if (helper->pidfd < 0)
		return error_errno(e, errno, "%s", helper->name);
	supervise_watch(supervision, &(struct watch){helper->pidfd, POLLIN, gone, helper});
	return 0;
}

int late_helpers_start(struct late_helpers *helpers, const struct plan *plan,
		       struct late_sockets *sockets, struct report *report,
		       struct supervision *supervision, struct error *e)
{
	const struct plan_sound *sound = &plan->sound;
	const char *const sound_words[] = {"hutch-sound", NULL, sound->server,
					   sound->record ? "record" : "play"};
	const char *const link_words[] = {"hutch-open", "--serve", NULL, plan->links.bus};
	int r = 0;

	helpers->sound.serves = "sound";
	helpers->links.serves = "a way to open links";
	helpers->sound.report = helpers->links.report = report;
	if (sound->server)
		r = start(&helpers->sound, sockets, sound->own, sound->helper, sound_words, 4,
			  supervision, e);
	if (r == 0 && plan->links.helper)
		r = start(&helpers->links, sockets, plan->links.own, plan->links.helper, link_words,
			  4, supervision, e);
	return r;
}

void late_helpers_stop(struct late_helpers *helpers)
{
	reap(&helpers->sound);
	reap(&helpers->links);
}
