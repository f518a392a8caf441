// SPDX-License-Identifier: GPL-2.0-or-later
/* run_under POLICY PROGRAM [ARGUMENT…]: run a program under a policy and nothing else. With the
 * environment variable NESTED, under the policy's nested variant. */
#include "language/policy_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct filter filter = {0};
	struct error e;
	int r;

	if (argc < 3)
		return 125;
	if (policy_load(argv[1], NULL, getenv("NESTED") != NULL, &filter, &e) < 0) {
		fprintf(stderr, "run_under: %s\n", e.text);
		return 125;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 125;
	r = seccomp_apply(&filter, 0);
	if (r < 0) {
		fprintf(stderr, "run_under: loading %s: %s\n", argv[1], strerror(-r));
		return 125;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return errno == ENOENT ? 127 : 126;
}
