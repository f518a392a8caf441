// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * racer A B: exchanges the names A and B again and again, until it is killed or its parent ends;
 * for races with a launcher that looks at a path twice.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: racer A B\n");
		return 1;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2],
		       2 /* RENAME_EXCHANGE */) == 0)
		;
	perror("racer");
	return 1;
}
