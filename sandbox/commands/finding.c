// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/finding.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

struct finding *finding_add(struct findings *to, const char *topic, const char *title)
{
	struct finding *f = vector_add(&to->list);

	f->topic = topic;
	f->title = title;
	return f;
}

static void set_text(char **text, const char *format, va_list arguments)
{
	free(*text);
	*text = xvasprintf(format, arguments);
}

void finding_state(struct finding *f, enum finding_state state, const char *what, ...)
{
	va_list arguments;

	f->state = state;
	va_start(arguments, what);
	set_text(&f->what, what, arguments);
	va_end(arguments);
}

void finding_cost(struct finding *f, const char *cost, ...)
{
	va_list arguments;

	va_start(arguments, cost);
	set_text(&f->cost, cost, arguments);
	va_end(arguments);
}

void finding_remedy(struct finding *f, const char *remedy, ...)
{
	va_list arguments;

	va_start(arguments, remedy);
	set_text(&f->remedy, remedy, arguments);
	va_end(arguments);
}

char *probe_text(const struct probe *p)
{
	if (!p->tried)
		return xstrdup(p->step);
	if (p->signal)
		return xasprintf("the process that tried was ended by signal %d", p->signal);
	return xasprintf("%s%s%s", p->step, p->step[0] ? ": " : "", error_name(p->code));
}

bool finding_untried(struct finding *f, const struct probe *p)
{
	if (!p->tried)
		finding_state(f, FINDING_UNTRIED, "%s", p->step);
	return !p->tried;
}

bool findings_good(const struct findings *findings)
{
	vector_each (f, &findings->list)
		if (f->needed && f->state >= FINDING_MISSING)
			return false;
	return true;
}

void findings_free(struct findings *findings)
{
	vector_each (f, &findings->list) {
		free(f->what);
		free(f->cost);
		free(f->remedy);
	}
	vector_free(&findings->list);
}
