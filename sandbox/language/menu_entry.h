// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"

/*
 * A program's desktop entry → one of the user's own that starts it in a sandbox.
 *
 * What the environment would start for an entry stands in Exec alone, of the entry and of its
 * actions, and all of the old one's words come behind "hutch run … --": whatever they say, they
 * are said inside. Other keys are taken over only where the specification or long use makes them
 * plain data; what else an entry may say (KDE's wish to be run as another user, groups of other
 * environments with commands in them) is left out.
 */
struct menu_options {
	const char *hutch;   /* the program that is written into Exec; absolute */
	const char *home;    /* --home; NULL: what the profile says */
	const char *profile; /* --profile; NULL: the one of the program's name */
	const char *id;      /* of the entry, for the comment in front */
};

/*
 * The program that an entry starts, to be freed: the first word of Exec behind an "env" with
 * variables. -EINVAL with a message where that can't be wrapped (sudo, flatpak, D-Bus alone);
 * -ENOENT where it is no application or hidden.
 */
int menu_entry_program(const char *data, size_t length, char **ret, struct error *e);

/* Make the text of the user's own entry. */
int menu_entry_make(const char *data, size_t length, const struct menu_options *options,
		    struct strbuf *ret, struct error *e);

/*
 * The same for the D-Bus service of the same name: @data is its service file. Activated over the
 * bus, the program starts in the sandbox, too.
 */
int menu_service_make(const char *data, size_t length, const char *name,
		      const struct menu_options *options, struct strbuf *ret, struct error *e);
