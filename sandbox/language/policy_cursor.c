// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/policy_cursor.h"

#include <stdarg.h>

bool policy_fail(struct policy_parser *p, const struct policy_token *token, const char *format, ...)
{
	va_list arguments;
	_cleanup_free_ char *text = NULL;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	policy_report(p->lexer.policy, false, token->place, "%s", text);
	p->failed = true;
	return false;
}
