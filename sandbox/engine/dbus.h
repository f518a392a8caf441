// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/dbus_instance.h"
#include "engine/plan.h"
#include "engine/report.h"
#include "engine/supervision.h"

enum { BUS_LINE = 1024 };

/* The proxy of one bus. */
struct bus_proxy {
	struct dbus *dbus;
	enum plan_bus_which which;
	pid_t process; /* 0: none */
	int sync;      /* says when it listens; that it closes ends it */
	int log;       /* what it writes */
	bool ready;
	bool skipping; /* the line that is being read is too long */
	size_t length;
	char line[BUS_LINE]; /* as far as it was read */
	char call[BUS_LINE]; /* the last line of a call: what a refusal behind it is of */
	char name[BUS_LINE]; /* the line that says which name was asked for in it; "" */
};

/* The launcher's side of the message buses. Plans without one have none of this. */
struct dbus {
	const struct plan *plan;
	struct report *report;
	struct supervision *supervision;
	struct dbus_instance instance;
	struct bus_proxy proxies[BUS_COUNT];
	bool started, ending;
};

#define DBUS_NONE ((struct dbus){.instance = DBUS_INSTANCE_NONE})

/* Make the files of the host, and start the proxies. */
int dbus_start(struct dbus *dbus, const struct plan *plan, struct report *report,
	       struct supervision *supervision, struct error *e);

/* Wait until all of them listen, and from then on for what they say. */
int dbus_wait(struct dbus *dbus, struct error *e);

/* The sandbox's first process is @pid. */
int dbus_identify(struct dbus *dbus, pid_t pid, struct error *e);

/* Have them end, and leave nothing behind; fine where nothing was started. */
void dbus_stop(struct dbus *dbus);
