// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The manager's own socket comes first: it is there without a message bus, and many starts at once
 * do not fill the bus. It is what `systemctl --user` uses, and only for the same user.
 *
 * A job's end is announced by the signal JobRemoved, which may come before the answer that names
 * the job; so signals are listened to before the call, and those that come are remembered.
 *
 * Optional properties are for people and for order. A manager that does not know one refuses the
 * whole call and names it (org.freedesktop.DBus.Error.PropertyReadOnly, as it does for those that
 * exist and cannot be set); then it is left out and the call repeated.
 */
#include "manager.h"

#include "base/fd.h"
#include "base/string.h"
#include "base/vector.h"

#include <errno.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define NAME      "org.freedesktop.systemd1"
#define PATH      "/org/freedesktop/systemd1"
#define INTERFACE NAME ".Manager"

struct job {
	char *path, *result;
};

struct manager {
	sd_bus *bus;
	uint64_t deadline; /* microseconds of CLOCK_MONOTONIC */
	VECTOR(struct job) ended;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static uint64_t left(const struct manager *m)
{
	uint64_t time = now();

	return time < m->deadline ? m->deadline - time : 1;
}

static int open_private(const char *directory, sd_bus **ret)
{
	_cleanup_free_ char *path = xasprintf("%s/systemd/private", directory);
	_cleanup_strbuf_ struct strbuf address = {0};
	sd_bus *bus = NULL;
	int r;

	if (access(path, F_OK) < 0)
		return -errno;
	strbuf_printf(&address, "unix:path=");
	for (const char *c = path; *c; c++) /* as D-Bus addresses are written */
		strbuf_printf(&address,
			      strchr("-_/.\\", *c) || (*c >= '0' && *c <= '9') ||
					      (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')
				      ? "%c"
				      : "%%%02x",
			      (unsigned char)*c);
	r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_address(bus, address.text);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0)
		sd_bus_unref(bus);
	else
		*ret = bus;
	return r;
}

static int on_job_removed(sd_bus_message *message, void *data, sd_bus_error *unused)
{
	struct manager *m = data;
	const char *path, *unit, *result;
	uint32_t id;
	struct job *job;

	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	job = vector_add(&m->ended);
	job->path = xstrdup(path);
	job->result = xstrdup(result);
	return 0;
}

/* The call failed with @r: say so. */
static int failed(struct error *e, const char *what, int r, const sd_bus_error *error)
{
	if (error && error->message)
		return error_set(e, -r, "%s: %s", what, error->message);
	return error_errno(e, -r, "%s", what);
}

static int subscribe(struct manager *m, bool over_bus, struct error *e)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	sd_bus_set_method_call_timeout(m->bus, left(m));
	r = sd_bus_match_signal(m->bus, NULL, over_bus ? NAME : NULL, PATH, INTERFACE, "JobRemoved",
				on_job_removed, m);
	if (r >= 0 && over_bus) /* on its own socket the manager tells everything anyway */
		r = sd_bus_call_method(m->bus, NAME, PATH, INTERFACE, "Subscribe", &error, NULL,
				       NULL);
	if (r < 0)
		r = failed(e, "systemd's user manager: listening", r, &error);
	sd_bus_error_free(&error);
	return r < 0 ? r : 0;
}

int manager_open(struct manager **ret, uint64_t milliseconds, struct error *e)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	_cleanup_free_ char *usual = xasprintf("/run/user/%u", getuid());
	struct manager *m = xcalloc(1, sizeof(*m));
	bool over_bus = false;
	int r;

	m->deadline = now() + milliseconds * 1000;
	r = open_private(runtime ? runtime : usual, &m->bus);
	if (r < 0 && runtime)
		r = open_private(usual, &m->bus);
	if (r < 0) {
		if (!runtime)
			setenv("XDG_RUNTIME_DIR", usual, 1);
		over_bus = true;
		r = sd_bus_open_user(&m->bus);
	}
	if (r < 0) {
		manager_close(m);
		error_errno(e, -r, "no user manager of systemd answers");
		return error_remedy(e, "log in through the login manager or ssh, or have an "
				       "administrator run: loginctl enable-linger");
	}
	r = subscribe(m, over_bus, e);
	if (r < 0)
		manager_close(m);
	else
		*ret = m;
	return r;
}

void manager_close(struct manager *m)
{
	sd_bus_flush_close_unref(m->bus);
	vector_each (job, &m->ended) {
		free(job->path);
		free(job->result);
	}
	vector_free(&m->ended);
	free(m);
}

/* Properties that the scope can do without, and the bits that stand for them. */
static const char *const optional[] = {"Description", "Slice", "CollectMode", "TasksMax",
				       "TimeoutStopUSec"};

enum { OPTIONAL = sizeof(optional) / sizeof(optional[0]), ALL = (1 << OPTIONAL) - 1 };

static int append_optional(sd_bus_message *message, size_t which)
{
	switch (which) {
	case 0:
		return sd_bus_message_append(message, "(sv)", optional[which], "s",
					     "Sandboxes of hutch");
	case 1:
		return sd_bus_message_append(message, "(sv)", optional[which], "s", "app.slice");
	case 2:
		return sd_bus_message_append(message, "(sv)", optional[which], "s",
					     "inactive-or-failed");
	case 3: /* how many there may be is for each sandbox to say */
		return sd_bus_message_append(message, "(sv)", optional[which], "t", UINT64_MAX);
	default:
		return sd_bus_message_append(message, "(sv)", optional[which], "t",
					     (uint64_t)2000000);
	}
}

static int append_processes(sd_bus_message *message, const pid_t *pids, size_t count)
{
	int r = sd_bus_message_open_container(message, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append(message, "s", "PIDs");
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'v', "au");
	if (r >= 0)
		r = sd_bus_message_append_array(message, 'u', pids, count * sizeof(*pids));
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

/* One call with the properties of @wanted; its answer, or what @ret_error says. */
static int call_start(struct manager *m, const char *unit, const pid_t *pids, size_t count,
		      unsigned wanted, sd_bus_error *ret_error, sd_bus_message **ret)
{
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_call(m->bus, &message, NAME, PATH, INTERFACE,
					       "StartTransientUnit");

	if (r >= 0)
		r = sd_bus_message_append(message, "ss", unit, "fail");
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "(sv)");
	for (size_t i = 0; r >= 0 && i < OPTIONAL; i++)
		if (wanted & (1u << i))
			r = append_optional(message, i);
	if (r >= 0)
		r = sd_bus_message_append(message, "(sv)", "Delegate", "b", 1);
	if (r >= 0)
		r = append_processes(message, pids, count);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	if (r >= 0)
		r = sd_bus_message_append(message, "a(sa(sv))", 0);
	if (r >= 0)
		r = sd_bus_call(m->bus, message, left(m), ret_error, ret);
	sd_bus_message_unref(message);
	return r;
}

/* Which of the properties of @wanted the manager does not take: a bit; all where it does not say;
 * 0 where it refused for another reason. */
static unsigned refused_property(const sd_bus_error *error, unsigned wanted)
{
	if (!sd_bus_error_has_name(error, SD_BUS_ERROR_PROPERTY_READ_ONLY) &&
	    !sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_PROPERTY))
		return 0;
	for (size_t i = 0; error->message && i < OPTIONAL; i++)
		if ((wanted & (1u << i)) && strstr(error->message, optional[i]))
			return 1u << i;
	return error->message && (strstr(error->message, "Delegate") ||
				  strstr(error->message, "PIDs"))
		       ? 0
		       : wanted;
}

static int wait_for_job(struct manager *m, const char *path, struct error *e)
{
	for (;;) {
		int r;

		vector_each (job, &m->ended) {
			if (!streq(job->path, path))
				continue;
			if (streq(job->result, "done"))
				return 0;
			return error_set(e, EIO, "systemd's user manager: starting the scope: %s",
					 job->result);
		}
		if (now() >= m->deadline)
			return error_set(e, ETIMEDOUT,
					 "systemd's user manager: the scope did not start in time");
		r = sd_bus_process(m->bus, NULL);
		if (r == 0)
			r = sd_bus_wait(m->bus, left(m));
		if (r < 0 && r != -EINTR)
			return failed(e, "systemd's user manager: waiting for the scope", r, NULL);
	}
}

int manager_start_scope(struct manager *m, const char *unit, const pid_t *pids, size_t count,
			void (*note)(const char *text), struct error *e)
{
	unsigned wanted = ALL, refused;
	sd_bus_message *answer = NULL;
	const char *job;
	int r;

	for (;;) {
		sd_bus_error error = SD_BUS_ERROR_NULL;

		r = call_start(m, unit, pids, count, wanted, &error, &answer);
		refused = r < 0 ? refused_property(&error, wanted) : 0;
		if (r < 0 && !refused) {
			bool exists = sd_bus_error_has_name(&error, NAME ".UnitExists");

			failed(e, "systemd's user manager: making a scope", r, &error);
			sd_bus_error_free(&error);
			return exists ? -EEXIST : r;
		}
		sd_bus_error_free(&error);
		if (r >= 0)
			break;
		wanted &= ~refused;
		for (size_t i = 0; i < OPTIONAL; i++) {
			_cleanup_free_ char *text = NULL;

			if (!(refused & (1u << i)))
				continue;
			text = xasprintf("systemd's user manager does not know %s; the scope has "
					 "none",
					 optional[i]);
			note(text);
		}
	}
	r = sd_bus_message_read(answer, "o", &job);
	r = r < 0 ? failed(e, "systemd's user manager: reading its answer", r, NULL)
		  : wait_for_job(m, job, e);
	sd_bus_message_unref(answer);
	return r;
}

int manager_attach(struct manager *m, const char *unit, const char *below, pid_t pid,
		   struct error *e)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	sd_bus_set_method_call_timeout(m->bus, left(m));
	r = sd_bus_call_method(m->bus, NAME, PATH, INTERFACE, "AttachProcessesToUnit", &error, NULL,
			       "ssau", unit, below, 1, (uint32_t)pid);
	if (r < 0)
		r = failed(e, "systemd's user manager: moving a process into the scope", r, &error);
	sd_bus_error_free(&error);
	return r < 0 ? r : 0;
}
