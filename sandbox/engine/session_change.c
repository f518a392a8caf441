// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/session_change.h"

const char *const change_what_names[WHAT_COUNT] = {"type",  "content", "target", "mode",
						   "owner", "xattr",   "time"};

char *change_path(const struct session *session, const struct change *change)
{
	const char *tree = session->layers.items[change->layer].path;

	return xasprintf("%s%s%s", streq(tree, "/") ? "" : tree, *change->path ? "/" : "",
			 change->path);
}

void changes_free(struct changes *changes)
{
	vector_each (change, &changes->list) {
		free(change->path);
		free(change->target);
	}
	vector_free(&changes->list);
	vector_each (anchor, &changes->anchors)
		free(anchor->path);
	vector_free(&changes->anchors);
	strv_free(&changes->problems);
}
