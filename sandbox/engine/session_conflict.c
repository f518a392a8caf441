// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A conflict is what the session changed and the host changed, too, since the session saw it. What
 * it saw is not written down whole, but when it began is, and the ctime of a file cannot be set.
 *
 * 1. A file that the host has, with a ctime since then, is in conflict. Renaming is a change of the
 *    file that moves.
 * 2. A directory that the host has was there under its name when the session began, unless both its
 *    own ctime and that of the directory it is in are later: then it may have come by renaming, with
 *    files in it that are old and are not those that the session saw, and all in it is in conflict,
 *    but where its inode is known from then. Where it is known not to have been there, nothing that
 *    is in it was.
 * 3. A name that the session has and the host has not is new, or was removed on the host since. The
 *    layer does not tell: where the session had replaced the file by another (as editors do), or
 *    renamed one to it, the layer has the same as for a new one. It is new where the directory,
 *    being the same, has an older ctime; or where the names that the directory had are known and it
 *    is not among them. It was removed where it is among them, or where apply put it there. Else it
 *    may have been, which is a conflict as well.
 * 4. A directory of the layer that was there on the host (user.overlay.origin; of files that may have
 *    come along from another name) and is gone, was removed.
 * 5. Of directories that were removed in the session, all that is in them counts
 *    (engine/session_changes.c).
 *
 * When the session saw the removal itself makes no difference: what it has looked up once, the kernel
 * goes on showing to it. So the time at which a file of the layer was made proves nothing.
 *
 * The names and inodes are written down while it can be done (engine/session_began.c): around
 * the working directory when the session begins, and wherever something was changed when one leaves
 * it and before an apply. What apply and undo themselves change on the host is known, too
 * (engine/session_seen.c). So what may have been removed is left to be said where the host changed a
 * directory while the session ran, far from where it was started, or before its names were read.
 */
#include "engine/session_conflict.h"

const char changed_since[] = "changed on the host since the session began";
const char removed_since[] = "removed on the host since the session began";
static const char perhaps_removed[] =
	"its directory changed on the host since the session began: it may have been removed there";
static const char perhaps_replaced[] =
	"its directory may have been replaced on the host since the session began";

void conflicts_begin(const struct session *session, struct conflicts *ret)
{
	ret->session = session;
	seen_read(session, &ret->seen);
	began_read(session, &ret->began);
}

void conflicts_end(struct conflicts *conflicts)
{
	seen_free(&conflicts->seen);
	began_free(&conflicts->began);
}

void conflict_look(const struct conflicts *conflicts, size_t layer, const char *path,
		   const struct host_directory *above, const struct stat *status,
		   struct host_directory *ret)
{
	struct began_directory *began = began_find(&conflicts->began, layer, path);
	bool changed = session_time_is_later(&status->st_ctim, &conflicts->session->start);
	const char *slash = strrchr(path, '/');

	*ret = (struct host_directory){.same = !above, .began = began};
	if (above &&
	    (above->is_new || (above->began && !began_has(above->began, slash ? slash + 1 : path))))
		ret->is_new = true;
	else if (above && above->same)
		ret->same = began ? began->inode == status->st_ino
				  : !changed || above->as_it_was ||
					    seen_is(&conflicts->seen, layer, path, status);
	ret->as_it_was = ret->same && !changed;
}

const char *conflict_of_present(const struct conflicts *conflicts, size_t layer, const char *path,
				const struct stat *status, const struct host_directory *directory)
{
	if (seen_is(&conflicts->seen, layer, path, status))
		return NULL;
	if (directory->is_new ||
	    session_time_is_later(&status->st_ctim, &conflicts->session->start))
		return changed_since;
	return directory->same ? NULL : perhaps_replaced;
}

const char *conflict_of_missing(const struct conflicts *conflicts, size_t layer, const char *path,
				const struct host_directory *directory)
{
	const char *slash = strrchr(path, '/');

	if (seen_has(&conflicts->seen, layer, path))
		return removed_since;
	if (directory->is_new)
		return NULL;
	if (directory->began)
		return began_has(directory->began, slash ? slash + 1 : path) ? removed_since : NULL;
	return directory->as_it_was ? NULL : perhaps_removed;
}
