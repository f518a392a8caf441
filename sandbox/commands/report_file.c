// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/report_file.h"

#include "base/fd.h"
#include "base/json.h"
#include "kernel/landlock.h"
#include "language/policy_denial.h"
#include "plan/request.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* The value of a line of /proc/PID/status that the supervisor read from the ended program. */
static const char *credential(const struct report *report, const char *key, char value[128])
{
	const char *line = strstr(report->ending.credentials, key);

	if (!line)
		return NULL;
	line += strlen(key);
	line += strspn(line, ":\t ");
	snprintf(value, 128, "%.*s", (int)strcspn(line, "\n"), line);
	return value;
}

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_layer(struct json_object *layers, const char *name, bool enforced,
		      const char *detail)
{
	struct json_object *layer = json_object_new_object();

	add(layer, "enforced", json_object_new_boolean(enforced));
	if (detail)
		add(layer, "detail", json_object_new_string(detail));
	add(layers, name, layer);
}

/* What the kernel says of the program after it ended, not what was planned. */
static struct json_object *layers_of(const struct plan *plan, const struct report *report)
{
	struct json_object *layers = json_object_new_object();
	char value[128], detail[160];
	const char *text;

	add_layer(layers, "namespaces", plan->namespaces != 0, NULL);
	text = credential(report, "NoNewPrivs", value);
	add_layer(layers, "no_new_privs", text && streq(text, "1"), NULL);
	text = credential(report, "CapBnd", value);
	if (!plan->namespaces) /* without, nobody but root may empty the bounding set */
		text = credential(report, "CapPrm", value);
	add_layer(layers, "capabilities", text && strspn(text, "0") == strlen(text), text);
	text = credential(report, "Seccomp", value);
	snprintf(detail, sizeof(detail), "%s%s%s", plan->filter.count ? plan->filter.name : "none",
		 plan->stand_ins[0].count ? ", no-namespaces" : "",
		 plan->stand_ins[1].count ? ", no-network" : "");
	add_layer(layers, "seccomp", text && streq(text, "2"), detail);
	snprintf(detail, sizeof(detail), "ABI %d%s%s", report->landlock_abi,
		 plan->landlock_files ? ", files" : "",
		 report->landlock_abi >= LANDLOCK_ABI_SCOPES ? ", abstract sockets, signals" : "");
	if (plan->wayland.host)
		add_layer(layers, "wayland", report->wayland_context,
			  plan->wayland.own ? plan->wayland.app : "plain");
	add_layer(layers, "landlock",
		  report->landlock_abi > 0 &&
			  (plan->landlock_files || report->landlock_abi >= LANDLOCK_ABI_SCOPES),
		  detail);
	return layers;
}

/* --log-denied: the distinct system calls that the policy denied. */
static struct json_object *denials_of(const struct plan *plan, const struct report *report)
{
	struct json_object *list = json_object_new_array();

	vector_each (denial, &report->denials) {
		struct json_object *object = json_object_new_object(),
				   *arguments = json_object_new_array();
		_cleanup_free_ char *call = policy_denial_call(&denial->call);
		struct error e = {0};

		policy_describe_denial(plan->filter.name, plan->nested, &denial->call, denial->code,
				       &e);
		add(object, "call", json_object_new_string(call));
		for (int i = 0; i < 6; i++)
			json_object_array_add(arguments,
					      json_object_new_uint64(denial->call.args[i]));
		add(object, "arguments", arguments);
		add(object, "errno", json_object_new_int(denial->code));
		add(object, "remedy", json_object_new_string(e.remedy));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *refusal_object(const struct refusal *refusal)
{
	const struct {
		const char *key, *value;
	} texts[] = {{"protocol", refusal->protocol},
		     {"destination", refusal->destination},
		     {"name", refusal->name},
		     {"rule", refusal->rule},
		     {"option", refusal->option}};
	struct json_object *object = json_object_new_object();

	/* All of it comes from packets; JSON is UTF-8. */
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		_cleanup_free_ char *shown = string_escape(texts[i].value);

		if (*shown)
			add(object, texts[i].key, json_object_new_string(shown));
	}
	add(object, "count", json_object_new_uint64(refusal->count));
	return object;
}

char *refusal_json(const struct refusal *refusal)
{
	struct json_object *object = json_object_new_object(), *inner = refusal_object(refusal);
	char *text;

	add(object, "level", json_object_new_string("refused"));
	json_object_object_foreach(inner, key, value) add(object, key, json_object_get(value));
	text = xstrdup(json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(inner);
	json_object_put(object);
	return text;
}

static struct json_object *texts_of(const struct strv *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->count; i++) {
		_cleanup_free_ char *shown = string_escape(list->items[i]);

		json_object_array_add(array, json_object_new_string(shown));
	}
	return array;
}

/* What the helper of the network told: how it carries, how much, and what it refused. */
static struct json_object *network_of(const struct plan *plan, const struct report *report)
{
	const struct report_network *network = &report->network;
	const struct {
		const char *key, *value;
	} carried[] = {{"tcp", network->tcp}, {"udp", network->udp}, {"icmp", network->icmp}};
	struct json_object *object = json_object_new_object(), *list = json_object_new_array();

	add(object, "mode", json_object_new_string(plan->network.mode));
	add(object, "carried", json_object_new_boolean(network->carried));
	add(object, "lost", json_object_new_boolean(network->lost));
	for (size_t i = 0; network->carried && i < sizeof(carried) / sizeof(carried[0]); i++) {
		_cleanup_free_ char *shown = string_escape(carried[i].value);

		add(object, carried[i].key, json_object_new_string(shown));
	}
	if (network->carried)
		add(object, "ipv6", json_object_new_boolean(network->ipv6));
	add(object, "notes", texts_of(&network->notes));
	if (network->counters)
		add(object, "counters", json_tokener_parse(network->counters));
	add(object, "refused", json_object_new_uint64(network->refused));
	vector_each (refusal, &network->refusals)
		json_object_array_add(list, refusal_object(refusal));
	add(object, "refusals", list);
	return object;
}

static void add_known(struct json_object *object, const char *key, uint64_t value)
{
	if (value != CGROUP_MAX)
		add(object, key, json_object_new_int64((int64_t)value));
}

/* What all processes used together, as far as somebody counted. */
static struct json_object *resources_of(const struct plan *plan, const struct report *report)
{
	struct json_object *object = json_object_new_object();
	const struct cgroup_usage *usage = &report->usage;

	add(object, "cpu_seconds", json_object_new_double(report_cpu(report)));
	if (report->box[0]) {
		struct json_object *controls = json_object_new_object();

		add(object, "cgroup", json_object_new_string(report->box));
		for (size_t i = 0; i < plan->controls.count; i++)
			if (!(report->left_out & (1ULL << (i % 64))))
				add(controls, plan->controls.items[i].file,
				    json_object_new_string(plan->controls.items[i].value));
		add(object, "in_force", controls);
		add_known(object, "cpu_throttled_microseconds", usage->cpu_throttled);
		add_known(object, "peak_memory_bytes", usage->memory_peak);
		add_known(object, "memory_limit_hits", usage->memory_limit_hits);
		add_known(object, "memory_high_hits", usage->memory_high_hits);
		add_known(object, "oom_kills", usage->oom_kills);
		add_known(object, "peak_pids", usage->processes_peak);
		add_known(object, "pids_limit_hits", usage->processes_limit_hits);
		add_known(object, "io_read_bytes", usage->io_read);
		add_known(object, "io_written_bytes", usage->io_written);
	} else if (plan->memory_watch) {
		add(object, "peak_memory_bytes",
		    json_object_new_int64((int64_t)report->memory_seen));
	}
	if (plan->output_limited) {
		add(object, "output_bytes", json_object_new_int64((int64_t)report->output));
		add(object, "output_truncated", json_object_new_boolean(report->output_truncated));
	}
	return object;
}

static const char *ending_name(const struct report *report)
{
	if (!report->ran)
		return "failed";
	if (report_exit_status(report) == EXIT_TIME_LIMIT &&
	    (report->timed_out || WIFSIGNALED(report->ending.status)))
		return "time-limit";
	return WIFSIGNALED(report->ending.status) ? "signal" : "exit";
}

static char *report_json(const struct plan *plan, const struct report *report,
			 const struct error *failure)
{
	struct json_object *object = json_object_new_object(), *notes = json_object_new_array();
	int status = report->ending.status;
	char *text;

	add(object, "version", json_object_new_int(1));
	add(object, "ended", json_object_new_string(ending_name(report)));
	add(object, "verdict", json_object_new_string(verdict_names[report_verdict(report)]));
	if (failure) {
		add(object, "status",
		    json_object_new_int(failure->status ? failure->status : EXIT_HUTCH_FAILED));
		add(object, "error", json_object_new_string(failure->text));
	} else {
		add(object, "status", json_object_new_int(report_exit_status(report)));
		if (WIFSIGNALED(status))
			add(object, "signal", json_object_new_int(WTERMSIG(status)));
		add(object, "wall_seconds", json_object_new_double(report->wall));
		add(object, "user_seconds",
		    json_object_new_double(seconds(report->ending.usage.ru_utime)));
		add(object, "system_seconds",
		    json_object_new_double(seconds(report->ending.usage.ru_stime)));
		add(object, "peak_memory_bytes",
		    json_object_new_int64((int64_t)report->ending.usage.ru_maxrss * 1024));
		add(object, "resources", resources_of(plan, report));
		add(object, "layers", layers_of(plan, report));
	}
	if (plan->profile)
		add(object, "profile", json_object_new_string(plan->profile));
	for (size_t i = 0; i < report->notes.count; i++)
		json_object_array_add(notes, json_object_new_string(report->notes.items[i]));
	add(object, "warnings", notes);
	if (plan->network.helper)
		add(object, "network", network_of(plan, report));
	if (plan->asking.count)
		add(object, "denied", denials_of(plan, report));
	text = xasprintf("%s\n",
			 json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return text;
}

/* What isolate(1) does not know of its own cgroup's lines, it leaves out; so do we. */
static void add_meta_box(struct strbuf *text, const struct report *report)
{
	if (!report->box[0])
		return;
	if (report->usage.memory_peak != CGROUP_MAX)
		strbuf_printf(text, "cg-mem:%llu\n",
			      (unsigned long long)report->usage.memory_peak / 1024);
	if (report->usage.oom_kills != CGROUP_MAX && report->usage.oom_kills)
		strbuf_printf(text, "cg-oom-killed:1\n");
}

static void add_meta_message(struct strbuf *text, const struct report *report)
{
	int status = report->ending.status;

	switch (report_verdict(report)) {
	case VERDICT_TIME:
		strbuf_printf(text, "message:Time limit exceeded%s\n",
			      report->timed_out && !report->cpu_timed_out ? " (wall clock)" : "");
		break;
	case VERDICT_MEMORY:
		strbuf_printf(text, "message:Memory limit exceeded\n");
		break;
	case VERDICT_OUTPUT:
		strbuf_printf(text, "message:Output limit exceeded\n");
		break;
	case VERDICT_SIGNAL:
		strbuf_printf(text, "message:Caught fatal signal %d\n", WTERMSIG(status));
		break;
	case VERDICT_ERROR:
		strbuf_printf(text, "message:Exited with error status %d\n", WEXITSTATUS(status));
		break;
	case VERDICT_OK:
	case VERDICT_FAILED:
		break;
	}
}

/* isolate(1), "META-FILES". Where all is well there is no status there. */
static char *report_meta(const struct plan *plan, const struct report *report,
			 const struct error *failure)
{
	const struct rusage *usage = &report->ending.usage;
	int status = report->ending.status;
	enum verdict verdict = report_verdict(report);
	struct strbuf text = {0};

	if (failure) {
		strbuf_printf(&text, "status:XX\nmessage:%s\n", failure->text);
		return text.text;
	}
	strbuf_printf(&text,
		      "time:%.3f\ntime-wall:%.3f\nmax-rss:%ld\ncsw-voluntary:%ld\ncsw-forced:%ld\n",
		      report_cpu(report), report->wall, usage->ru_maxrss, usage->ru_nvcsw,
		      usage->ru_nivcsw);
	add_meta_box(&text, report);
	if (WIFSIGNALED(status))
		strbuf_printf(&text, "exitsig:%d\n", WTERMSIG(status));
	else
		strbuf_printf(&text, "exitcode:%d\n", WEXITSTATUS(status));
	if (report->timed_out || report->memory_out)
		strbuf_printf(&text, "killed:1\n");
	if (verdict != VERDICT_OK)
		strbuf_printf(&text, "status:%s\n", verdict_names[verdict]);
	add_meta_message(&text, report);
	return text.text;
}

int report_write(const struct plan *plan, const struct report *report, const struct error *failure,
		 struct error *e)
{
	_cleanup_free_ char *text = plan->report_format == REPORT_META
					    ? report_meta(plan, report, failure)
					    : report_json(plan, report, failure);
	const char *number = startswith(plan->report, "fd:");
	_cleanup_fd_ int fd = -1;
	int r;

	if (number)
		fd = fcntl((int)strtol(number, NULL, 10), F_DUPFD_CLOEXEC, 3);
	else
		fd = open(plan->report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0)
		return error_errno(e, errno, "--report %s", plan->report);
	r = fd_write_all(fd, text, strlen(text));
	return r < 0 ? error_errno(e, -r, "--report %s", plan->report) : 0;
}
