// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/seccomp_notify.h"
#include "base/string.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of some distributions that hutch builds on. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

/* More distinct calls than there are: a bound for programs that invent numbers. */
#define SEEN_LIMIT 2048

static bool is_logged(const struct sock_filter *instruction)
{
	return instruction->code == (BPF_RET | BPF_K) &&
	       (instruction->k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	       (instruction->k & SECCOMP_RET_DATA) != ENOSYS &&
	       (instruction->k & SECCOMP_RET_DATA) != 0; /* answered with success */
}

int notifier_filter(const struct filter *plain, struct filter *ret, struct error *e)
{
	struct sock_filter *copy;

	if (!seccomp_valid(plain->instructions, plain->count))
		return error_set(e, EINVAL, "%s: no filter", plain->name);
	copy = xmemdup(plain->instructions, plain->count * sizeof(*copy));
	for (size_t i = 0; i < plain->count; i++)
		if (is_logged(&copy[i]))
			copy[i].k = SECCOMP_RET_USER_NOTIF;
	*ret = (struct filter){
		.instructions = copy,
		.count = plain->count,
		.name = xstrdup(plain->name),
		.origin_path = xstrdup(plain->origin_path),
		.allocated = copy,
	};
	return 0;
}

int notifier_init(struct notifier *notifier, const struct filter *plain, struct error *e)
{
	struct seccomp_notif_sizes sizes;
	size_t request = sizeof(struct seccomp_notif), response = sizeof(struct seccomp_notif_resp);

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return error_errno(e, errno, "seccomp user notification");
	/* A newer kernel's structures are longer, an older one's shorter than ours. */
	if (sizes.seccomp_notif > request)
		request = sizes.seccomp_notif;
	if (sizes.seccomp_notif_resp > response)
		response = sizes.seccomp_notif_resp;
	*notifier = (struct notifier){
		.plain = plain,
		.request = xcalloc(1, request),
		.response = xcalloc(1, response),
		.request_size = request,
	};
	return 0;
}

void notifier_free(struct notifier *notifier)
{
	free(notifier->request);
	free(notifier->response);
	vector_free(&notifier->seen);
	*notifier = (struct notifier){0};
}

/* How often this call was denied so, counting this time. */
static uint64_t count(struct notifier *notifier, const struct seccomp_data *call, int code)
{
	vector_each (seen, &notifier->seen)
		if (seen->arch == call->arch && seen->number == call->nr && seen->code == code)
			return ++seen->times;
	if (notifier->seen.count >= SEEN_LIMIT)
		return UINT64_MAX;
	*vector_add(&notifier->seen) = (struct seen_call){call->arch, call->nr, code, 1};
	return 1;
}

int notifier_receive(int listener, struct notifier *notifier)
{
	/* The kernel refuses a buffer that is not zero. */
	memset(notifier->request, 0, notifier->request_size);
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notifier->request) == 0)
		return 1;
	/* ENOENT: the caller was killed before it was received. */
	return errno == EINTR || errno == ENOENT || errno == EAGAIN ? 0 : -errno;
}

static int respond(int listener, struct notifier *notifier, int error, uint32_t flags)
{
	struct seccomp_notif_resp *response = notifier->response;

	response->id = notifier->request->id;
	response->val = 0;
	response->error = error;
	response->flags = flags;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, response) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

int notifier_let(int listener, struct notifier *notifier)
{
	return respond(listener, notifier, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

void notifier_switch_fast(int listener)
{
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int notifier_handle(int listener, struct notifier *notifier, struct denial *ret)
{
	struct seccomp_notif *request = notifier->request;
	uint32_t verdict;
	int code = EPERM, r = notifier_receive(listener, notifier);

	if (r <= 0)
		return r;
	if (seccomp_simulate(notifier->plain->instructions, notifier->plain->count, &request->data,
			     &verdict, NULL) == 0 &&
	    (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		code = (int)(verdict & SECCOMP_RET_DATA);
	r = respond(listener, notifier, -code, 0);
	if (r < 0)
		return r;
	*ret = (struct denial){
		.call = request->data,
		.pid = (pid_t)request->pid,
		.code = code,
		.times = count(notifier, &request->data, code),
	};
	return ret->times == 1;
}
