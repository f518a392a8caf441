// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch top: what the running sandboxes use, most of the processor first, refreshed in place every
 * second. Where standard output is no terminal, or with --json, once, over half a second.
 */
#include "commands/instance.h"
#include "commands/session.h"

#include "base/json.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* One line: what was used since the look before. */
struct row {
	const struct instance *instance;
	double processor;      /* 1.0: one of them all the time */
	double received, sent; /* bytes a second */
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double rate(uint64_t after, uint64_t before, double seconds)
{
	return after > before && seconds > 0 ? (double)(after - before) / seconds : 0;
}

static struct row compare_looks(const struct instance *instance, const struct instances *before,
				double seconds)
{
	struct row row = {.instance = instance};

	vector_each (old, &before->list) {
		if (!streq(old->name, instance->name) || old->launcher != instance->launcher)
			continue;
		row.processor = rate(instance->cpu, old->cpu, seconds) / 1e6;
		row.received = rate(instance->received, old->received, seconds);
		row.sent = rate(instance->sent, old->sent, seconds);
	}
	return row;
}

static int busiest_first(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->processor != y->processor)
		return x->processor < y->processor ? 1 : -1;
	return strcmp(x->instance->name, y->instance->name);
}

static void print_json(const struct row *rows, size_t count)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *object = instance_json(rows[i].instance);

		json_object_object_add(object, "processors",
				       json_object_new_double(rows[i].processor));
		if (rows[i].instance->has_network) {
			json_object_object_add(object, "network_received_bytes_per_second",
					       json_object_new_double(rows[i].received));
			json_object_object_add(object, "network_sent_bytes_per_second",
					       json_object_new_double(rows[i].sent));
		}
		json_object_array_add(array, object);
	}
	puts(json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY |
							   JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
}

/* @width, @height: of the terminal; 0: none. */
static void print_rows(const struct row *rows, size_t count, int width, int height)
{
	const char *end = width ? "\033[K\n" : "\n";

	printf("%-24.24s %-8s %6s %8s %5s %10s %10s %s%s", "NAME", "STATE", "CPU%", "MEMORY",
	       "PROCS", "RX/s", "TX/s", "COMMAND", end);
	for (size_t i = 0; i < count && (!height || (int)i < height - 2); i++) {
		const struct instance *instance = rows[i].instance;
		_cleanup_free_ char *memory = size_text(instance->memory);
		_cleanup_free_ char *received = size_text((uint64_t)rows[i].received);
		_cleanup_free_ char *sent = size_text((uint64_t)rows[i].sent);
		_cleanup_free_ char *command = string_escape(instance->status.command);
		int room = width > 80 ? width - 80 : 0;

		printf("%-24.24s %-8s %6.1f %8s %5llu %10s %10s %.*s%s", instance->name,
		       instance_state_names[instance->state], rows[i].processor * 100, memory,
		       (unsigned long long)instance->processes,
		       instance->has_network ? received : "-", instance->has_network ? sent : "-",
		       width ? room : (int)strlen(command), command, end);
	}
}

static int print(const struct instances *instances, const struct instances *before, double seconds,
		 bool json, bool terminal, struct error *e)
{
	struct row *rows = xcalloc(instances->list.count + 1, sizeof(*rows));
	struct winsize size = {.ws_col = 80, .ws_row = 24};
	size_t count = instances->list.count;

	for (size_t i = 0; i < count; i++)
		rows[i] = compare_looks(&instances->list.items[i], before, seconds);
	qsort(rows, count, sizeof(*rows), busiest_first);
	if (json) {
		print_json(rows, count);
	} else if (terminal) {
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
		fputs("\033[H", stdout);
		print_rows(rows, count, size.ws_col, size.ws_row);
		fputs("\033[J", stdout);
	} else {
		print_rows(rows, count, 0, 0);
	}
	free(rows);
	return fflush(stdout) != 0 ? error_errno(e, errno, "standard output") : 0;
}

static int show(bool json, struct error *e)
{
	bool terminal = isatty(STDOUT_FILENO) && !json;
	struct instances before = {0}, instances = {0};
	double looked = now(), then;
	int r = instances_collect(&before, e);

	if (terminal)
		fputs("\033[2J", stdout);
	do {
		nanosleep(
			&(struct timespec){.tv_sec = terminal, .tv_nsec = terminal ? 0 : 500000000},
			NULL);
		if (r == 0)
			r = instances_collect(&instances, e);
		then = now();
		if (r == 0)
			r = print(&instances, &before, then - looked, json, terminal, e);
		instances_free(&before);
		before = instances;
		instances = (struct instances){0};
		looked = then;
	} while (r == 0 && terminal);
	instances_free(&before);
	return r;
}

int command_top(int argc, char **argv)
{
	_cleanup_command_line_ struct command_line line = {0};
	struct request request = {0};
	struct error e = {0};
	int status = 0, r;

	r = instance_arguments(argc, argv, VERB_TOP, 0, &request, &line, &status, &e);
	if (r == 0 && request.arguments.count)
		r = error_set(&e, EINVAL, "top: %.100s: takes no arguments",
			      request.arguments.items[0]);
	if (r == 0)
		r = show(line.json, &e);
	if (r < 0)
		status = log_error(&e);
	request_free(&request);
	return status;
}
