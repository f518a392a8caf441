// SPDX-License-Identifier: GPL-2.0-or-later
/* A table has one parser for each type of value; of a list, each sees one item. */
#include "language/setting_value.h"

#include "engine/registry.h"
#include "language/expand.h"
#include "language/number.h"
#include "plan/bus_rule.h"
#include "plan/home_store.h"
#include "plan/network_text.h"

#include <errno.h>
#include <limits.h>

/* Cut @text at its first unescaped colon; returns what is behind it, NULL where there is none. */
static char *cut_at_colon(char *text)
{
	for (; *text; text++) {
		if (text[0] == '\\' && text[1]) {
			text++;
		} else if (*text == ':') {
			*text = '\0';
			return text + 1;
		}
	}
	return NULL;
}

/* Take an unescaped question mark off the end; whether there was one. */
static bool cut_question_mark(char *text)
{
	size_t length = strlen(text), backslashes = 0;

	if (!length || text[length - 1] != '?')
		return false;
	while (backslashes + 1 < length && text[length - 2 - backslashes] == '\\')
		backslashes++;
	if (backslashes % 2)
		return false;
	text[length - 1] = '\0';
	return true;
}

static int expand_nonempty(const char *text, char **ret, struct error *e)
{
	if (!*text)
		return error_set(e, EINVAL, "empty path");
	return expand_path(text, ret, e);
}

/* Inside the sandbox there is no working directory to begin from. */
static int require_absolute(const char *path, struct error *e)
{
	return path[0] == '/' ? 0 : error_set(e, EINVAL, "%.100s: not an absolute path", path);
}

typedef int (*value_parser)(struct setting_value *v, struct error *e);

static int parse_flag(struct setting_value *v, struct error *e)
{
	static const struct {
		const char *word;
		bool flag;
	} words[] = {{"yes", true}, {"no", false}, {"true", true}, {"false", false}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (streq(v->text, words[i].word)) {
			v->setting->flag = words[i].flag;
			return 0;
		}
	}
	return error_set(e, EINVAL, "neither yes nor no");
}

static size_t choice_count(const struct option_row *row)
{
	size_t count = 0;

	while (row->choices[count])
		count++;
	return count;
}

/* The index of the text among the row's choices, or an error that names the nearest. */
static int find_choice(const struct option_row *row, const char *text, struct error *e)
{
	_cleanup_strbuf_ struct strbuf all = {0};
	size_t count = choice_count(row);
	const char *near;

	for (size_t i = 0; i < count; i++)
		if (streq(row->choices[i], text))
			return (int)i;
	for (size_t i = 0; i < count; i++)
		strbuf_printf(&all, "%s%s", i ? ", " : "", row->choices[i]);
	error_set(e, EINVAL, "not one of %s", all.text);
	near = string_nearest(text, row->choices, count);
	return near ? error_remedy(e, "did you mean \"%s\"?", near) : -EINVAL;
}

static int parse_choice(struct setting_value *v, struct error *e)
{
	int r = find_choice(v->row, v->text, e);

	if (r >= 0)
		v->setting->choice = r;
	return r;
}

static int parse_layer(struct setting_value *v, struct error *e)
{
	return find_choice(v->row, v->text, e);
}

static int parse_text(struct setting_value *v, struct error *e)
{
	return *v->text ? 0 : error_set(e, EINVAL, "empty value");
}

/* The value is one path, and the setting's text is that path. */
static int parse_directory(struct setting_value *v, struct error *e)
{
	char *path = NULL;
	int r = expand_nonempty(v->text, &path, e);

	if (r < 0)
		return r;
	free(v->setting->text);
	v->setting->text = path;
	return 0;
}

static int parse_root(struct setting_value *v, struct error *e)
{
	static const char *const kinds[] = {"docker-archive:", "oci:", "image:"};
	char *path = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *rest = startswith(v->text, kinds[i]);
		int r = rest ? expand_nonempty(rest, &path, e) : 0;

		if (r < 0)
			return r;
		if (!rest)
			continue;
		free(v->setting->text);
		v->setting->text = xasprintf("%s%s", kinds[i], path);
		free(path);
		return 0;
	}
	return parse_directory(v, e);
}

static int parse_home(struct setting_value *v, struct error *e)
{
	v->setting->choice = HOME_NAMED;
	for (int i = 0; home_words[i]; i++)
		if (streq(v->text, home_words[i]))
			v->setting->choice = i;
	return v->setting->choice != HOME_NAMED || home_name_valid(v->text)
		       ? 0
		       : home_name_refuse(v->text, e);
}

static int parse_size(struct setting_value *v, struct error *e)
{
	return number_size(v->text, &v->setting->number, e);
}

static int parse_report(struct setting_value *v, struct error *e)
{
	const char *number = startswith(v->text, "fd:");
	uint64_t fd;

	return number ? number_plain(number, 0, INT_MAX, &fd, e) : parse_directory(v, e);
}

static int parse_policy(struct setting_value *v, struct error *e)
{
	char *path = NULL, *beside;
	int r;

	if (!strchr(v->text, '/'))
		return parse_text(v, e);
	r = expand_nonempty(v->text, &path, e);
	if (r < 0)
		return r;
	if (path[0] != '/' && v->source->directory) {
		beside = path_beside(v->source->directory, path);
		free(path);
		path = beside;
	}
	free(v->setting->text);
	v->setting->text = path;
	return 0;
}

static int parse_bind(struct setting_value *v, struct error *e)
{
	struct path_rule *rule = &v->setting->path;
	char *destination = cut_at_colon(v->text);
	int r;

	if (destination && cut_at_colon(destination)) {
		error_set(e, EINVAL, "more than PATH:DEST");
		return error_remedy(e, "write \\: for a colon in a name");
	}
	/* "PATH?:DEST" and "PATH:DEST?" both say what can only be meant of PATH. */
	rule->optional = cut_question_mark(v->text);
	if (destination && cut_question_mark(destination))
		rule->optional = true;
	r = expand_nonempty(v->text, &rule->path, e);
	if (r == 0 && destination)
		r = expand_nonempty(destination, &rule->destination, e);
	if (r == 0 && destination)
		r = require_absolute(rule->destination, e);
	return r;
}

static int parse_path(struct setting_value *v, struct error *e)
{
	if (cut_at_colon(v->text)) {
		error_set(e, EINVAL, "takes no DEST");
		return error_remedy(e, "write \\: for a colon in a name");
	}
	v->setting->path.optional = cut_question_mark(v->text);
	return expand_nonempty(v->text, &v->setting->path.path, e);
}

static int parse_tmpfs(struct setting_value *v, struct error *e)
{
	struct path_rule *rule = &v->setting->path;
	char *size = cut_at_colon(v->text);
	int r;

	if (size) {
		r = number_size(size, &rule->size, e);
		if (r == 0 && !rule->size)
			r = error_set(e, EINVAL, "not a size");
		if (r < 0)
			return error_remedy(
				e, "the form is PATH:SIZE; write \\: for a colon in a name");
	}
	rule->optional = cut_question_mark(v->text);
	return expand_nonempty(v->text, &rule->path, e);
}

static int parse_symlink(struct setting_value *v, struct error *e)
{
	struct path_rule *rule = &v->setting->path;
	char *target = cut_at_colon(v->text);
	int r;

	if (!target || !*target)
		return error_set(e, EINVAL, "the form is PATH:TARGET");
	r = expand_nonempty(v->text, &rule->path, e);
	if (r == 0)
		r = require_absolute(rule->path, e);
	if (r == 0)
		r = expand_nonempty(target, &rule->destination, e);
	return r;
}

static int parse_device(struct setting_value *v, struct error *e)
{
	struct path_rule *rule = &v->setting->path;

	rule->optional = cut_question_mark(v->text);
	if (strchr(v->text, '/'))
		return expand_nonempty(v->text, &rule->path, e);
	rule->path = xstrdup(v->text);
	return parse_text(v, e);
}

static int parse_id(struct setting_value *v, struct error *e)
{
	uint64_t id;
	int r;

	for (size_t i = 0; v->row->choices && v->row->choices[i]; i++)
		if (streq(v->text, v->row->choices[i]))
			return 0;
	r = number_id(v->text, &id, e);
	if (r < 0)
		return r;
	free(v->setting->text);
	v->setting->text = xasprintf("%llu", (unsigned long long)id);
	return 0;
}

static int parse_hostname(struct setting_value *v, struct error *e)
{
	size_t length =
		strspn(v->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

	if (!length || v->text[length] || length > 64 || v->text[0] == '-' || v->text[0] == '.')
		return error_set(e, EINVAL,
				 "not a host name (letters, digits, - and ., at most 64)");
	return 0;
}

static int parse_instance(struct setting_value *v, struct error *e)
{
	if (registry_valid_name(v->text))
		return 0;
	return error_set(
		e, EINVAL,
		"not a name for a sandbox (letters, digits, \".\", \"_\" and \"-\", at most "
		"%d)",
		REGISTRY_NAME_MAX);
}

static bool is_variable_name(const char *text, size_t length)
{
	if (!length || (text[0] >= '0' && text[0] <= '9'))
		return false;
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") >=
	       length;
}

static int parse_variable(struct setting_value *v, struct error *e)
{
	size_t length = strlen(v->text);

	if (streq(v->text, "*"))
		return 0;
	if (length && v->text[length - 1] == '*')
		length--;
	if (is_variable_name(v->text, length))
		return 0;
	error_set(e, EINVAL, "not the name of a variable");
	return strchr(v->text, '=') ? error_remedy(e, "to set one: --env %.200s", v->text)
				    : -EINVAL;
}

static int parse_assignment(struct setting_value *v, struct error *e)
{
	const char *equals = strchr(v->text, '=');

	if (!equals) {
		error_set(e, EINVAL, "no =");
		return error_remedy(e,
				    "NAME=VALUE sets a variable; keep-env passes on one you have");
	}
	if (!is_variable_name(v->text, (size_t)(equals - v->text)))
		return error_set(e, EINVAL, "not the name of a variable before the =");
	v->setting->pair.name = xstrndup(v->text, (size_t)(equals - v->text));
	if (v->source->origin.file)
		return expand_variables(equals + 1, &v->setting->pair.value, e);
	v->setting->pair.value = xstrdup(equals + 1);
	return 0;
}

static int parse_number(struct setting_value *v, struct error *e)
{
	return number_plain(v->text, 0, INT_MAX, &v->setting->number, e);
}

static int parse_net_rule(struct setting_value *v, struct error *e)
{
	int r = network_rule_check(v->text, e);

	return r < 0 ? r : 0;
}

static int parse_bus_rule(struct setting_value *v, struct error *e)
{
	int first = v->row->id < SETTING_DBUS_SYSTEM ? SETTING_SESSION_SEE : SETTING_SYSTEM_SEE;

	return bus_rule_check((enum bus_verb)(v->row->id - first), v->text, e);
}

static int parse_publish(struct setting_value *v, struct error *e)
{
	struct published published;

	return network_publish_parse(v->text, &published, e);
}

static int parse_port(struct setting_value *v, struct error *e)
{
	uint16_t port;
	int r = network_port_parse(v->text, &port, e);

	if (r == 0)
		v->setting->number = port;
	return r;
}

static int parse_address(struct setting_value *v, struct error *e)
{
	return network_address_check(v->text, e);
}

static int parse_rate(struct setting_value *v, struct error *e)
{
	int r;

	if (streq(v->text, "none"))
		return 0;
	r = number_size(v->text, &v->setting->number, e);
	if (r == 0 && !v->setting->number) {
		error_set(e, EINVAL, "nothing would ever pass");
		r = error_remedy(e, "\"none\" stands for no limit");
	}
	return r;
}

static int parse_duration(struct setting_value *v, struct error *e)
{
	return number_duration(v->text, &v->setting->number, e);
}

/* One side of SOFT:HARD, as a decimal number or "unlimited". */
static int rlimit_side(const char *text, char **ret, uint64_t *ret_number, struct error *e)
{
	if (streq(text, "unlimited")) {
		*ret_number = UINT64_MAX;
		*ret = xstrdup(text);
		return 0;
	}
	if (number_size(text, ret_number, NULL) < 0)
		return error_set(
			e, EINVAL,
			"not a limit (a number, with K, M, G or T behind it, or unlimited)");
	*ret = xasprintf("%llu", (unsigned long long)*ret_number);
	return 0;
}

static int parse_rlimit(struct setting_value *v, struct error *e)
{
	_cleanup_free_ char *soft = NULL, *hard = NULL, *name = NULL;
	uint64_t soft_number, hard_number;
	char *value = v->text, *colon;
	const char *near;
	int r;

	if (v->rest) {
		name = xstrdup(v->rest);
	} else {
		value = strchr(v->text, '=');
		if (!value)
			return error_set(e, EINVAL, "the form is NAME=SOFT[:HARD]");
		name = xstrndup(v->text, (size_t)(value - v->text));
		value++;
	}
	if (find_choice(v->row, name, NULL) < 0) {
		error_set(e, EINVAL, "%.60s: not the name of a limit", name);
		near = string_nearest(name, v->row->choices, choice_count(v->row));
		return near ? error_remedy(e, "did you mean \"%s\"?", near)
			    : error_remedy(
				      e, "the names are those of setrlimit(2), without RLIMIT_ and "
					 "in lower case");
	}
	colon = strchr(value, ':');
	if (colon)
		*colon = '\0';
	r = rlimit_side(value, &soft, &soft_number, e);
	if (r == 0 && colon)
		r = rlimit_side(colon + 1, &hard, &hard_number, e);
	if (r < 0)
		return r;
	if (hard && soft_number > hard_number)
		return error_set(e, EINVAL, "the soft limit is above the hard limit");
	v->setting->pair.value = hard ? xasprintf("%s:%s", soft, hard) : TAKE_PTR(soft);
	v->setting->pair.name = TAKE_PTR(name);
	return 0;
}

/* "none" takes away what a profile says. */
static bool parse_none(struct setting_value *v)
{
	v->setting->number = NO_LIMIT;
	return streq(v->text, "none");
}

static int parse_bytes(struct setting_value *v, struct error *e)
{
	return parse_none(v) ? 0 : number_size(v->text, &v->setting->number, e);
}

static int parse_memory(struct setting_value *v, struct error *e)
{
	int r = parse_bytes(v, e);

	if (r < 0 || v->setting->number)
		return r;
	error_set(e, EINVAL, "nothing could run with that");
	return error_remedy(e, "\"none\" stands for no limit");
}

static int parse_count(struct setting_value *v, struct error *e)
{
	/* The most that the kernel can count to (PID_MAX_LIMIT). */
	return parse_none(v) ? 0 : number_plain(v->text, 1, 4194304, &v->setting->number, e);
}

static int parse_cpus(struct setting_value *v, struct error *e)
{
	/* The kernel takes no less than a hundredth of its period (cpu.max). */
	return parse_none(v) ? 0 : number_thousandths(v->text, 10, &v->setting->number, e);
}

static int parse_weight(struct setting_value *v, struct error *e)
{
	return parse_none(v) ? 0 : number_plain(v->text, 1, 10000, &v->setting->number, e);
}

static int parse_amount(struct setting_value *v, struct error *e)
{
	char *amount = cut_at_colon(v->text);
	int r;

	if (!amount)
		return error_set(e, EINVAL, "the form is PATH:SIZE");
	if (streq(amount, "none"))
		v->setting->amount.number = NO_LIMIT;
	else {
		r = number_size(amount, &v->setting->amount.number, e);
		if (r == 0 && !v->setting->amount.number)
			r = error_set(e, EINVAL, "nothing could be moved with that");
		if (r < 0)
			return error_remedy(e, "the form is PATH:SIZE");
	}
	return expand_nonempty(v->text, &v->setting->amount.path, e);
}

static const value_parser parsers[] = {
	[VALUE_FLAG] = parse_flag,
	[VALUE_CHOICE] = parse_choice,
	[VALUE_TEXT] = parse_text,
	[VALUE_DIRECTORY] = parse_directory,
	[VALUE_ROOT] = parse_root,
	[VALUE_HOME] = parse_home,
	[VALUE_SIZE] = parse_size,
	[VALUE_BIND] = parse_bind,
	[VALUE_PATH] = parse_path,
	[VALUE_TMPFS] = parse_tmpfs,
	[VALUE_SYMLINK] = parse_symlink,
	[VALUE_DEVICE] = parse_device,
	[VALUE_LAYERS] = parse_layer,
	[VALUE_UID] = parse_id,
	[VALUE_GID] = parse_id,
	[VALUE_INSTANCE] = parse_instance,
	[VALUE_HOSTNAME] = parse_hostname,
	[VALUE_POLICY] = parse_policy,
	[VALUE_VARIABLES] = parse_variable,
	[VALUE_ASSIGNMENT] = parse_assignment,
	[VALUE_NUMBERS] = parse_number,
	[VALUE_DURATION] = parse_duration,
	[VALUE_RLIMIT] = parse_rlimit,
	[VALUE_MEMORY] = parse_memory,
	[VALUE_BYTES] = parse_bytes,
	[VALUE_COUNT] = parse_count,
	[VALUE_CPUS] = parse_cpus,
	[VALUE_WEIGHT] = parse_weight,
	[VALUE_AMOUNT] = parse_amount,
	[VALUE_REPORT] = parse_report,
	[VALUE_NET_RULES] = parse_net_rule,
	[VALUE_PUBLISH] = parse_publish,
	[VALUE_PORTS] = parse_port,
	[VALUE_ADDRESSES] = parse_address,
	[VALUE_BUS_RULES] = parse_bus_rule,
	[VALUE_RATE] = parse_rate,
};

int setting_value_parse(struct setting_value *v, struct error *e)
{
	return parsers[v->row->type](v, e);
}
