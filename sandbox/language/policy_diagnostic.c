// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void policy_report(struct policy *policy, bool warning, struct policy_place place,
		   const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	/* Rules are made more than once (nested and not, several architectures). */
	vector_each (d, &policy->diagnostics)
		if (memcmp(&d->place, &place, sizeof(place)) == 0 && streq(d->text, text))
			return;
	*vector_add(&policy->diagnostics) =
		(struct policy_diagnostic){warning, place, TAKE_PTR(text)};
	policy->errors += !warning;
}

/* The bytes of line @number in @source; NULL where it has none. */
static const char *find_line(const struct policy_source *source, uint32_t number,
			     size_t *ret_length)
{
	const char *line = source->text, *end = source->text + source->length;

	for (uint32_t n = 1; line < end; n++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;

		if (n == number) {
			if (stop > line && stop[-1] == '\r')
				stop--;
			*ret_length = (size_t)(stop - line);
			return line;
		}
		line = stop + 1;
	}
	return NULL;
}

static const char *source_name(const struct policy *policy, struct policy_place place)
{
	return place.source < policy->sources.count ? policy->sources.items[place.source].name
						    : "?";
}

/* Text that is safe on a terminal; control bytes and the like become "?" of the same width, so
 * that the caret below stays where it belongs. */
static void append_line(struct strbuf *out, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];
		char shown = c == '\t' || (c >= 32 && c < 127) ? (char)c : '?';

		strbuf_append(out, &shown, 1);
	}
}

void policy_format_diagnostic(const struct policy *policy, const struct policy_diagnostic *d,
			      struct strbuf *out)
{
	struct policy_place place = d->place;
	_cleanup_free_ char *name = string_escape(source_name(policy, place));
	_cleanup_free_ char *text = string_escape(d->text);
	size_t length = 0, underlined;
	const char *line = NULL;

	strbuf_printf(out, "%s:%u:%u: %s: %s\n", name, place.line, place.column,
		      d->warning ? "warning" : "error", text);
	if (place.source < policy->sources.count)
		line = find_line(&policy->sources.items[place.source], place.line, &length);
	if (!line || place.column == 0 || place.column > length + 1)
		return;
	strbuf_append(out, "    ", 4);
	append_line(out, line, length);
	strbuf_append(out, "\n    ", 5);
	for (size_t i = 0; i + 1 < place.column; i++)
		strbuf_append(out, line[i] == '\t' ? "\t" : " ", 1);
	underlined = place.length ? place.length : 1;
	for (size_t i = 0; i < underlined && (i == 0 || place.column + i <= length); i++)
		strbuf_append(out, "^", 1);
	strbuf_append(out, "\n", 1);
}

int policy_first_error(const struct policy *policy, struct error *e)
{

	vector_each (d, &policy->diagnostics) {
		_cleanup_free_ char *name = NULL;

		if (d->warning)
			continue;
		name = string_escape(source_name(policy, d->place));
		error_set(e, EINVAL, "%s:%u:%u: %s", name, d->place.line, d->place.column, d->text);
		if (policy->errors > 1)
			error_remedy(e, "hutch profile seccomp check shows all %zu errors",
				     policy->errors);
		return -EINVAL;
	}
	return error_set(e, EINVAL, "the policy has errors");
}

char *policy_line(const struct policy *policy, struct policy_place place)
{
	struct strbuf out = {0};
	const char *line = NULL;
	size_t length = 0;

	if (place.line && place.source < policy->sources.count)
		line = find_line(&policy->sources.items[place.source], place.line, &length);
	while (line && length && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (line && length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	if (line)
		append_line(&out, line, length);
	return out.text ? out.text : xstrdup("");
}

const char *policy_action_name(uint32_t action)
{
	static char buffer[32];
	uint32_t data = action & SECCOMP_RET_DATA;
	const char *name;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
		return "kill-process";
	case SECCOMP_RET_KILL_THREAD:
		return "kill-thread";
	case SECCOMP_RET_TRAP:
		return "trap";
	case SECCOMP_RET_USER_NOTIF:
		return "user-notify";
	case SECCOMP_RET_TRACE:
		return "trace";
	case SECCOMP_RET_LOG:
		return "log";
	case SECCOMP_RET_ALLOW:
		return "allow";
	case SECCOMP_RET_ERRNO:
		name = data ? strerrorname_np((int)data) : NULL;
		if (name)
			return name;
		snprintf(buffer, sizeof(buffer), "return %u", data);
		return buffer;
	default:
		snprintf(buffer, sizeof(buffer), "0x%x", action);
		return buffer;
	}
}
