// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "commands/commands.h"
#include "engine/control_ask.h"
#include "kernel/process_table.h"

/*
 * What the verbs that deal with running sandboxes share.
 */

enum instance_state {
	INSTANCE_RUNNING,
	INSTANCE_PAUSED,  /* hutch pause */
	INSTANCE_STOPPED, /* its launcher is, by ^Z; it does not answer then */
};

extern const char *const instance_state_names[];

/* One running sandbox, as far as it is known. */
struct instance {
	char *name;
	pid_t launcher;
	enum instance_state state;
	struct control_status status; /* all zero where its launcher is stopped */
	uint64_t cpu;                 /* microseconds of processor time so far */
	uint64_t memory;              /* bytes resident, shared pages counted for each process */
	uint64_t processes;
	uint64_t received, sent; /* bytes of its network, loopback not counted */
	bool has_network;        /* of its own; else these say nothing */
};

struct instances {
	VECTOR(struct instance) list; /* by name */
};

/* How long a launcher may take to answer. */
enum { INSTANCE_PATIENCE = 5000 /* ms */ };

/* All of the user's, with what they use. Those that end meanwhile are left out. */
int instances_collect(struct instances *ret, struct error *e);
void instances_free(struct instances *instances);

/*
 * How these verbs begin: options and the names that the command line gives; messages are set up.
 * @least names are wanted. 0; 1 where the command line is answered, with the status in
 * @ret_status; or -errno.
 */
int instance_arguments(int argc, char **argv, enum verb verb, size_t least, struct request *request,
		       struct command_line *line, int *ret_status, struct error *e);

/* Connect to the launcher of @name. */
int instance_connect(const char *name, struct registry_peer *ret, struct error *e);

/*
 * Ask its launcher for one thing, on a connection of its own. Fields of @request but .kind are the
 * caller's.
 */
int instance_ask(const char *name, enum control_kind kind, struct control_request request,
		 int patience, struct control_answer *ret, int *ret_fd, struct error *e);

/* What there is to know of one. */
int instance_look(const char *name, struct instance *ret, struct error *e);

/* Let it stand still, or go on (commands/pause.c). */
int instance_pause(const char *name, bool paused, struct error *e);

/* Since it was started, "-" where that is not known. To be freed. */
char *instance_age(const struct instance *instance);

/* What there is to tell of one as JSON. */
struct json_object *instance_json(const struct instance *instance);
