// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why the kernel refuses user namespaces, and what else a sandbox's namespaces lack.
 *
 * The kernel answers EPERM for half a dozen reasons. Each of them can be told from a setting or a
 * state that was read; where none is found, that is what is said.
 */
#include "commands/diagnosis_parts.h"

#include <errno.h>
#include <string.h>

#define REFUSED                                                                         \
	"hutch run refuses to start; --allow-weaker namespaces goes on with Landlock, " \
	"seccomp and limits alone"

/* @path as an AppArmor profile takes it: its pattern characters are taken literally. */
static char *apparmor_path(const char *path)
{
	struct strbuf text = {0};
	bool quoted = strpbrk(path, " \t\"#,") != NULL;

	strbuf_append(&text, "\"", quoted ? 1 : 0);
	for (; *path; path++) {
		unsigned char byte = (unsigned char)*path;

		/* In octal, so that a name can't speak to the terminal either. */
		if (byte < 0x20 || byte >= 0x7f) {
			strbuf_printf(&text, "\\%03o", byte);
			continue;
		}
		if (strchr("\\\"*?[]{}^@", *path))
			strbuf_append(&text, "\\", 1);
		strbuf_append(&text, path, 1);
	}
	strbuf_append(&text, "\"", quoted ? 1 : 0);
	return text.text;
}

static void apparmor_remedy(struct finding *r, const char *program)
{
	_cleanup_free_ char *path = apparmor_path(program);

	finding_remedy(r,
		       "a profile that lets this one program make user namespaces:\n"
		       "sudo tee /etc/apparmor.d/hutch >/dev/null <<'END'\n"
		       "abi <abi/4.0>,\n"
		       "include <tunables/global>\n"
		       "profile hutch %s flags=(unconfined) {\n"
		       "  userns,\n"
		       "  include if exists <local/hutch>\n"
		       "}\n"
		       "END\n"
		       "sudo apparmor_parser --replace /etc/apparmor.d/hutch",
		       path);
}

/* The calls of which a sandbox is made, for whoever wrote the filter that is in the way. */
#define ALLOW_CALLS                                                                            \
	"let that filter allow clone3, unshare, mount, umount2, pivot_root and the new mount " \
	"calls (docker, podman: --security-opt seccomp=FILE, or =unconfined)"

/* The reason for ENOSPC: a limit, here or in a namespace further up. */
static void limit_reason(struct finding *r, const struct features *f)
{
	if (f->max_user_namespaces == 0 && f->initial_namespace) {
		finding_state(r, FINDING_MISSING, "user.max_user_namespaces is 0");
		finding_remedy(r, "sudo sysctl user.max_user_namespaces=15000\n"
				  "echo user.max_user_namespaces=15000 | sudo tee "
				  "/etc/sysctl.d/50-user-namespaces.conf");
	} else if (f->max_user_namespaces == 0) {
		finding_state(r, FINDING_MISSING,
			      "user.max_user_namespaces is 0 in the user namespace that this runs "
			      "in (a sandbox or container)");
		finding_remedy(r, "allow nested user namespaces where it was made: for hutch a "
				  "profile with nested = yes, for bwrap no --disable-userns");
	} else {
		finding_state(r, FINDING_MISSING,
			      "the limit of user namespaces is reached (%ld for this user, or a "
			      "lower one further up, or 32 levels)",
			      f->max_user_namespaces);
		finding_remedy(r, "sudo sysctl user.max_user_namespaces=15000, or end what uses "
				  "them: lsns -t user");
	}
}

static void user_reason(struct finding *r, const struct features *f, const char *program)
{
	const struct probe *p = &f->user;
	_cleanup_free_ char *text = probe_text(p);
	bool permission = p->code == EPERM || p->code == EACCES;

	if (!f->has_proc) {
		finding_state(r, FINDING_MISSING, "there is no /proc here");
		finding_remedy(r, "mount -t proc proc /proc");
	} else if (!f->has_user_namespaces) {
		finding_state(r, FINDING_MISSING, "this kernel is built without them");
		finding_remedy(r, "a kernel with CONFIG_USER_NS=y");
	} else if (p->code == ENOSPC || p->code == EUSERS) {
		limit_reason(r, f);
	} else if (permission && f->chroot[0]) {
		finding_state(r, FINDING_MISSING,
			      "this runs in a chroot (%s), where the kernel "
			      "refuses them",
			      f->chroot);
		finding_remedy(r, "run hutch outside the chroot; hutch run --root DIR enters DIR "
				  "in a way that the kernel takes");
	} else if (permission && f->unprivileged_userns_clone == 0) {
		finding_state(r, FINDING_MISSING, "kernel.unprivileged_userns_clone is 0");
		finding_remedy(r, "sudo sysctl kernel.unprivileged_userns_clone=1\n"
				  "echo kernel.unprivileged_userns_clone=1 | sudo tee "
				  "/etc/sysctl.d/50-user-namespaces.conf");
	} else if (permission && f->apparmor_restricts > 0) {
		finding_state(r, FINDING_MISSING,
			      "AppArmor refuses them to programs without a profile "
			      "(kernel.apparmor_restrict_unprivileged_userns is 1; %s)",
			      text);
		apparmor_remedy(r, program);
	} else if ((permission || p->code == ENOSYS || p->signal) && f->filtered) {
		finding_state(r, FINDING_MISSING,
			      "refused (%s) with a seccomp filter on already, and no other known "
			      "reason",
			      text);
		finding_remedy(r, ALLOW_CALLS);
	} else if (p->code == ENOSYS) {
		finding_state(r, FINDING_MISSING, "this kernel (%s) has no clone3", f->release);
		finding_remedy(r, "Linux 5.12 or newer");
	} else if (p->code == EACCES) {
		finding_state(r, FINDING_MISSING, "a security module refuses them (%s%s%s)", text,
			      f->label[0] ? ", label " : "", f->label);
		finding_remedy(r, "the kernel's log says which rule: sudo dmesg | grep -i denied");
	} else {
		finding_state(r, FINDING_MISSING,
			      "refused (%s), for none of the reasons that "
			      "can be seen from here",
			      text);
		finding_remedy(r, "were process 1 of this container in a chroot, that would be it; "
				  "else the kernel's log may tell: sudo dmesg | tail");
	}
	finding_cost(r, REFUSED);
}

static void user_namespaces(const struct features *f, const char *program, struct findings *to)
{
	struct finding *r = finding_add(to, "user-namespaces", "user namespaces");

	r->needed = true;
	if (finding_untried(r, &f->user))
		return;
	if (!probe_works(&f->user)) {
		user_reason(r, f, program);
		return;
	}
	if (f->uid == 0 && f->initial_namespace) {
		finding_state(r, FINDING_OK,
			      "for root; what other users may is not tried here: "
			      "run this as one of them");
		return;
	}
	finding_state(r, FINDING_OK, "one made and the ids mapped");
}

static void other_namespaces(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "namespaces", "other namespaces");
	_cleanup_strbuf_ struct strbuf refused = {0};

	r->needed = true;
	if (finding_untried(r, &f->namespace[NAMESPACE_MOUNT]))
		return;
	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		_cleanup_free_ char *text = probe_text(&f->namespace[i]);

		if (!probe_works(&f->namespace[i]))
			strbuf_printf(&refused, "%s%s (%s)", refused.length ? ", " : "",
				      feature_namespace_names[i], text);
	}
	if (!refused.length && !probe_works(&f->all)) {
		_cleanup_free_ char *text = probe_text(&f->all);

		strbuf_printf(&refused, "all at once (%s)", text);
	}
	if (!refused.length) {
		finding_state(r, FINDING_OK, "mount, pid, net, ipc, uts and cgroup");
		return;
	}
	finding_state(r, FINDING_MISSING, "refused: %s", refused.text);
	finding_cost(r, REFUSED);
	if (f->apparmor_restricts > 0 || f->label[0])
		finding_remedy(r,
			       "the user namespace is there but a security module (label %s) "
			       "takes its rights away; give hutch a profile of its own",
			       f->label[0] ? f->label : "unknown");
	else
		finding_remedy(r, "a kernel with these namespaces, and room for them: sysctl user");
}

/* A finding that is just how one probe went. */
static void simple(struct findings *to, const char *topic, const char *title, const struct probe *p,
		   const char *good, const char *cost, const char *remedy)
{
	struct finding *r = finding_add(to, topic, title);
	_cleanup_free_ char *text = probe_text(p);

	r->needed = true;
	if (probe_works(p)) {
		finding_state(r, FINDING_OK, "%s", good);
		return;
	}
	if (finding_untried(r, p))
		return;
	finding_state(r, FINDING_MISSING, "%s", text);
	finding_cost(r, "%s", cost);
	finding_remedy(r, "%s", remedy);
}

static void own_proc(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "proc", "own /proc");
	_cleanup_free_ char *text = probe_text(&f->proc);

	if (probe_works(&f->proc)) {
		finding_state(r, FINDING_OK, "one mounted");
		return;
	}
	if (finding_untried(r, &f->proc))
		return;
	if (f->proc.code != EPERM) {
		r->needed = true;
		finding_state(r, FINDING_MISSING, "%s", text);
		finding_cost(r, REFUSED);
		return;
	}
	finding_state(r, FINDING_WEAKER,
		      "parts of /proc are covered here, and the kernel then refuses a new one (%s)",
		      text);
	finding_cost(r, "programs in a sandbox see a /proc with a few files that tell about the "
			"machine, and no processes");
	finding_remedy(r, "uncover it where this was started (docker: --security-opt "
			  "systempaths=unconfined; podman: --security-opt unmask=ALL); what covers "
			  "it: grep ' /proc/' /proc/self/mountinfo");
}

static void overlay_part(struct findings *to, const char *topic, const char *title,
			 const struct probe *p, bool mounts, const char *cost, const char *remedy)
{
	struct finding *r = finding_add(to, topic, title);
	_cleanup_free_ char *text = probe_text(p);

	if (probe_works(p)) {
		finding_state(r, FINDING_OK, "changed, removed and made again");
		return;
	}
	if (finding_untried(r, p))
		return;
	finding_remedy(r, "%s", remedy);
	if (mounts) {
		finding_state(r, FINDING_WEAKER, "it mounts, but %s", text);
		finding_cost(r,
			     "directories that are shown from below can't be removed or replaced "
			     "in it");
		return;
	}
	finding_state(r, FINDING_MISSING, "%s", text);
	finding_cost(r, "%s", cost);
}

static void ranges(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "id-range", "ranges of ids");
	const char *user = f->user_name[0] ? f->user_name : "USER";
	_cleanup_free_ char *text = probe_text(&f->range);

	finding_cost(r, "--uid range is refused: no other users inside a sandbox (apt, su, "
			"servers that change their user)");
	if (probe_works(&f->range)) {
		finding_state(r, FINDING_OK, "%llu user and %llu group ids, mapped",
			      f->sub_uid_count, f->sub_gid_count);
		free(TAKE_PTR(r->cost));
	} else if (!f->newuidmap[0] || !f->newgidmap[0]) {
		finding_state(r, FINDING_MISSING, "newuidmap and newgidmap are not installed");
		finding_remedy(r, "sudo apt install uidmap (Debian, Ubuntu); sudo dnf install "
				  "shadow-utils (Fedora)");
	} else if (!f->sub_uid_count || !f->sub_gid_count) {
		finding_state(r, FINDING_MISSING, "%s has no range for %s (%u)",
			      f->sub_uid_count ? "/etc/subgid" : "/etc/subuid", user, f->uid);
		finding_remedy(r,
			       "sudo usermod --add-subuids 100000-165535 --add-subgids "
			       "100000-165535 %s (ids that no other line has)",
			       user);
	} else if (finding_untried(r, &f->range)) {
		return;
	} else if (!f->newuidmap_privileged || !f->newgidmap_privileged) {
		finding_state(r, FINDING_MISSING,
			      "%s is neither set-user-ID root nor has it file "
			      "capabilities",
			      f->newuidmap_privileged ? f->newgidmap : f->newuidmap);
		finding_remedy(r, "sudo chown root %s %s && sudo chmod u+s %s %s", f->newuidmap,
			       f->newgidmap, f->newuidmap, f->newgidmap);
	} else if (f->no_new_privs) {
		finding_state(r, FINDING_MISSING,
			      "no_new_privs is set, so that newuidmap gets no "
			      "privileges (%s)",
			      text);
		finding_remedy(r,
			       "start hutch from a process without no_new_privs (docker: without "
			       "--security-opt no-new-privileges)");
	} else {
		finding_state(r, FINDING_MISSING, "%s", text);
		finding_remedy(r,
			       "see what it says: unshare --map-users=auto --map-groups=auto "
			       "true; the ranges in /etc/subuid and /etc/subgid must not overlap "
			       "and must be mapped in this user namespace");
	}
}

void diagnose_namespaces(const struct features *f, const char *program, struct findings *to)
{
	user_namespaces(f, program, to);
	other_namespaces(f, to);
	simple(to, "second-user-namespace", "second user namespace", &f->second_user,
	       "the program does not own its mounts", REFUSED,
	       "sudo sysctl user.max_user_namespaces=15000");
	simple(to, "mounts", "detached mounts", &f->mounts,
	       "open_tree, mount_setattr, move_mount, openat2, pivot_root", REFUSED,
	       "Linux 5.12 or newer, and no seccomp filter that refuses these calls");
	own_proc(f, to);
	simple(to, "devpts", "terminals inside", &f->devpts, "an own devpts instance", REFUSED,
	       "a kernel with CONFIG_UNIX98_PTYS=y and devpts mounted at /dev/pts");
	ranges(f, to);
	overlay_part(to, "overlay-memory", "overlay, in memory", &f->overlay_memory,
		     f->overlay_memory_mounts, "--overlay and --home overlay are refused",
		     "Linux 6.6 or newer (user.* attributes on tmpfs), and a home directory on a "
		     "file system that overlayfs takes as a lower one");
	overlay_part(to, "overlay-home", "overlay, kept at home", &f->overlay_home,
		     f->overlay_home_mounts, "changes can't be kept beside the home directory",
		     "a home directory on ext4, xfs, btrfs or tmpfs (not NFS, FUSE, or an overlay "
		     "itself)");
	overlay_part(to, "overlay-tmp", "overlay, kept in /tmp", &f->overlay_tmp,
		     f->overlay_tmp_mounts, "changes can't be kept in /tmp",
		     "a /tmp on ext4, xfs, btrfs or (Linux 6.6) "
		     "tmpfs");
}
