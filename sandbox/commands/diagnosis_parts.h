// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "commands/finding.h"
#include "kernel/features.h"

/* Parts of diagnose(), a file each. */
void diagnose_namespaces(const struct features *f, const char *program, struct findings *to);
void diagnose_confinement(const struct features *f, struct findings *to);
void diagnose_host(const struct features *f, struct findings *to);
