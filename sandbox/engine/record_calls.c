// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/record_calls.h"

#include "base/string.h"
#include "engine/recording.h"

#include <errno.h>
#include <linux/audit.h>
#include <stddef.h>
#include <sys/syscall.h>

/* Calls that newer architectures never had. */
#ifndef SYS_open
#define SYS_open      (-1)
#define SYS_creat     (-1)
#define SYS_link      (-1)
#define SYS_unlink    (-1)
#define SYS_rename    (-1)
#define SYS_mkdir     (-1)
#define SYS_rmdir     (-1)
#define SYS_symlink   (-1)
#define SYS_mknod     (-1)
#define SYS_chmod     (-1)
#define SYS_chown     (-1)
#define SYS_lchown    (-1)
#define SYS_utime     (-1)
#define SYS_utimes    (-1)
#define SYS_futimesat (-1)
#endif
#ifndef SYS_renameat
#define SYS_renameat (-1)
#endif
/* Newer than some headers; the number is the same everywhere. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#if defined(__x86_64__)
#define NATIVE     AUDIT_ARCH_X86_64
#define COMPATIBLE AUDIT_ARCH_I386
#define X32        0x40000000u
#define OTHER(n)   (n)
#else
/* Programs of another architecture run unrecorded. */
#if defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define NATIVE AUDIT_ARCH_RISCV64
#else
#define NATIVE 0
#endif
#define COMPATIBLE 0
#define OTHER(n)   (-1)
#endif

#define ONE(call, other, dir, at, how)                                                       \
	{                                                                                    \
		.native = SYS_##call, .compatible = OTHER(other), .shape = CALL_PATHS,       \
		.directory = {(dir), -1}, .path = {(at), -1}, .access = {(how)}, .flags = -1 \
	}
#define ITSELF(call, other, dir, at, how)                                                     \
	{                                                                                     \
		.native = SYS_##call, .compatible = OTHER(other), .shape = CALL_PATHS,        \
		.directory = {(dir), -1}, .path = {(at), -1}, .access = {(how)}, .flags = -1, \
		.link = true                                                                  \
	}
#define TWO(call, other, dir1, at1, dir2, at2, how1, how2)                                         \
	{                                                                                          \
		.native = SYS_##call, .compatible = OTHER(other), .shape = CALL_PATHS,             \
		.directory = {(dir1), (dir2)}, .path = {(at1), (at2)}, .access = {(how1), (how2)}, \
		.flags = -1, .link = true                                                          \
	}
#define OPENS(call, other, how, dir, at, what, with)                                              \
	{                                                                                         \
		.native = SYS_##call, .compatible = OTHER(other), .shape = (how),                 \
		.directory = {(dir), -1}, .path = {(at), -1}, .access = {(what)}, .flags = (with) \
	}
#define ADDRESS(call, other, at, mine)                                                   \
	{                                                                                \
		.native = SYS_##call, .compatible = OTHER(other), .shape = CALL_ADDRESS, \
		.directory = {-1, -1}, .path = {(at), -1}, .flags = -1, .bound = (mine)  \
	}

/* clang-format off */
static const struct recorded_call calls[] = {
	OPENS(openat,   295, CALL_OPEN, 0, 1, 0, 2),
	OPENS(open,       5, CALL_OPEN, -1, 0, 0, 1),
	OPENS(openat2,  437, CALL_HOW, 0, 1, 0, 2),
	OPENS(creat,      8, CALL_OPEN, -1, 0, 0, -1),
	OPENS(execve,    11, CALL_EXECUTE, -1, 0, ACCESS_EXECUTE, -1),
	OPENS(execveat, 358, CALL_EXECUTE, 0, 1, ACCESS_EXECUTE, 4),

	ADDRESS(connect, 362, 1, false),
	ADDRESS(bind,    361, 1, true),
	ADDRESS(sendto,  369, 4, false),
	{.native = -1, .compatible = OTHER(102), .shape = CALL_SOCKETS},

	ONE(chdir,       12, -1, 0, ACCESS_ENTER),
	ITSELF(mkdir,    39, -1, 0, ACCESS_CREATE),
	ITSELF(mkdirat, 296, 0, 1, ACCESS_CREATE),
	ITSELF(mknod,    14, -1, 0, ACCESS_CREATE),
	ITSELF(mknodat, 297, 0, 1, ACCESS_CREATE),
	ITSELF(symlink,  83, -1, 1, ACCESS_CREATE),
	ITSELF(symlinkat, 304, 1, 2, ACCESS_CREATE),
	ITSELF(unlink,   10, -1, 0, ACCESS_REMOVE),
	ITSELF(unlinkat, 301, 0, 1, ACCESS_REMOVE),
	ITSELF(rmdir,    40, -1, 0, ACCESS_REMOVE),
	TWO(rename,      38, -1, 0, -1, 1, ACCESS_REMOVE, ACCESS_REPLACE),
	TWO(renameat,   302, 0, 1, 2, 3, ACCESS_REMOVE, ACCESS_REPLACE),
	TWO(renameat2,  353, 0, 1, 2, 3, ACCESS_REMOVE, ACCESS_REPLACE),
	TWO(link,         9, -1, 0, -1, 1, ACCESS_READ, ACCESS_REPLACE),
	TWO(linkat,     303, 0, 1, 2, 3, ACCESS_READ, ACCESS_REPLACE),

	ONE(truncate,    92, -1, 0, ACCESS_WRITE),
	ONE(chmod,       15, -1, 0, ACCESS_WRITE),
	ONE(fchmodat,   306, 0, 1, ACCESS_WRITE),
	ONE(fchmodat2,  452, 0, 1, ACCESS_WRITE),
	ONE(chown,      182, -1, 0, ACCESS_WRITE),
	ITSELF(lchown,   16, -1, 0, ACCESS_WRITE),
	ONE(fchownat,   298, 0, 1, ACCESS_WRITE),
	ONE(utime,       30, -1, 0, ACCESS_WRITE),
	ONE(utimes,     271, -1, 0, ACCESS_WRITE),
	ONE(futimesat,  299, 0, 1, ACCESS_WRITE),
	ONE(utimensat,  320, 0, 1, ACCESS_WRITE),
	ONE(setxattr,   226, -1, 0, ACCESS_WRITE),
	ITSELF(lsetxattr, 227, -1, 0, ACCESS_WRITE),
	ONE(removexattr, 235, -1, 0, ACCESS_WRITE),
	ITSELF(lremovexattr, 236, -1, 0, ACCESS_WRITE),
#if defined(__x86_64__)
	/* those that i386 has twice: 32-bit ids, 64-bit lengths and times */
	{-1, 212, CALL_PATHS, {-1, -1}, {0, -1}, {ACCESS_WRITE}, -1},
	{-1, 198, CALL_PATHS, {-1, -1}, {0, -1}, {ACCESS_WRITE}, -1, .link = true},
	{-1, 193, CALL_PATHS, {-1, -1}, {0, -1}, {ACCESS_WRITE}, -1},
	{-1, 412, CALL_PATHS, {0, -1}, {1, -1}, {ACCESS_WRITE}, -1},
#endif
};
/* clang-format on */

enum { COUNT = sizeof(calls) / sizeof(calls[0]) };

const struct recorded_call *recorded_call_find(uint32_t arch, int number)
{
	for (size_t i = 0; i < COUNT; i++)
		if (number >= 0 && ((arch == NATIVE && calls[i].native == number) ||
				    (arch == COMPATIBLE && calls[i].compatible == number)))
			return &calls[i];
	return NULL;
}

bool recorded_call_nests(const struct seccomp_data *call)
{
	static const int numbers[] = {SYS_unshare, SYS_clone,   SYS_setns,     SYS_chroot,
				      SYS_mount,   SYS_umount2, SYS_pivot_root};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (call->arch == NATIVE && call->nr == numbers[i])
			return true;
	return false;
}

struct program {
	VECTOR(struct sock_filter) list;
};

static void add(struct program *program, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	*vector_add(&program->list) = (struct sock_filter){code, jt, jf, k};
}

static void load(struct program *program, size_t offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void give(struct program *program, uint32_t verdict)
{
	add(program, BPF_RET | BPF_K, verdict, 0, 0);
}

static void if_number(struct program *program, uint32_t number, uint32_t verdict)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
	give(program, verdict);
}

/* sendto(2) with no address goes where the socket is connected to, which was seen. */
static void if_addressed(struct program *program, uint32_t number)
{
	size_t argument = offsetof(struct seccomp_data, args[4]);

	add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 6);
	load(program, argument);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
	load(program, argument + 4);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	give(program, SECCOMP_RET_USER_NOTIF);
	give(program, SECCOMP_RET_ALLOW);
}

static void add_calls(struct program *program, bool compatible)
{
	static const uint32_t refused = SECCOMP_RET_ERRNO | ENOSYS;

	load(program, offsetof(struct seccomp_data, nr));
#ifdef X32
	if (!compatible) {
		add(program, BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1);
		give(program, refused);
	}
#endif
	/* The same numbers everywhere. */
	if_number(program, SYS_io_uring_setup, refused);
	if_number(program, SYS_clone3, refused);
	for (size_t i = 0; i < COUNT; i++) {
		int number = compatible ? calls[i].compatible : calls[i].native;

		if (number < 0)
			continue;
		if (calls[i].native == SYS_sendto)
			if_addressed(program, (uint32_t)number);
		else
			if_number(program, (uint32_t)number, SECCOMP_RET_USER_NOTIF);
	}
	give(program, SECCOMP_RET_ALLOW);
}

/* The filter that asks about the calls of the table. */
static void add_table(struct program *program)
{
	size_t jump;

	load(program, offsetof(struct seccomp_data, arch));
	/* Too far for a conditional jump. */
	add(program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
	jump = program->list.count;
	add(program, BPF_JMP | BPF_JA, 0, 0, 0);
	add_calls(program, false);
	program->list.items[jump].k = (uint32_t)(program->list.count - jump - 1);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, COMPATIBLE, 1, 0);
	give(program, SECCOMP_RET_ALLOW);
	add_calls(program, true);
}

/* What a policy denies is asked about, and all else is let through. */
static uint32_t softened(uint32_t verdict)
{
	uint32_t code = verdict & SECCOMP_RET_DATA;

	if ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && code != ENOSYS && code)
		return SECCOMP_RET_USER_NOTIF;
	return SECCOMP_RET_ALLOW;
}

int recorded_calls_filter(const struct filter *policy, struct filter *ret, struct error *e)
{
	struct program program = {0};
	struct filter front = {0}, back = *policy;
	int r;

	add_table(&program);
	front.instructions = program.list.items;
	front.count = program.list.count;
	back.allocated = xmemdup(policy->instructions, policy->count * sizeof(*back.allocated));
	back.instructions = back.allocated;
	for (size_t i = 0; i < back.count; i++)
		if (back.allocated[i].code == (BPF_RET | BPF_K))
			back.allocated[i].k = softened(back.allocated[i].k);
	r = seccomp_join(&front, &back, ret);
	if (r == 0 && !seccomp_valid(ret->instructions, ret->count)) {
		filter_free(ret);
		r = -EINVAL;
	}
	free(back.allocated);
	vector_free(&program.list);
	return r < 0 ? error_errno(e, -r, "the filter that records") : 0;
}
