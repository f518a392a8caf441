// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch pause, hutch resume: everything in a sandbox stands still, and goes on.
 *
 * Where it is in a cgroup, the kernel freezes it, which nothing inside notices. Elsewhere each
 * process gets SIGSTOP: pid 1 first, which would tell the launcher that the program stopped; and
 * until a look at all processes shows none that runs. Processes are held by pidfd before it is
 * looked whether they are the sandbox's, so that a number given again hits nobody else.
 */
#include "commands/instance.h"

#include "base/fd.h"
#include "base/log.h"
#include "kernel/cgroup.h"
#include "kernel/sys.h"

#include <errno.h>
#include <signal.h>

enum { FREEZE_PATIENCE = 5000 /* ms */, ROUNDS = 50 };

/* Whether it is the sandbox's, pid 1 not counted. */
static bool is_inside(const struct process_table *table, const struct instance *instance, pid_t pid)
{
	return process_table_depth(table, pid, instance->launcher) > 1;
}

static bool is_stopped(const struct process_entry *entry)
{
	return entry->state == 'T' || entry->state == 't' || entry->state == 'Z' ||
	       entry->state == 'X';
}

/* One round. The number of processes that got the signal, or -errno. */
static int signal_all(const struct instance *instance, int number)
{
	struct process_table table = {0}, after = {0};
	VECTOR(int) pidfds = {0};
	int sent = 0, r = process_table_read(&table);

	vector_each (entry, &table.list) {
		bool wanted = is_inside(&table, instance, entry->pid) &&
			      (number == SIGCONT) == is_stopped(entry);

		*vector_add(&pidfds) = wanted ? sys_pidfd_open(entry->pid, 0) : -1;
	}
	if (r == 0)
		r = process_table_read(&after);
	for (size_t i = 0; i < pidfds.count; i++) {
		if (r == 0 && pidfds.items[i] >= 0 &&
		    is_inside(&after, instance, table.list.items[i].pid)) {
			if (sys_pidfd_send_signal(pidfds.items[i], number) == 0)
				sent++;
			else if (errno != ESRCH)
				r = -errno;
		}
		fd_close(pidfds.items[i]);
	}
	vector_free(&pidfds);
	process_table_free(&table);
	process_table_free(&after);
	return r < 0 ? r : sent;
}

static int signal_init(const struct instance *instance, int number)
{
	_cleanup_fd_ int pidfd = sys_pidfd_open(instance->status.init, 0);
	struct process_table table = {0};
	int r = process_table_read(&table);

	if (r == 0 && pidfd >= 0 &&
	    process_table_depth(&table, instance->status.init, instance->launcher) == 1)
		sys_pidfd_send_signal(pidfd, number);
	process_table_free(&table);
	return r;
}

static int stop_each(const struct instance *instance, struct error *e)
{
	int r = signal_init(instance, SIGSTOP);

	for (int i = 0; r >= 0 && i < ROUNDS; i++) {
		r = signal_all(instance, SIGSTOP);
		if (r == 0) {
			log_step("%s: by SIGSTOP: there is no cgroup to freeze", instance->name);
			return 0;
		}
	}
	signal_all(instance, SIGCONT);
	signal_init(instance, SIGCONT);
	return error_errno(e, r < 0 ? -r : EBUSY, "%s: stopping its processes", instance->name);
}

static int continue_each(const struct instance *instance, struct error *e)
{
	int r = signal_all(instance, SIGCONT);

	if (r >= 0)
		r = signal_init(instance, SIGCONT);
	return r < 0 ? error_errno(e, -r, "%s: continuing its processes", instance->name) : 0;
}

int instance_pause(const char *name, bool paused, struct error *e)
{
	struct instance instance;
	_cleanup_fd_ int box = -1;
	int r = instance_look(name, &instance, e);

	if (r < 0)
		return r;
	if (instance.state == INSTANCE_STOPPED) {
		r = error_set(e, EAGAIN, "%s: its launcher is stopped", name);
		error_remedy(e, "continue it: kill -CONT %d", instance.launcher);
	} else if ((instance.state == INSTANCE_PAUSED) == paused) {
		r = 0;
	} else if (instance.status.box[0]) {
		box = cgroup_open(instance.status.box);
		r = box < 0 ? box : cgroup_freeze(box, paused, FREEZE_PATIENCE);
		if (r < 0)
			error_errno(e, -r, "%s: %s", name, instance.status.box);
	} else {
		r = paused ? stop_each(&instance, e) : continue_each(&instance, e);
	}
	free(instance.name);
	return r;
}

int command_pause(int argc, char **argv)
{
	bool paused = streq(argv[0], "pause");
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, paused ? VERB_PAUSE : VERB_RESUME, 1, &request, &line,
			       &status, &e);
	if (r < 0)
		status = log_error(&e);
	for (size_t i = 0; r == 0 && i < request.arguments.count; i++) {
		e = (struct error){0};
		if (instance_pause(request.arguments.items[i], paused, &e) < 0)
			status = log_error(&e);
	}
	request_free(&request);
	return status;
}
