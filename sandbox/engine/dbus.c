// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * Each bus has a proxy of its own (helpers/dbus): what it refuses can be told apart by bus, and who
 * takes one over has not the others. They are started first of all, so that they get ready beside
 * what else is made, and are waited for before the child is, which binds their sockets.
 *
 * A proxy ends with the launcher, by the signal it asked for and as the descriptor closes that it
 * was given to watch. Where one ends by itself, its socket leads nowhere: the program has lost that
 * bus and goes on, since nothing falls open by that.
 *
 * What a proxy writes is read for refusals. The program inside chooses the names in it: it can make
 * refusals up, of which it gets nothing but a line to be shown, escaped.
 */
#include "engine/dbus.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/spawn.h"
#include "engine/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PATIENCE = 15000,   /* ms until all must listen */
	READS_A_TURN = 16,  /* so that others get theirs */
	REFUSALS_TOLD = 256 /* distinct ones */
};

static int64_t milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Where the document portal has to have its files ready before the sandbox is made. */
static bool has_documents(const struct plan_dbus *plan, enum plan_bus_which which)
{
	return plan->portals && plan->app && which == BUS_SESSION;
}

/* The helper's command line, to be freed with its strings. */
static void make_argv(const struct plan_dbus *plan, enum plan_bus_which which, int sync,
		      struct strv *argv)
{
	const struct plan_bus *bus = &plan->buses[which];

	strv_add(argv, "hutch-dbus");
	strv_take(argv, xasprintf("--proxy=%s", plan->proxy));
	strv_take(argv, xasprintf("--directory=%s", plan->directory));
	strv_take(argv, xasprintf("--name=%s", plan_bus_names[which]));
	strv_take(argv, xasprintf("--address=%s", bus->address));
	strv_take(argv, xasprintf("--sync-fd=%d", sync));
	if (plan->info && which == BUS_SESSION)
		strv_take(argv, xasprintf("--info=%s", plan->info));
	if (has_documents(plan, which))
		strv_add(argv, "--documents");
	if (which == BUS_ACCESSIBILITY)
		strv_add(argv, "--accessibility");
	strv_add(argv, "--");
	if (plan->log)
		strv_add(argv, "--log");
	for (size_t i = 0; i < bus->rules.count; i++)
		strv_add(argv, bus->rules.items[i]);
}

static int start_proxy(struct bus_proxy *proxy, struct error *e)
{
	const struct plan_dbus *plan = &proxy->dbus->plan->dbus;
	_cleanup_fd_ int sync = -1, output = -1;
	_cleanup_strv_ struct strv argv = {0};
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(e, errno, "making a pipe");
	proxy->sync = pair[0];
	sync = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(e, errno, "making a pipe");
	proxy->log = pair[0];
	output = pair[1];
	fcntl(proxy->log, F_SETFL, O_NONBLOCK);
	make_argv(plan, proxy->which, sync, &argv);
	return spawn_helper(&(struct spawn){.path = plan->helper,
					    .argv = argv.items,
					    .descriptors = &sync,
					    .count = 1,
					    .output = output},
			    &proxy->process, e);
}

int dbus_start(struct dbus *dbus, const struct plan *plan, struct report *report,
	       struct supervision *supervision, struct error *e)
{
	int r;

	dbus->plan = plan;
	dbus->report = report;
	dbus->supervision = supervision;
	for (size_t i = 0; i < BUS_COUNT; i++)
		dbus->proxies[i] = (struct bus_proxy){
			.dbus = dbus, .which = (enum plan_bus_which)i, .sync = -1, .log = -1};
	dbus->started = true;
	for (size_t i = 0; i < plan->dbus.notes.count; i++)
		strv_add(&report->notes, plan->dbus.notes.items[i]);
	r = dbus_instance_make(&dbus->instance, &plan->dbus, e);
	for (size_t i = 0; r == 0 && i < BUS_COUNT; i++)
		if (plan->dbus.buses[i].address)
			r = start_proxy(&dbus->proxies[i], e);
	return r;
}

/* Tell of a call that was refused, unless it was told before. */
static void tell(struct dbus *dbus, struct bus_refusal *refusal)
{
	struct report *report = dbus->report;

	vector_each (known, &report->bus_refusals) {
		if (!streq(known->what, refusal->what))
			continue;
		known->count++;
		bus_refusal_free(refusal);
		return;
	}
	if (report->bus_refusals.count >= REFUSALS_TOLD) {
		bus_refusal_free(refusal);
		return;
	}
	*vector_add(&report->bus_refusals) = *refusal;
	if (report->bus_refused)
		report->bus_refused(dbus->plan, refusal);
}

/* "C8: -> DESTINATION call INTERFACE.MEMBER at PATH", and behind it why it was refused. */
static void refused(struct bus_proxy *proxy)
{
	static const char *const verbs[] = {"see", "see", "talk", "own"};
	const char *bus = plan_bus_names[proxy->which];
	struct bus_refusal refusal = {.bus = bus, .count = 1};
	char destination[256], method[520], path[256], name[256];
	unsigned serial, have, wanted;

	if (sscanf(proxy->call, "C%u: -> %255s call %519s at %255s", &serial, destination, method,
		   path) != 4)
		return;
	refusal.name = xstrdup(destination);
	refusal.what = xasprintf("%s: %s at %s", destination, method, path);
	if (sscanf(proxy->name, "Filtering message due to arg0 %255[^,], policy: %u (required %u)",
		   name, &have, &wanted) == 3 &&
	    wanted < sizeof(verbs) / sizeof(verbs[0])) {
		free(refusal.what);
		free(refusal.name);
		refusal.name = xstrdup(name);
		refusal.what = xasprintf("%s of %s", method, name);
		refusal.line = xasprintf("%s.%s = %s", bus, verbs[wanted], name);
	} else if (!streq(destination, "org.freedesktop.DBus") && destination[0] != ':') {
		refusal.line = xasprintf("%s.call = %s=%s@%s", bus, destination, method, path);
	}
	tell(proxy->dbus, &refusal);
}

static void read_line(struct bus_proxy *proxy)
{
	const char *line = proxy->line;

	if (line[0] == 'C' && strstr(line, ": -> ")) {
		snprintf(proxy->call, sizeof(proxy->call), "%s", line);
		proxy->name[0] = '\0';
	} else if (startswith(line, "Filtering message due to arg0 ")) {
		snprintf(proxy->name, sizeof(proxy->name), "%s", line);
	} else if (startswith(line, "*DENIED*") || startswith(line, "*HIDDEN*")) {
		refused(proxy);
		proxy->call[0] = proxy->name[0] = '\0';
	}
}

static void take_text(struct bus_proxy *proxy, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n') {
			proxy->line[proxy->length] = '\0';
			if (!proxy->skipping)
				read_line(proxy);
			proxy->length = 0;
			proxy->skipping = false;
		} else if (proxy->length + 1 < sizeof(proxy->line)) {
			proxy->line[proxy->length++] = text[i] ? text[i] : '?';
		} else {
			proxy->skipping = true;
		}
	}
}

/* The proxy ended by itself. */
static void gone(struct bus_proxy *proxy)
{
	char how[64], text[200];

	proxy->log = fd_close(proxy->log);
	proxy->sync = fd_close(proxy->sync);
	spawn_describe(spawn_end(&proxy->process), how, sizeof(how));
	if (proxy->dbus->ending)
		return;
	snprintf(text, sizeof(text), "D-Bus: the proxy %s; the program goes on without the %s bus",
		 how, plan_bus_names[proxy->which]);
	log_line("%s", text);
	strv_add(&proxy->dbus->report->notes, text);
}

/* Read what there is. False where there will be no more. */
static bool drain(struct bus_proxy *proxy)
{
	char text[4096];
	ssize_t length = 1;

	for (int i = 0; proxy->log >= 0 && length > 0 && i < READS_A_TURN; i++) {
		length = read(proxy->log, text, sizeof(text));
		if (length > 0)
			take_text(proxy, text, (size_t)length);
	}
	return length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR));
}

static int log_ready(struct watch *watch, short revents, struct error *e)
{
	struct bus_proxy *proxy = watch->data;

	if (!drain(proxy))
		gone(proxy);
	watch->fd = proxy->log;
	return 0;
}

/* It ended before it listened: by its own words, if there are any. */
static int failed(struct bus_proxy *proxy, struct error *e)
{
	const char *bus = plan_bus_names[proxy->which], *line;
	char text[600], how[64];
	ssize_t length = read(proxy->log, text, sizeof(text) - 1);

	spawn_describe(spawn_end(&proxy->process), how, sizeof(how));
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	line = startswith(text, "error ");
	if (!line && *text)
		line = text;
	error_set(e, ECHILD, "D-Bus: the proxy of the %s bus %s%s%s", bus, how,
		  line ? ": " : " before it listened", line ? line : "");
	return error_remedy(e,
			    "`hutch doctor` tells what this machine allows; --dbus-%s none does "
			    "without",
			    bus);
}

/* A byte comes for each thing that is there: the socket, and before or after it the documents. */
static int wait_for(struct bus_proxy *proxy, int64_t end, struct error *e)
{
	struct pollfd fd = {.fd = proxy->sync, .events = POLLIN};
	int things = has_documents(&proxy->dbus->plan->dbus, proxy->which) ? 2 : 1;
	int64_t left;
	char byte;

	while ((left = end - milliseconds()) > 0) {
		int r = poll(&fd, 1, (int)left);

		if (r < 0 && errno != EINTR)
			return error_errno(e, errno, "waiting for the D-Bus proxy");
		if (r > 0 && read(proxy->sync, &byte, 1) != 1)
			return failed(proxy, e);
		if (r > 0 && --things == 0)
			return 0;
	}
	return error_set(e, ETIMEDOUT, "D-Bus: the proxy of the %s bus does not listen after %d s",
			 plan_bus_names[proxy->which], PATIENCE / 1000);
}

int dbus_wait(struct dbus *dbus, struct error *e)
{
	int64_t end = milliseconds() + PATIENCE;

	for (size_t i = 0; i < BUS_COUNT; i++) {
		struct bus_proxy *proxy = &dbus->proxies[i];
		int r = proxy->process ? wait_for(proxy, end, e) : 0;

		if (r < 0)
			return r;
		if (!proxy->process)
			continue;
		log_step("D-Bus: the proxy of the %s bus listens: process %d", plan_bus_names[i],
			 proxy->process);
		supervise_watch(dbus->supervision,
				&(struct watch){proxy->log, POLLIN, log_ready, proxy});
	}
	return 0;
}

int dbus_identify(struct dbus *dbus, pid_t pid, struct error *e)
{
	return dbus_instance_identify(&dbus->instance, pid, e);
}

void dbus_stop(struct dbus *dbus)
{
	if (!dbus->started)
		return;
	dbus->ending = true;
	for (size_t i = 0; i < BUS_COUNT; i++) {
		/* What was refused last is written before it is answered, so it is there. */
		drain(&dbus->proxies[i]);
		spawn_end(&dbus->proxies[i].process);
		fd_close(dbus->proxies[i].sync);
		fd_close(dbus->proxies[i].log);
	}
	dbus_instance_remove(&dbus->instance);
	dbus->started = false;
}
