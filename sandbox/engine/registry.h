// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Where the running sandboxes of a user are found by name: one directory each, with the socket on
 * which its launcher answers (engine/control.h).
 */

/* The longest name of an instance, without the NUL byte. */
#define REGISTRY_NAME_MAX 48

/* What a launcher holds while its sandbox is in the registry. */
struct registration {
	int registry;  /* the directory of all instances; -1: not registered */
	int directory; /* this one's, with the lock */
	int listener;  /* the socket, non-blocking */
	char name[REGISTRY_NAME_MAX + 1];
};

#define REGISTRATION_NONE ((struct registration){-1, -1, -1, ""})

/* A connection to a launcher. */
struct registry_peer {
	int fd;
	pid_t launcher; /* who listens, as the kernel says it */
	int pidfd;      /* the same process, whatever becomes of its number */
};

#define REGISTRY_PEER_NONE ((struct registry_peer){.fd = -1, .pidfd = -1})

void registry_peer_close(struct registry_peer *peer);

/*
 * The directory of all instances: $XDG_RUNTIME_DIR/hutch, or where that is not set
 * /run/user/UID/hutch, or where that is not the caller's /tmp/hutch-UID. To be freed.
 */
char *registry_path(void);

/*
 * Open it; @make: it is made where it is missing. Refused, with a message, unless it is a directory
 * of the caller's own that nobody else may enter. Returns the descriptor, or -errno; -ENOENT
 * without a message where it is missing and was not to be made.
 */
int registry_open(bool make, struct error *e);

/* Whether @name can be an instance's: letters, digits, ".", "_" and "-", no dash or dot first. */
bool registry_valid_name(const char *name);

/* A name for this process, made of @program and its number; @number tells several apart. */
void registry_generate_name(const char *program, unsigned number, char ret[REGISTRY_NAME_MAX + 1]);

/*
 * Register this process, under @name, or where that is NULL under one made of @program and its
 * number. 0; -EEXIST where @name is taken; or another -errno. Also sweeps a few that are dead.
 */
int registry_add(const char *name, const char *program, struct registration *ret, struct error *e);

/* Close what a child has of it. */
void registry_forget(struct registration *registration);

/* The sandbox has ended. */
void registry_remove(struct registration *registration);

/* The names of the living, sorted; the dead are swept. */
void registry_list(int registry, struct strv *ret);

/*
 * Connect to the launcher of @name. 0, or -errno with a message; -ENOENT where there is none of
 * that name (any more).
 */
int registry_connect(int registry, const char *name, struct registry_peer *ret, struct error *e);
