// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of questions, for everything that was used: does the default profile grant it? Is it
 * something that nobody should grant without having thought about it? Does a word grant it? What
 * remains becomes paths. At the end the text is read back as a profile and a plan is made from it,
 * and what that plan still does not reach is said, so that the text promises nothing it does not
 * hold.
 */
#include "language/learn.h"

#include "base/fd.h"
#include "base/user.h"
#include "engine/session_risk.h"
#include "language/expand.h"
#include "language/learn_say.h"
#include "language/profile_store.h"
#include "language/request_build.h"
#include "plan/dbus.h"
#include "plan/query.h"
#include "plan/reach.h"
#include "plan/rules.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void keep(touched_list *list, const struct touched *touched)
{
	*vector_add(list) = touched; // NOLINT(bugprone-sizeof-expression): pointers are held
}

/* What is asked for of a sandbox that is the default profile's. */
static void default_options(struct strv *options)
{
	strv_add(options, "--profile");
	strv_add(options, "default");
}

int learn_program(const struct strv *arguments, char **ret_program, struct error *e)
{
	_cleanup_strv_ struct strv options = {0};
	struct offers offers = {.arguments = arguments};
	struct request request = {0};
	struct plan plan = {0};
	struct host host = {0};
	int r;

	default_options(&options);
	r = host_look(&host, e);
	offers.host = &host;
	if (r == 0)
		r = offers_plan(&offers, &options, &plan, &request, e);
	if (r == 0)
		*ret_program = TAKE_PTR(plan.program);
	plan_free(&plan);
	request_free(&request);
	host_free(&host);
	return r;
}

/* The paths that the word no-secrets hides. */
static void add_secrets(struct strv *list)
{
	_cleanup_problems_ struct problems problems = {0};
	struct profile_place places[2] = {0};
	size_t count = profile_places(PROFILE_WORD, "no-secrets", places);

	for (size_t i = 0; i < count; i++) {
		struct request word = {0};

		request_load_profile(&places[i], &word, NULL, &problems);
		request_each(setting, &word, SETTING_HIDE)
			strv_take(list, path_absolute("/", setting->path.path));
		request_free(&word);
		profile_place_free(&places[i]);
	}
}

static void set_bounds(struct learning *learning)
{
	static const char *const shared[] = {
		"/bin",           "/boot",          "/dev/shm",
		"/etc",           "/home",          "/lib",
		"/media",         "/mnt",           "/opt",
		"/proc",          "/root",          "/run/user",
		"/sbin",          "/srv",           "/sys",
		"/tmp",           "/usr/bin",       "/usr/lib",
		"/usr/local/bin", "/usr/local/lib", "/usr/local/share",
		"/usr/share",     "/var/cache",     "/var/lib",
		"/var/log",       "/var/tmp",
	};
	static const char *const applications[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME",
						   "XDG_STATE_HOME", "XDG_CACHE_HOME"};
	struct grant_bounds *bounds = &learning->bounds;

	bounds->home = learning->host.home;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		strv_add(&bounds->shared, shared[i]);
	learning->runtime = base_directory("XDG_RUNTIME_DIR");
	if (learning->runtime)
		strv_add(&bounds->shared, learning->runtime);
	for (size_t i = 0; i < sizeof(applications) / sizeof(applications[0]); i++) {
		char *directory = base_directory(applications[i]);

		if (directory)
			strv_take(&bounds->applications, directory);
	}
	add_secrets(&bounds->secrets);
}

static bool is_secret(const struct learning *learning, const char *path)
{
	char real[PATH_MAX];

	return grant_bounds_secret(&learning->bounds, path) ||
	       (realpath(path, real) && grant_bounds_secret(&learning->bounds, real));
}

/* Covered by the default profile, under this name or the one its links lead to. */
static bool is_hidden(const struct plan *plan, const char *path)
{
	char real[PATH_MAX];

	return plan_hides(plan, path) || (realpath(path, real) && plan_hides(plan, real));
}

/* Written, and obeyed later by what runs outside. In a directory that the program made, it is its
 * own affair. */
static bool is_risky(const struct learning *learning, const struct touched *touched)
{
	const struct recording *recording = learning->offers.recording;
	const char *tree = learning->host.directory ? learning->host.directory : "/";
	unsigned marks = RISK_SHELL | RISK_GIT | RISK_AUTOSTART | RISK_CRON | RISK_PATH | RISK_TOOL;
	_cleanup_free_ char *above = xstrdup(touched->path);
	char *slash;

	if (!(touched->access & (ACCESS_WRITE | ACCESS_NAMES)))
		return false;
	while ((slash = strrchr(above, '/')) && slash > above) {
		const struct touched *directory;

		*slash = '\0';
		directory = recording_find(recording, above);
		if (directory && !directory->existed && (directory->access & ACCESS_CREATE))
			return false;
	}
	if (!path_below(touched->path, tree))
		tree = "/";
	return risk_of(touched->path, tree, learning->host.home, S_IFREG | 0644, NULL) & marks;
}

static struct lesson lesson_of(const struct touched *touched)
{
	return (struct lesson){
		.path = touched->path,
		.write = touched->existed && (touched->access & ACCESS_WRITE),
		.made = touched->access & ACCESS_CREATE,
		.moved = touched->access & (ACCESS_REPLACE | ACCESS_REMOVE),
		.exists = access(touched->path, F_OK) == 0,
		.times = touched->times,
		.by = touched->by,
	};
}

/* A message bus itself. A part of one is a matter of rules; its socket is never shown. */
static bool is_bus(const struct learning *learning, const char *path)
{
	for (int i = 0; i < 2; i++) {
		const char *bus = learning->buses[i];
		const char *name = bus ? strchr(bus, ':') + 1 : NULL;

		if (name && streq(name, path))
			return true;
	}
	return false;
}

static void add_need(struct offers *offers, const struct plan *plan, const struct touched *touched)
{
	struct learnt_need *need = vector_add(&offers->needs);
	_cleanup_answer_ struct answer answer = {0};

	need->touched = touched;
	if (query_path(plan, touched->path, &answer, NULL) == 0)
		need->inside = TAKE_PTR(answer.inside);
}

/* What the default profile does not grant: into one of the lists. */
static void sort_out(struct learning *learning, const struct plan *plan)
{
	struct offers *offers = &learning->offers;

	vector_each (touched, &offers->recording->touched) {
		if (plan_reaches(plan, offers->recording, touched, learning->host.home))
			continue;
		if (is_bus(learning, touched->path))
			learning->past_us = touched;
		else if (path_below(touched->path, "/sys"))
			keep(&learning->usual, touched);
		else if (is_secret(learning, touched->path))
			*vector_add(&learning->secret) = lesson_of(touched);
		else if (is_hidden(plan, touched->path))
			keep(&learning->hidden, touched);
		else if (is_risky(learning, touched))
			*vector_add(&learning->risky) = lesson_of(touched);
		else
			add_need(offers, plan, touched);
	}
	vector_each (questioned, &offers->recording->questioned)
		*vector_add(&offers->needs) = (struct learnt_need){.questioned = questioned};
	vector_each (messaged, &offers->recording->messaged)
		*vector_add(&offers->needs) = (struct learnt_need){.messaged = messaged};
}

/* A directory that many things share, listed or gone through on the way to one of them. */
static bool is_way_there(const struct learning *learning, const struct touched *touched)
{
	return S_ISDIR(touched->type) && !(touched->access & ~(ACCESS_READ | ACCESS_ENTER)) &&
	       !grant_bounds_allow(&learning->bounds, touched->path);
}

/* What no word grants. */
static void take_rest(struct learning *learning)
{
	vector_each (need, &learning->offers.needs) {
		const struct touched *touched = need->touched;

		if (need->granted || !touched)
			continue;
		if (S_ISCHR(touched->type) || S_ISBLK(touched->type)) {
			keep(&learning->devices, touched);
		} else if (touched->access & ACCESS_CONNECT) {
			*vector_add(&learning->sockets) = lesson_of(touched);
		} else if (is_way_there(learning, touched)) {
			continue;
		} else if (touched->access == ACCESS_ENTER) {
			keep(&learning->entered, touched);
		} else {
			*vector_add(&learning->plain) = lesson_of(touched);
		}
	}
	grants_collapse(learning->plain.items, learning->plain.count, &learning->bounds,
			&learning->paths);
}

/* Read the text back, make a plan of it, and say what that does not reach. */
static int check(const struct learning *learning, struct strbuf *text, struct error *e)
{
	_cleanup_fd_ int fd = memfd_create("profile", MFD_CLOEXEC);
	_cleanup_strv_ struct strv options = {0};
	struct offers offers = learning->offers;
	struct request request = {0};
	struct plan plan = {0};
	int r;

	if (fd < 0 || fd_write_all(fd, text->text, text->length) < 0)
		return error_errno(e, errno, "a file in memory");
	strv_add(&options, "--profile");
	strv_take(&options, xasprintf("/proc/self/fd/%d", fd));
	offers.network = NULL;
	r = offers_plan(&offers, &options, &plan, &request, e);
	if (r < 0)
		error_wrap(e, "the proposed profile");
	vector_each (need, &offers.needs) {
		_cleanup_free_ char *path = NULL;

		if (r < 0 || !need->touched || (need->touched->access & ACCESS_CONNECT) ||
		    is_way_there(learning, need->touched) ||
		    plan_reaches(&plan, offers.recording, need->touched, learning->host.home))
			continue;
		path = string_escape(need->touched->path);
		strbuf_printf(text, "# not granted by the lines above: %s\n", path);
	}
	plan_free(&plan);
	request_free(&request);
	return r;
}

static int learn(struct learning *learning, struct strbuf *text, struct error *e)
{
	static const char *const modes[] = {
		[NET_NONE] = NULL, [NET_INTERNET] = "internet", [NET_LAN] = "lan"};
	_cleanup_strv_ struct strv options = {0};
	struct request request = {0};
	struct plan plan = {0};
	int r;

	learn_network(learning->offers.recording, &learning->network);
	learning->offers.network = modes[learning->network.mode];
	set_bounds(learning);
	default_options(&options);
	r = offers_plan(&learning->offers, &options, &plan, &request, e);
	if (r == 0) {
		learning->offers.plain = &plan;
		sort_out(learning, &plan);
		offers_take(&learning->offers);
		take_rest(learning);
		learn_say(learning, text);
		r = check(learning, text, e);
	}
	plan_free(&plan);
	request_free(&request);
	return r;
}

/* The arguments without those that name what the program made itself: when it began, they named
 * nothing, and when it begins again, they shall share nothing. */
static void arguments_before(const struct recording *recording, const struct strv *arguments,
			     const char *directory, struct strv *ret)
{
	for (size_t i = 0; i < arguments->count; i++) {
		_cleanup_free_ char *path =
			path_absolute(directory ? directory : "/", arguments->items[i]);
		const struct touched *touched = recording_find(recording, path);

		if (i == 0 || !touched || touched->existed)
			strv_add(ret, arguments->items[i]);
	}
}

int learn_profile(const struct recording *recording, const struct strv *arguments, char **ret,
		  struct error *e)
{
	struct learning learning = {.offers = {.recording = recording}, .words = arguments};
	_cleanup_strv_ struct strv before = {0};
	struct strbuf text = {0};
	int r;

	learning.offers.host = &learning.host;
	learning.offers.arguments = &before;
	learning.buses[0] = dbus_host_address(BUS_SESSION);
	learning.buses[1] = dbus_host_address(BUS_SYSTEM);
	r = host_look(&learning.host, e);
	if (r == 0) {
		arguments_before(recording, arguments, learning.host.directory, &before);
		r = learn(&learning, &text, e);
	}
	if (r == 0)
		*ret = TAKE_PTR(text.text);
	strbuf_free(&text);
	grants_free(&learning.paths);
	vector_free(&learning.plain);
	vector_free(&learning.secret);
	vector_free(&learning.risky);
	vector_free(&learning.sockets);
	vector_free(&learning.devices);
	vector_free(&learning.usual);
	vector_free(&learning.hidden);
	vector_free(&learning.entered);
	offers_free(&learning.offers);
	learnt_network_free(&learning.network);
	grant_bounds_free(&learning.bounds);
	free(learning.runtime);
	free(learning.buses[0]);
	free(learning.buses[1]);
	host_free(&learning.host);
	return r;
}
