// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/diagnosis.h"

#include "commands/diagnosis_parts.h"

void diagnose(const struct features *f, const char *program, struct findings *ret)
{
	diagnose_namespaces(f, program, ret);
	diagnose_confinement(f, ret);
	diagnose_host(f, ret);
}
