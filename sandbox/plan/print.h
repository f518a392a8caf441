// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/query.h"

struct json_object;

/*
 * The plan as text for people and as JSON for programs. Names come from others: in text, control
 * bytes in them are escaped, in JSON, only those that are no UTF-8. @request is the one that the
 * plan was made from; it tells where what has one value came from. The caller frees what is
 * returned.
 */
char *plan_text(const struct plan *plan, const struct request *request);
struct json_object *plan_json(const struct plan *plan, const struct request *request);

char *answer_text(const struct answer *answer);
struct json_object *answer_json(const struct answer *answer);

/* Words that both forms use. To be freed by the caller: "user mount pid …". */
char *plan_namespaces(const struct plan *plan);

/* "ro,nosuid,nodev", to be freed by the caller. */
char *plan_mount_flags(const struct plan_mount *mount);

/* "bind", "scratch", …; "pin" for what is mounted on itself only to keep its name. */
const char *plan_mount_kind(const struct plan_mount *mount);

/* "own" (a pty), "share" (the caller's session) or "none". */
const char *plan_terminal_word(const struct plan *plan);

/* Where what has one value came from, to be freed by the caller; "built in" where nothing says it.
 */
char *plan_origin(const struct request *request, enum setting_id id);
