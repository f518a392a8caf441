// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "base/vector.h"

/*
 * The user's own desktop entries that hutch has written, and what has to be known to undo that.
 *
 *	$XDG_DATA_HOME/applications/ID		the entry, in place of the system's
 *	$XDG_DATA_HOME/dbus-1/services/NAME	the D-Bus service of the same name, where there is one
 *	$XDG_DATA_HOME/hutch/menus/ID/		a record for each
 *		record				JSON, written before anything else is changed
 *		entry, service			the user's own files that stood there before
 *
 * A file of the user's gets a second name before hutch's takes the first one, and is renamed back:
 * it is the same to the byte and to its times, and an `add` that is broken off loses nothing.
 */

/* An application as menus see it. */
struct menu_application {
	char *id;   /* of its entry: "org.gnome.Evince.desktop" */
	char *path; /* of the file that is or would be in the menu without hutch */
	char *program;
	bool known; /* there is a profile for the program */
};

struct menu_applications {
	VECTOR(struct menu_application) list;
};

/* All that can be wrapped, by XDG_DATA_DIRS; a file that can't be read or wrapped is left out. */
void menu_applications_find(struct menu_applications *ret);
void menu_applications_free(struct menu_applications *applications);

#define _cleanup_menu_applications_ __attribute__((cleanup(menu_applications_free)))

struct menu_record {
	char *id, *source, *service; /* service: name of the file, or NULL */
	char *program;               /* as the entry named it */
	char source_hash[65], entry_hash[65], service_hash[65];
	char *hutch, *home, *profile;
};

void menu_record_free(struct menu_record *record);

#define _cleanup_menu_record_ __attribute__((cleanup(menu_record_free)))

/* The ids of all records, sorted; and one of them, -ENOENT where there is none. */
void menu_records(struct strv *ret);
int menu_record_read(const char *id, struct menu_record *ret, struct error *e);

enum menu_state {
	MENU_CURRENT,
	MENU_CHANGED, /* the system's entry is another than it was */
	MENU_GONE,    /* the system has none any more */
	MENU_EDITED,  /* what hutch wrote was changed since */
	MENU_LOST,    /* what hutch wrote was removed */
	MENU_BROKEN,  /* the hutch that it starts is not there */
};

extern const char *const menu_state_names[];

enum menu_state menu_record_state(const struct menu_record *record);

/*
 * Write the user's own entry for @application, or write it again. @home and @profile may be NULL.
 * -EBUSY where what hutch wrote was edited since, unless @force.
 */
int menu_add(const struct menu_application *application, const char *hutch, const char *home,
	     const char *profile, bool force, struct error *e);

/* Undo it. -EBUSY as above. */
int menu_remove(const char *id, bool force, struct error *e);
