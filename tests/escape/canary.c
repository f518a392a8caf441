// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-attempts --canary DIR NAME: the things on the host that no attack may touch, and the one who looks after
 * them.
 *
 * It builds DIR/tree (files, a project with protected places), leaves a file in the home, listens
 * on sockets of all kinds, holds shared memory, a message queue and a key, and has a child that may
 * not be signalled, stopped or written to. Its first line of output is what the attack program has
 * to know (ATTACK in attack.h). Then, for each line of input, it answers with one line: "ok", or
 * what was touched. After a touch the tree is built anew, so that one broken promise does not look
 * like many. It ends, and cleans up, at the end of its input.
 *
 * NAME makes the names of everything outside DIR its own.
 */
#include "attack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOKEN           "b2e4f7-not-for-the-sandbox"
#define CELL            0x5afe5afeL
#define NS_GET_MNTNS_ID _IOR(0xb7, 0x5, uint64_t)

static const char *name;
static char tree[3000], home_file[4096], sockets[3072], bus[3072];
static int tcp = -1, tcp6 = -1, udp = -1, path_socket = -1, bus_socket = -1, abstract = -1,
	   abstract_dgram = -1;
static int shm = -1, fifo = -1;
static key_t shm_key;
static mqd_t mq;
static char mq_name[64], abstract_name[64], abstract_dgram_name[64];
static long key;
static pid_t victim;
static volatile sig_atomic_t group_signals;

/* Shared with the victim, which counts what it got; CELL is in the victim's own memory */
static struct {
	volatile int signals;
} * counts;
static long *cell;

static void fail(const char *what)
{
	fprintf(stderr, "canary: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void print(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void print(char *buf, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if ((size_t)vsnprintf(buf, size, format, ap) >= size) {
		errno = ENAMETOOLONG;
		fail(format);
	}
	va_end(ap);
}

static void make_file(const char *dir, const char *file, const char *text, mode_t mode)
{
	char path[4096];
	int fd;

	print(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

static void make_dir(const char *dir, const char *sub)
{
	char path[4096];

	print(path, sizeof(path), "%s/%s", dir, sub);
	if (mkdir(path, 0755) < 0)
		fail(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void build_tree(void)
{
	char path[4096];

	nftw(tree, remove_one, 32, FTW_PHYS | FTW_DEPTH);
	make_dir(tree, "");
	make_file(tree, "secret", TOKEN, 0600);
	make_file(tree, "named", "to be read\n", 0644);
	make_file(tree, "stdin", "to be read\n", 0644);
	make_dir(tree, "project");
	make_dir(tree, "project/scratch");
	make_file(tree, "project/file", "text\n", 0644);
	make_dir(tree, "project/hidden");
	make_file(tree, "project/hidden/key", TOKEN, 0600);
	make_dir(tree, "project/deep");
	make_dir(tree, "project/deep/mid");
	make_dir(tree, "project/deep/mid/kept");
	make_file(tree, "project/deep/mid/kept/hook", "#!/bin/sh\n", 0755);
	print(path, sizeof(path), "%s/project/deep/mid/kept/fifo", tree);
	if (fifo >= 0)
		close(fifo);
	if (mkfifo(path, 0600) < 0 || (fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		fail(path);
}

/* One number for names, kinds, sizes, times and contents of all that is in the tree */
static uint64_t sum;

static void add(const void *data, size_t n)
{
	for (const unsigned char *p = data; n--; p++)
		sum = (sum ^ *p) * 0x100000001b3;
}

static int add_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char buf[4096];
	ssize_t n;
	int fd;

	/* The scratch directory may be written to: only its existence matters */
	if (strstr(path, "/project/scratch/"))
		return 0;
	add(path, strlen(path));
	add(&st->st_mode, sizeof(st->st_mode));
	add(&st->st_ino, sizeof(st->st_ino));
	add(&st->st_uid, sizeof(st->st_uid));
	if (!S_ISREG(st->st_mode))
		return 0;
	add(&st->st_nlink, sizeof(st->st_nlink));
	add(&st->st_mtim, sizeof(st->st_mtim));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			add(buf, (size_t)n);
		close(fd);
	}
	return 0;
}

static uint64_t sum_tree(void)
{
	sum = 0xcbf29ce484222325;
	/* The order of a directory's entries stays as long as nothing changes in it */
	nftw(tree, add_file, 32, FTW_PHYS);
	return sum;
}

static int listen_un(const char *path, bool is_abstract, int type)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (len + is_abstract >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		fail(path);
	}
	memcpy(a.sun_path + is_abstract, path, len);
	if (!is_abstract)
		unlink(path);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&a,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract + len)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0))
		fail(path);
	return fd;
}

static uint16_t listen_in(int *fd, int family, int type, uint16_t port)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port),
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6;
	socklen_t len = family == AF_INET ? sizeof(a4) : sizeof(a6);

	*fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0 || bind(*fd, a, len) < 0 || (type == SOCK_STREAM && listen(*fd, 64) < 0)) {
		/* A host without IPv6 is no reason to stop */
		if (family == AF_INET6)
			return 0;
		fail("listening");
	}
	if (getsockname(*fd, a, &len) < 0)
		fail("getsockname");
	return ntohs(family == AF_INET ? a4.sin_port : a6.sin6_port);
}

static void count_signal(int sig)
{
	counts->signals++;
}

static void count_group(int sig)
{
	group_signals++;
}

static void be_victim(pid_t parent)
{
	struct sigaction count = {.sa_handler = count_signal};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGSEGV && sig != SIGBUS && sig != SIGURG)
			sigaction(sig, &count, NULL);
	for (;;)
		pause();
}

static char *found;
static size_t found_size;
static FILE *report;

static void touched(const char *what)
{
	fprintf(report, "%s%s", ftell(report) ? ", " : "", what);
}

static void check_socket(int fd, bool stream, const char *what)
{
	bool seen = false;
	char buf[64];
	int got;

	if (fd < 0)
		return;
	while ((got = stream ? accept(fd, NULL, NULL) : (int)recv(fd, buf, sizeof(buf), 0)) >= 0) {
		seen = true;
		if (stream)
			close(got);
	}
	if (seen)
		touched(what);
}

static void check_victim(void)
{
	static int priority;
	long value = 0;
	char path[64], line[256], state = '?';
	unsigned long long pending = 1;
	int tracer = 0;
	struct iovec local = {&value, sizeof(value)}, remote = {cell, sizeof(value)};
	FILE *f;

	if (waitpid(victim, NULL, WNOHANG) == victim || kill(victim, 0) < 0) {
		touched("the process is dead");
		return;
	}
	print(path, sizeof(path), "/proc/%d/status", victim);
	/* What was sent it may not have counted yet */
	for (int i = 0; i < 200 && (pending || state != 'S'); i++) {
		if (i)
			poll(NULL, 0, 1);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f)) {
			sscanf(line, "State: %c", &state);
			sscanf(line, "TracerPid: %d", &tracer);
			sscanf(line, "ShdPnd: %llx", &pending);
		}
		if (f)
			fclose(f);
	}
	if ((state != 'S' && state != 'R') || tracer)
		touched("the process was stopped or traced");
	if (process_vm_readv(victim, &local, 1, &remote, 1, 0) == sizeof(value) && value != CELL) {
		touched("the process was written to");
		value = CELL;
		process_vm_writev(victim, &local, 1, &remote, 1, 0);
	}
	if (counts->signals) {
		touched("the process was signalled");
		counts->signals = 0;
	}
	if (getpriority(PRIO_PROCESS, (id_t)victim) != priority) {
		touched("the process was slowed down");
		priority = getpriority(PRIO_PROCESS, (id_t)victim);
	}
	if (group_signals) {
		touched("the process group was signalled");
		group_signals = 0;
	}
}

static void check_planted(void)
{
	static const char *const places[] = {"/tmp", "/var/tmp", "/dev/shm", "/run", NULL};
	char path[4096];

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *dir = places[i] ? places[i] : getenv("HOME");

		print(path, sizeof(path), "%s/%s-plant", dir ? dir : "", name);
		if (unlink(path) == 0)
			touched("a file was left behind");
	}
}

static void check_file(const char *path)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) < 0 || strcmp(buf, TOKEN))
		touched("the file in the home");
	if (fd >= 0)
		close(fd);
}

static void check_ipc(void)
{
	struct shmid_ds ds;
	struct mq_attr attr;
	static struct shmid_ds before;

	if (shmctl(shm, IPC_STAT, &ds) < 0 || ds.shm_nattch != before.shm_nattch ||
	    ds.shm_atime != before.shm_atime) {
		touched("the shared memory");
		before = ds;
	}
	if (mq_getattr(mq, &attr) < 0 || attr.mq_curmsgs != 1)
		touched("the message queue");
}

static uint64_t tree_sum;

static void check(void)
{
	char buf[64];

	rewind(report);
	if (sum_tree() != tree_sum) {
		touched("the files");
		build_tree();
		tree_sum = sum_tree();
	}
	while (read(fifo, buf, sizeof(buf)) > 0)
		touched("the FIFO");
	if (*home_file)
		check_file(home_file);
	check_socket(tcp, true, "the TCP service");
	check_socket(tcp6, true, "the TCP service (IPv6)");
	check_socket(udp, false, "the UDP service");
	check_socket(path_socket, true, "the socket");
	check_socket(bus_socket, true, "the socket in the runtime directory");
	check_socket(abstract, true, "the abstract socket");
	check_socket(abstract_dgram, false, "the abstract datagram socket");
	check_ipc();
	check_victim();
	check_planted();
	fflush(report);
	printf("%.*s\n", ftell(report) ? (int)ftell(report) : 2, ftell(report) ? found : "ok");
	fflush(stdout);
}

static uint64_t own_mount_namespace(void)
{
	uint64_t id = 0;
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	/* An older kernel has no such numbers, and no listmount either */
	if (fd < 0 || ioctl(fd, NS_GET_MNTNS_ID, &id) < 0)
		id = 1;
	if (fd >= 0)
		close(fd);
	return id;
}

/* The number that statmount(2) wants, which is no longer used again once a mount is gone */
static uint64_t root_mount(void)
{
	struct statx st;

	return statx(AT_FDCWD, "/", 0, 0x4000 /* STATX_MNT_ID_UNIQUE */, &st) == 0 ? st.stx_mnt_id
										   : 1;
}

int canary_main(int argc, char **argv)
{
	static const char *const namespaces[] = {"user", "mnt", "pid", "ipc", "uts", "cgroup"};
	struct sigaction group = {.sa_handler = count_group, .sa_flags = SA_RESTART};
	uint16_t tcp_port, udp_port;
	const char *home = getenv("HOME"), *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	char line[64];
	pid_t self = getpid();
	void *mem;

	if (argc != 3) {
		fprintf(stderr, "usage: hutch-attempts --canary DIR NAME\n");
		return 1;
	}
	name = argv[2];
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGURG, &group, NULL);
	report = open_memstream(&found, &found_size);

	print(tree, sizeof(tree), "%s/tree", argv[1]);
	build_tree();
	tree_sum = sum_tree();
	if (home && access(home, W_OK) == 0) {
		print(home_file, sizeof(home_file), "%s/%s", home, name);
		make_file(home, name, TOKEN, 0600);
	}

	print(sockets, sizeof(sockets), "%s/socket", argv[1]);
	path_socket = listen_un(sockets, false, SOCK_STREAM);
	/* Where the user's services listen; one beside the others when there is no such directory */
	print(bus, sizeof(bus), "%s/%s", runtime ? runtime : argv[1], name);
	if (runtime && access(runtime, W_OK) < 0)
		print(bus, sizeof(bus), "%s/%s", argv[1], name);
	bus_socket = listen_un(bus, false, SOCK_STREAM);
	print(abstract_name, sizeof(abstract_name), "%s-stream", name);
	abstract = listen_un(abstract_name, true, SOCK_STREAM);
	print(abstract_dgram_name, sizeof(abstract_dgram_name), "%s-dgram", name);
	abstract_dgram = listen_un(abstract_dgram_name, true, SOCK_DGRAM);
	tcp_port = listen_in(&tcp, AF_INET, SOCK_STREAM, 0);
	listen_in(&tcp6, AF_INET6, SOCK_STREAM, tcp_port);
	udp_port = listen_in(&udp, AF_INET, SOCK_DGRAM, 0);

	shm_key = (key_t)(0x45530000 | (self & 0xffff));
	shm = shmget(shm_key, 4096, IPC_CREAT | IPC_EXCL | 0600);
	if (shm < 0 || shmat(shm, NULL, 0) == (void *)-1)
		fail("shared memory");
	print(mq_name, sizeof(mq_name), "/%s", name);
	mq = mq_open(mq_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, NULL);
	if (mq == (mqd_t)-1 || mq_send(mq, "x", 1, 0) < 0)
		fail("message queue");
	key = syscall(SYS_add_key, "user", name, TOKEN, strlen(TOKEN), -4 /* user keyring */);

	mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cell = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED || cell == MAP_FAILED)
		fail("memory");
	counts = mem;
	*cell = CELL;
	victim = fork();
	if (!victim)
		be_victim(self);
	if (victim < 0)
		fail("fork");

	printf("token=%s secret=%s/secret named=%s/named project=%s/project "
	       "island=%s/project/deep/mid/kept absent=%s/project/.envrc "
	       "absentdeep=%s/project/.tool/config hidden=%s/project/hidden ",
	       TOKEN, tree, tree, tree, tree, tree, tree, tree);
	printf("bus=%s socket=%s abstract=%s abstractdgram=%s tcp=%u udp=%u ", bus, sockets,
	       abstract_name, abstract_dgram_name, tcp_port, udp_port);
	printf("shm=%d shmkey=%ld mq=%s key=%s keyid=%ld plant=%s-plant pid=%d cell=%ld ", shm,
	       (long)shm_key, mq_name, name, key, name, victim, (long)cell);
	printf("mntid=%lu rootmnt=%lu", (unsigned long)own_mount_namespace(),
	       (unsigned long)root_mount());
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++) {
		char path[64];

		print(path, sizeof(path), "/proc/self/ns/%s", namespaces[i]);
		if (stat(path, &st) == 0)
			printf(" %sns=%lu", namespaces[i], st.st_ino);
	}
	if (*home_file)
		printf(" home=%s", home_file);
	printf("\n");
	fflush(stdout);

	/* The first look is the picture that later ones are compared with */
	rewind(report);
	check_ipc();
	while (fgets(line, sizeof(line), stdin))
		check();

	kill(victim, SIGKILL);
	shmctl(shm, IPC_RMID, NULL);
	mq_unlink(mq_name);
	if (key > 0)
		syscall(SYS_keyctl, 3 /* KEYCTL_REVOKE */, key);
	if (*home_file)
		unlink(home_file);
	unlink(sockets);
	unlink(bus);
	nftw(tree, remove_one, 32, FTW_PHYS | FTW_DEPTH);
	return 0;
}
