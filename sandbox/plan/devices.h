// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "plan/rules.h"

/* Where a host's devices are described and where their nodes are: tests have their own. */
struct device_host {
	const char *sys;  /* "/sys" */
	const char *dev;  /* "/dev" */
	const char *udev; /* "/run/udev/data": what udev knows of each, by number */
};

extern const struct device_host this_host;

/* What a class of devices has on a host; paths as a program there sees them. */
struct device_paths {
	struct strv nodes; /* below /dev: nodes, or a directory of them that changes */
	struct strv files; /* directories of /sys, links there and files of udev, to read */
};

void device_paths_free(struct device_paths *paths);

#define _cleanup_device_paths_ __attribute__((cleanup(device_paths_free)))

/*
 * Look the devices of a class up (gpu, nvidia, camera, gamepad, fido, usb, usb:VENDOR:PRODUCT, kvm, …).
 * -EINVAL: there is no such class; -ENOENT: this host has none.
 */
int devices_find(const struct device_host *host, const char *class, struct device_paths *ret,
		 struct error *e);

/*
 * Whether the report descriptor of a HID device (USB HID 1.11, 6.2.2) is that of a security key and
 * nothing else: each of its top-level collections is of FIDO's usage page.
 */
bool devices_is_fido(const unsigned char *descriptor, size_t length);

/* Rules for what `dev` says: a class, or one path below /dev. */
int devices_plan(struct rules *rules, const struct setting *setting, size_t rank, struct error *e);
