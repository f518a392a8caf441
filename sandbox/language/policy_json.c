// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Import of OCI and Docker profiles.
 *
 * What the form means is in the OCI runtime specification (config-linux.md, "Seccomp") and, where
 * it is silent, in what runc does: a name nobody knows is left out, an entry that says what the
 * default says anyway is left out, the comparisons of an entry hold together unless two of them
 * look at the same argument (then any of them), and what applies only to a container with a
 * capability is left out, since a sandbox has none. Several entries of one call are tried in order,
 * those without a condition last. Calls that the profile doesn't list and hutch doesn't know get
 * ENOSYS, as in runc.
 */
#include "language/policy_json.h"
#include "base/json.h"
#include "base/vector.h"
#include "language/policy.h"
#include "language/policy_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* One condition and verdict of a call. */
struct line {
	char *condition; /* NULL for none */
	char *action;
};

struct call {
	char *name;
	VECTOR(struct line) lines;
	char *body; /* what stands behind the colon */
	bool written;
};

struct import {
	const char *name;
	char *default_action; /* as text; NULL for allow */
	VECTOR(struct call) calls;
	struct strv unknown, arches;
	struct error *e;
};

static void import_free(struct import *import)
{
	vector_each (call, &import->calls) {
		vector_each (line, &call->lines) {
			free(line->condition);
			free(line->action);
		}
		vector_free(&call->lines);
		free(call->name);
		free(call->body);
	}
	vector_free(&import->calls);
	free(import->default_action);
	strv_free(&import->unknown);
	strv_free(&import->arches);
}

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value))
		return NULL;
	return value;
}

static const char *get_text(struct json_object *object, const char *key)
{
	struct json_object *value = get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static size_t array_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

static bool array_has(struct json_object *array, const char *text)
{
	for (size_t i = 0; i < array_length(array); i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_string) &&
		    streq(json_object_get_string(item), text))
			return true;
	}
	return false;
}

/* "return EPERM", or a number where the errno has no name. */
static char *return_text(uint64_t code)
{
	const char *name = code <= 4095 ? strerrorname_np((int)code) : NULL;

	return name && code ? xasprintf("return %s", name)
			    : xasprintf("return %llu", (unsigned long long)code);
}

/* The action @word with error number @number (EPERM where there is none); NULL: none of theirs. */
static char *action_text(const char *word, struct json_object *number)
{
	static const char *const words[][2] = {
		{"SCMP_ACT_ALLOW", "allow"},
		{"SCMP_ACT_KILL", "kill-thread"},
		{"SCMP_ACT_KILL_THREAD", "kill-thread"},
		{"SCMP_ACT_KILL_PROCESS", "kill-process"},
		{"SCMP_ACT_TRAP", "trap"},
		{"SCMP_ACT_TRACE", "trace"},
		{"SCMP_ACT_LOG", "log"},
		{"SCMP_ACT_NOTIFY", "user-notify"},
	};

	if (word && streq(word, "SCMP_ACT_ERRNO")) {
		int64_t code = json_object_is_type(number, json_type_int)
				       ? json_object_get_int64(number)
				       : EPERM;

		return code < 0 || code > 4095 ? NULL : return_text((uint64_t)code);
	}
	for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++)
		if (streq(words[i][0], word))
			return xstrdup(words[i][1]);
	return NULL;
}

/* One comparison as text; NULL: none of theirs. */
static char *argument_text(struct json_object *argument, unsigned int *ret_index)
{
	static const char *const operators[][2] = {
		{"SCMP_CMP_NE", "!="}, {"SCMP_CMP_LT", "<"},  {"SCMP_CMP_LE", "<="},
		{"SCMP_CMP_EQ", "=="}, {"SCMP_CMP_GE", ">="}, {"SCMP_CMP_GT", ">"},
	};
	const char *op = get_text(argument, "op");
	struct json_object *index = get(argument, "index"), *value = get(argument, "value");
	uint64_t first = json_object_get_uint64(value);
	uint64_t second = json_object_get_uint64(get(argument, "valueTwo"));

	if (!op || !json_object_is_type(index, json_type_int) || json_object_get_int64(index) < 0 ||
	    json_object_get_int64(index) > 5 || !json_object_is_type(value, json_type_int))
		return NULL;
	*ret_index = (unsigned int)json_object_get_int64(index);
	if (streq(op, "SCMP_CMP_MASKED_EQ"))
		return xasprintf("arg%u & 0x%llx == 0x%llx", *ret_index, (unsigned long long)first,
				 (unsigned long long)(second & first));
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (streq(operators[i][0], op))
			return xasprintf("arg%u %s 0x%llx", *ret_index, operators[i][1],
					 (unsigned long long)first);
	return NULL;
}

static int condition_text(struct import *import, struct json_object *arguments, char **ret)
{
	_cleanup_strv_ struct strv texts = {0};
	struct strbuf out = {0};
	unsigned int seen = 0;
	bool any = false; /* any of them, not all */

	for (size_t i = 0; i < array_length(arguments); i++) {
		unsigned int index = 0;
		char *text = argument_text(json_object_array_get_idx(arguments, i), &index);

		if (!text)
			return error_set(import->e, EINVAL,
					 "%s: an argument's index, op or value is wrong",
					 import->name);
		strv_take(&texts, text);
		any |= (seen & (1U << index)) != 0;
		seen |= 1U << index;
	}
	for (size_t i = 0; i < texts.count; i++)
		strbuf_printf(&out, "%s%s", i ? any ? " || " : " && " : "", texts.items[i]);
	*ret = out.text;
	return 0;
}

/* Docker's name for this architecture, in includes and excludes. */
static const char *docker_arch(void)
{
	static const char *const names[][2] = {
		{"x86_64", "amd64"},      {"x86", "386"},       {"x32", "x32"},
		{"mipsel64", "mips64le"}, {"mipsel", "mipsle"},
	};
	const char *own = policy_arches[policy_arch_native()].name;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (streq(names[i][0], own))
			return names[i][1];
	return own;
}

static bool kernel_is_at_least(const char *wanted)
{
	struct utsname system;
	unsigned int have[2] = {0}, want[2] = {0};

	if (uname(&system) < 0 || sscanf(system.release, "%u.%u", &have[0], &have[1]) < 1 ||
	    sscanf(wanted, "%u.%u", &want[0], &want[1]) < 1)
		return true;
	return have[0] > want[0] || (have[0] == want[0] && have[1] >= want[1]);
}

/* Is the entry meant for a container without capabilities on this machine? */
static bool applies(struct json_object *entry)
{
	struct json_object *includes = get(entry, "includes"), *excludes = get(entry, "excludes");
	struct json_object *arches = get(includes, "arches");
	const char *kernel = get_text(includes, "minKernel");

	if (array_length(get(includes, "caps")) != 0)
		return false;
	if (array_length(arches) != 0 && !array_has(arches, docker_arch()))
		return false;
	if (kernel && !kernel_is_at_least(kernel))
		return false;
	if (array_has(get(excludes, "arches"), docker_arch()))
		return false;
	kernel = get_text(excludes, "minKernel");
	return !kernel || !kernel_is_at_least(kernel);
}

static struct call *find_call(struct import *import, const char *name)
{
	vector_each (call, &import->calls)
		if (streq(call->name, name))
			return call;
	*vector_add(&import->calls) = (struct call){.name = xstrdup(name)};
	return &import->calls.items[import->calls.count - 1];
}

/* Does this machine, or one of the architectures let in besides, have the call? */
static bool exists_here(const struct import *import, const char *name)
{
	if (policy_call_number(policy_arch_native(), name) >= 0)
		return true;
	for (size_t i = 0; i < import->arches.count; i++) {
		int arch = policy_arch_find(import->arches.items[i]);

		if (arch >= 0 && policy_call_number((unsigned int)arch, name) >= 0)
			return true;
	}
	return false;
}

static void add_line(struct import *import, const char *name, const char *condition,
		     const char *action)
{
	struct call *call;

	/* A name must not be able to write other lines into the policy. */
	if (policy_call_number(policy_arch_native(), name) == POLICY_CALL_UNKNOWN) {
		strv_take(&import->unknown, string_escape(name));
		return;
	}
	if (!exists_here(import, name))
		return;
	call = find_call(import, name);
	*vector_add(&call->lines) = (struct line){xstrdup(condition), xstrdup(action)};
}

static int import_entry(struct import *import, struct json_object *entry)
{
	_cleanup_free_ char *action = NULL, *condition = NULL;
	struct json_object *names = get(entry, "names");
	const char *word = get_text(entry, "action"), *name = get_text(entry, "name");
	int r;

	if (!json_object_is_type(entry, json_type_object))
		return error_set(import->e, EINVAL, "%s: an entry of syscalls is no object",
				 import->name);
	action = action_text(word, get(entry, "errnoRet"));
	if (!action)
		return error_set(import->e, EINVAL, "%s: unknown action \"%s\" or wrong errnoRet",
				 import->name, word ? word : "");
	r = condition_text(import, get(entry, "args"), &condition);
	if (r < 0)
		return r;
	if (!applies(entry) ||
	    streq(action, import->default_action ? import->default_action : "allow"))
		return 0;
	if (name) /* an older form has one name an entry */
		add_line(import, name, condition, action);
	for (size_t i = 0; i < array_length(names); i++) {
		struct json_object *item = json_object_array_get_idx(names, i);

		if (!json_object_is_type(item, json_type_string))
			return error_set(import->e, EINVAL, "%s: a name is no text", import->name);
		add_line(import, json_object_get_string(item), condition, action);
	}
	return 0;
}

static int import_default(struct import *import, struct json_object *root)
{
	const char *word = get_text(root, "defaultAction");
	_cleanup_free_ char *action = action_text(word, get(root, "defaultErrnoRet"));

	if (!action)
		return error_set(import->e, EINVAL,
				 "%s: defaultAction \"%s\" or defaultErrnoRet is wrong",
				 import->name, word ? word : "");
	if (streq(action, "log") || streq(action, "trace"))
		return error_set(
			import->e, EINVAL,
			"%s: defaultAction %s lets every call through; no policy does that",
			import->name, word);
	if (!streq(action, "allow"))
		import->default_action = TAKE_PTR(action);
	return 0;
}

/* SCMP_ARCH_X86_64 → x86_64; an architecture that we don't know can't run here. */
static void add_arch(struct import *import, const char *word)
{
	const char *name = word ? startswith(word, "SCMP_ARCH_") : NULL;
	_cleanup_free_ char *lower = NULL;
	int arch;

	if (!name)
		return;
	lower = xstrdup(name);
	for (char *c = lower; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	arch = policy_arch_find(lower);
	if (arch < 0 || (unsigned int)arch == policy_arch_native())
		return;
	for (size_t i = 0; i < import->arches.count; i++)
		if (streq(import->arches.items[i], policy_arches[arch].name))
			return;
	strv_add(&import->arches, policy_arches[arch].name);
}

static void import_arches(struct import *import, struct json_object *root)
{
	struct json_object *list = get(root, "architectures"), *map = get(root, "archMap");

	for (size_t i = 0; i < array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (json_object_is_type(item, json_type_string))
			add_arch(import, json_object_get_string(item));
	}
	for (size_t i = 0; i < array_length(map); i++) {
		struct json_object *item = json_object_array_get_idx(map, i);
		const char *main_arch = get_text(item, "architecture");
		struct json_object *subs = get(item, "subArchitectures");
		const char *name = main_arch ? startswith(main_arch, "SCMP_ARCH_") : NULL;

		/* The list of the machine that this is. */
		if (!name || strcasecmp(name, policy_arches[policy_arch_native()].name) != 0)
			if (!name || strcasecmp(name, "AARCH64") != 0 ||
			    !streq(policy_arches[policy_arch_native()].name, "arm64"))
				continue;
		for (size_t k = 0; k < array_length(subs); k++) {
			struct json_object *sub = json_object_array_get_idx(subs, k);

			if (json_object_is_type(sub, json_type_string))
				add_arch(import, json_object_get_string(sub));
		}
	}
}

/* "allow", or "{ A; x, B; y, z }": conditions in order, then the first verdict without one. */
static void write_body(struct call *call)
{
	struct strbuf body = {0};
	const char *last = NULL;
	size_t conditions = 0;

	vector_each (line, &call->lines) {
		if (!line->condition && !last)
			last = line->action;
		conditions += line->condition != NULL;
	}
	if (conditions) {
		strbuf_append(&body, "{ ", 2);
		vector_each (line, &call->lines)
			if (line->condition)
				strbuf_printf(&body, "%s%s; %s", body.length > 2 ? ", " : "",
					      line->condition, line->action);
		if (last)
			strbuf_printf(&body, ", %s", last);
		strbuf_append(&body, " }", 2);
	} else {
		strbuf_printf(&body, "%s", last);
	}
	call->body = body.text;
}

static void write_calls(struct import *import, struct strbuf *out)
{
	vector_each (call, &import->calls)
		write_body(call);
	vector_each (first, &import->calls) {
		size_t width = 0, count = 0;

		if (first->written)
			continue;
		vector_each (call, &import->calls)
			count += !call->written && streq(call->body, first->body);
		strbuf_printf(out, "%s", count > 1 ? "\n{ " : "\n");
		vector_each (call, &import->calls) {
			if (call->written || !streq(call->body, first->body))
				continue;
			if (width && width + strlen(call->name) > 90) {
				strbuf_printf(out, ", \\\n  ");
				width = 0;
			} else if (width) {
				strbuf_printf(out, ", ");
			}
			strbuf_printf(out, "%s", call->name);
			width += strlen(call->name) + 2;
			call->written = true;
		}
		strbuf_printf(out, "%s: %s\n", count > 1 ? " }" : "", first->body);
	}
}

static void write_policy(struct import *import, struct strbuf *out)
{
	_cleanup_free_ char *name = string_escape(import->name);

	strbuf_printf(out, "# Made from %s by hutch profile seccomp import.\n\n", name);
	if (import->default_action) {
		strbuf_printf(out, "@default %s\n", import->default_action);
		if (startswith(import->default_action, "return"))
			strbuf_printf(out, "# Calls that nobody knows yet, as on a kernel without "
					   "them.\n@unknown return ENOSYS\n");
	} else {
		strbuf_printf(out, "@denylist\n");
	}
	for (size_t i = 0; i < import->arches.count; i++)
		strbuf_printf(out, "@arch %s\n", import->arches.items[i]);
	write_calls(import, out);
	if (import->unknown.count)
		strbuf_printf(out, "\n# Left out, since no system call is called so:\n");
	for (size_t i = 0; i < import->unknown.count; i++)
		strbuf_printf(out, "# %.100s\n", import->unknown.items[i]);
}

static int import_root(struct import *import, struct json_object *root)
{
	struct json_object *calls = get(root, "syscalls");
	int r;

	/* A whole container configuration has the profile inside. */
	if (!get(root, "defaultAction")) {
		struct json_object *inner = get(get(root, "linux"), "seccomp");

		if (inner)
			return import_root(import, inner);
	}
	r = import_default(import, root);
	if (r < 0)
		return r;
	import_arches(import, root);
	if (calls && !json_object_is_type(calls, json_type_array))
		return error_set(import->e, EINVAL, "%s: syscalls is no list", import->name);
	for (size_t i = 0; i < array_length(calls); i++) {
		r = import_entry(import, json_object_array_get_idx(calls, i));
		if (r < 0)
			return r;
	}
	return 0;
}

int policy_import_json(const char *name, const char *text, size_t length, struct strbuf *out,
		       struct error *e)
{
	struct import import = {.name = name, .e = e};
	struct json_tokener *tokener = json_tokener_new_ex(16);
	struct json_object *root;
	int r;

	root = json_tokener_parse_ex(tokener, text, length > INT32_MAX ? INT32_MAX : (int)length);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    !json_object_is_type(root, json_type_object)) {
		r = error_set(e, EINVAL, "%s: no JSON object (at byte %zu: %s)", name,
			      json_tokener_get_parse_end(tokener),
			      json_tokener_error_desc(json_tokener_get_error(tokener)));
	} else {
		r = import_root(&import, root);
		if (r == 0)
			write_policy(&import, out);
	}
	import_free(&import);
	json_object_put(root);
	json_tokener_free(tokener);
	return r;
}
