// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/vector.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * What a program was seen to use (`hutch learn`): one entry for each distinct thing, with the first
 * program that used it and how often it was used.
 */

/* How a path was used. */
enum access_kind {
	ACCESS_READ = 1 << 0,    /* opened for reading, listed */
	ACCESS_WRITE = 1 << 1,   /* changed in place: its contents, permissions, times */
	ACCESS_CREATE = 1 << 2,  /* the name came into being */
	ACCESS_REPLACE = 1 << 3, /* another name was renamed or linked to it */
	ACCESS_REMOVE = 1 << 4,  /* the name went away */
	ACCESS_EXECUTE = 1 << 5,
	ACCESS_CONNECT = 1 << 6, /* a socket there was connected to */
	ACCESS_ENTER = 1 << 7,   /* a directory that was changed into, and not listed */
};

/* What needs the directory around a name to be writable. */
#define ACCESS_NAMES (ACCESS_CREATE | ACCESS_REPLACE | ACCESS_REMOVE)

struct touched {
	char *path; /* absolute, without "." and "..", as the program says it: with its links */
	unsigned access;
	uint64_t times;
	char *by;     /* the program that did it first */
	bool existed; /* before it was touched for the first time */
	mode_t type;  /* S_IFMT bits of what was there at first; 0: nothing */
};

/* An address of a network, or a local socket that has no path. */
struct contacted {
	struct sockaddr_storage address;
	socklen_t length;
	bool bound; /* taken as the program's own address, not connected or sent to */
	int kind;   /* SOCK_STREAM, …; 0: not known */
	uint64_t times;
	char *by;
};

/* A system call that the policy would have denied. */
struct questioned {
	struct seccomp_data call;
	uint64_t times;
	char *by;
};

/* A call over a message bus. */
struct messaged {
	bool system;  /* the system's bus, not the session's */
	bool own;     /* a name that was asked for, not a call to one */
	char *name;   /* well-known */
	char *method; /* "INTERFACE.MEMBER" */
	char *path;   /* of the object that was called first */
	uint64_t times;
	char *by;
};

struct recording {
	VECTOR(struct messaged) messaged;     /* in the order of the first time */
	VECTOR(struct touched) touched;       /* in the order of the first time */
	VECTOR(struct contacted) contacted;   /* the same */
	VECTOR(struct questioned) questioned; /* the same */
	size_t *index; /* hash table of numbers of `touched`, counted from 1 */
	size_t index_size;

	uint64_t calls;     /* looked at */
	uint64_t unread;    /* whose arguments could not be read */
	uint64_t elsewhere; /* in a root or mount namespace that the program made */
	uint64_t left_out;  /* more distinct things than are kept */
	int status;         /* of the program, as wait(2) gives it */
};

/* The entry of @path, or NULL. */
struct touched *recording_find(const struct recording *recording, const char *path);

/* Count @access to @path, which has an entry then; what stands in it already stays. NULL where the
 * recording is full. @by is asked for only for a new entry, and copied. */
struct touched *recording_touch(struct recording *recording, const char *path, unsigned access,
				bool existed, mode_t type, const char *by);

void recording_message(struct recording *recording, const struct messaged *message);
void recording_contact(struct recording *recording, const struct contacted *contact);
void recording_question(struct recording *recording, const struct seccomp_data *call,
			const char *by);

void recording_free(struct recording *recording);
