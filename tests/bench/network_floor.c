// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The floor under a network of a sandbox's own: in namespaces that are there already, a tap, and the rules
 * that hand connections over, made by libnftables as hutch-net has them made; nothing else. Prints what each
 * step takes, in ms; the sum is what no helper that has to start, load that library and set rules can be below, until
 * the first connection stands.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SYN "tcp flags & (fin|syn|rst|ack) == syn "

static const char rules[] =
	"add table inet hutch\n"
	"add chain inet hutch leave { type route hook output priority mangle; }\n"
	"add chain inet hutch enter { type filter hook prerouting priority mangle; }\n"
	"add rule inet hutch leave " SYN "meta mark set 104\n"
	"add rule inet hutch enter iifname tap0 " SYN
	"meta nfproto ipv4 tproxy ip to 10.0.2.2:1 accept\n"
	"add rule inet hutch enter iifname tap0 " SYN
	"meta nfproto ipv6 tproxy ip6 to [fd00::2]:1 accept\n";

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(77);
	close(fd);
}

/* In the child that was executed anew, as a helper is, and is in the namespaces. */
static int set_up(double begun)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI, .ifr_name = "tap0"};
	double started = now(), tap, loaded, made;
	__typeof__(nft_ctx_new) *new;
	__typeof__(nft_run_cmd_from_buffer) *run;
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	void *library;

	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		return 77;
	tap = now();
	library = dlopen("libnftables.so.1", RTLD_LAZY);
	new = library ? (__typeof__(new))dlsym(library, "nft_ctx_new") : NULL;
	run = library ? (__typeof__(run))dlsym(library, "nft_run_cmd_from_buffer") : NULL;
	loaded = now();
	if (!new || !run || run(new (NFT_CTX_DEFAULT), rules) != 0)
		return 77;
	made = now();
	printf("program %.2f, tap %.2f, library %.2f, rules %.2f: %.2f ms\n", started - begun,
	       tap - started, loaded - tap, made - loaded, made - begun);
	return 0;
}

int main(int argc, char **argv)
{
	char text[32];
	double begun;
	int status;

	if (argc > 1)
		return sscanf(argv[1], "%lf", &begun) == 1 ? set_up(begun) : 77;
	snprintf(text, sizeof(text), "0 %u 1", getuid());
	if (fork() == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
			_exit(77);
		/* Or its rights would end where it is executed. */
		write_file("/proc/self/uid_map", text);
		snprintf(text, sizeof(text), "%f", now());
		execl("/proc/self/exe", argv[0], text, (char *)NULL);
		_exit(77);
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
