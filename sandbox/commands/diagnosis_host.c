// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits, network, terminal and the session's directories.
 */
#include "commands/diagnosis_parts.h"

#include <errno.h>

static const char *mode_text(enum cgroup_mode mode)
{
	switch (mode) {
	case CGROUP_UNIFIED:
		return "version 2";
	case CGROUP_HYBRID:
		return "hybrid: the controllers are version 1";
	case CGROUP_V1:
		return "version 1 alone";
	case CGROUP_NONE:
		break;
	}
	return "none mounted";
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

/* systemd's user manager makes a group when it is asked. */
static void manager(const struct features *f, struct finding *r, const char *mode)
{
	const char *given = f->manager_controllers;

	if (*given &&
	    !(has_word(given, "memory") && has_word(given, "pids") && has_word(given, "cpu"))) {
		finding_state(r, FINDING_WEAKER,
			      "%s; systemd's user manager answers, but was given the controllers "
			      "%s only",
			      mode, given);
		finding_cost(r, "limits of the other controllers (cpu, io, memory, pids) are "
				"refused");
		finding_remedy(r, "sudo systemctl edit user@.service: [Service] Delegate=cpu io "
				  "memory pids; then log in again");
		return;
	}
	finding_state(r, FINDING_OK,
		      "%s; the user manager of systemd answers and can delegate a group (not "
		      "tried)%s%s%s",
		      mode, *given ? "; controllers: " : "", given,
		      *given && !has_word(given, "io") ? "; --io-… needs io too (systemctl edit "
							 "user@.service: Delegate=)"
						       : "");
}

static void cgroup(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "cgroup", "control groups");
	const char *controllers = f->cgroup_controllers[0] ? f->cgroup_controllers : "none";
	const char *mode = mode_text(f->cgroup_mode);
	_cleanup_free_ char *text = probe_text(&f->cgroup_make);
	_cleanup_free_ char *enter = probe_text(&f->cgroup_enter);
	bool limits = has_word(f->cgroup_controllers, "memory") &&
		      has_word(f->cgroup_controllers, "pids");

	if (probe_works(&f->cgroup_enter) && limits) {
		finding_state(r, FINDING_OK, "%s, %s is ours to divide (controllers: %s)", mode,
			      f->cgroup_path, controllers);
		return;
	}
	if (f->cgroup_mode == CGROUP_UNIFIED && f->systemd[0]) {
		manager(f, r, mode);
		return;
	}
	finding_cost(r,
		     "--memory, --cpus and --io-… are refused; --pids and --time hold, and limits "
		     "for each process (--rlimit)");
	if (probe_works(&f->cgroup_enter)) {
		finding_state(r, FINDING_WEAKER,
			      "%s; %s is ours to divide, without the memory and pids controllers "
			      "(there: %s)",
			      mode, f->cgroup_path, controllers);
		finding_remedy(r, f->cgroup_mode == CGROUP_HYBRID
					  ? "start the machine with "
					    "systemd.unified_cgroup_hierarchy=1 or "
					    "cgroup_no_v1=all on the kernel's command line"
					  : "let who made this group delegate memory and pids too");
		return;
	}
	if (probe_works(&f->cgroup_make))
		finding_state(r, FINDING_WEAKER,
			      "%s; a group can be made in %s, but not entered "
			      "(%s)",
			      mode, f->cgroup_path, enter);
	else
		finding_state(r, FINDING_WEAKER, "%s; nothing is delegated (%s)", mode, text);
	if (f->cgroup_mode == CGROUP_UNIFIED)
		finding_remedy(r,
			       "a session with systemd --user: log in through the login manager "
			       "or ssh, or sudo loginctl enable-linger %s",
			       f->user_name[0] ? f->user_name : "USER");
	else
		finding_remedy(r, "start the machine with systemd.unified_cgroup_hierarchy=1 or "
				  "cgroup_no_v1=all on the kernel's command line");
}

static void network_helper(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "network-helper", "hutch-net");

	if (f->net_helper) {
		finding_state(r, FINDING_OK, "installed");
		return;
	}
	finding_state(r, FINDING_MISSING, "not installed");
	finding_cost(r, "no --net internet and no --net lan: a program gets no network, or the "
			"host's");
	finding_remedy(r, "build hutch where libslirp-dev, libnl-route-3-dev and libnftables-dev "
			  "are installed, and install it whole (meson install)");
}

static void tun(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "tun", "/dev/net/tun");
	_cleanup_free_ char *text = probe_text(&f->tun);

	if (probe_works(&f->tun)) {
		finding_state(r, FINDING_OK, "a tap interface made");
		return;
	}
	if (finding_untried(r, &f->tun))
		return;
	finding_state(r, FINDING_MISSING, "%s", text);
	finding_cost(r, "with --net internet or lan: no UDP but name queries, and no ICMP");
	if (f->tun.code == ENOENT || f->tun.code == ENXIO || f->tun.code == ENODEV)
		finding_remedy(r, "sudo modprobe tun\n"
				  "echo tun | sudo tee /etc/modules-load.d/tun.conf\n"
				  "(in a container: docker or podman run --device /dev/net/tun …)");
	else if (f->tun.code == EACCES || f->tun.code == EPERM)
		finding_remedy(r, "sudo chmod 0666 /dev/net/tun\n"
				  "echo 'KERNEL==\"tun\", MODE=\"0666\"' | sudo tee "
				  "/etc/udev/rules.d/50-tun.rules");
}

static void nftables(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "nftables", "nftables");
	_cleanup_free_ char *text = probe_text(&f->nftables);

	if (probe_works(&f->nftables)) {
		finding_state(r, FINDING_OK, "a table made, tproxy known");
		return;
	}
	if (finding_untried(r, &f->nftables))
		return;
	finding_state(r, FINDING_MISSING, "%s", text);
	finding_cost(
		r,
		"with --net internet or lan: TCP is carried in user space, which is slower; with "
		"rules by name (--allow NAME) nothing starts");
	finding_remedy(r, "sudo modprobe -a nf_tables nft_tproxy\n"
			  "printf 'nf_tables\\nnft_tproxy\\n' | sudo tee "
			  "/etc/modules-load.d/hutch.conf");
}

static void terminal(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "terminal", "terminal");
	_cleanup_free_ char *text = probe_text(&f->ptmx);
	bool interactive = (f->terminals & 3) == 3;

	if (f->legacy_tiocsti > 0) {
		finding_state(r, FINDING_OK,
			      "%s; dev.tty.legacy_tiocsti is 1, so only hutch keeps programs with "
			      "--tty share from typing into it",
			      interactive ? "standard input and output" : "none here");
	} else {
		finding_state(r, FINDING_OK, "%s%s",
			      interactive ? "standard input and output" : "none here",
			      f->legacy_tiocsti == 0 ? "; the kernel refuses TIOCSTI" : "");
	}
	r = finding_add(to, "ptmx", "terminals outside");
	if (probe_works(&f->ptmx)) {
		finding_state(r, FINDING_OK, "/dev/ptmx opened");
		return;
	}
	finding_state(r, FINDING_WEAKER, "%s", text);
	finding_cost(r, "programs of a sandbox without namespaces get no terminal of their own");
	finding_remedy(r, "mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts; ln -sf "
			  "pts/ptmx /dev/ptmx");
}

static void ptrace(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "ptrace", "ptrace");

	switch (f->ptrace_scope) {
	case -1:
	case 0:
		finding_state(r, FINDING_OK,
			      "%s; a sandbox has processes of its own only, and "
			      "Landlock keeps tracing inside",
			      f->ptrace_scope ? "no Yama in this kernel"
					      : "kernel.yama.ptrace_scope is 0");
		break;
	case 3:
		finding_state(r, FINDING_WEAKER, "kernel.yama.ptrace_scope is 3");
		finding_cost(r, "debuggers can't attach, inside a sandbox as outside");
		finding_remedy(r, "it lasts until the machine starts again; look in /etc/sysctl.d");
		break;
	default:
		finding_state(r, FINDING_OK, "kernel.yama.ptrace_scope is %d", f->ptrace_scope);
	}
}

static void runtime(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "runtime-dir", "XDG_RUNTIME_DIR");

	finding_cost(r,
		     "running sandboxes can't be listed, and the sockets of the desktop can't be "
		     "handed in");
	if (!f->runtime_dir[0]) {
		finding_state(r, FINDING_WEAKER, "not set");
		finding_remedy(r,
			       "log in through the login manager or ssh, or: export "
			       "XDG_RUNTIME_DIR=/run/user/%u",
			       f->uid);
	} else if (f->runtime_fault[0]) {
		finding_state(r, FINDING_WEAKER, "%s %s", f->runtime_dir, f->runtime_fault);
		finding_remedy(r,
			       "sudo install -d -m 0700 -o %u -g %u /run/user/%u && export "
			       "XDG_RUNTIME_DIR=/run/user/%u",
			       f->uid, f->gid, f->uid, f->uid);
	} else {
		finding_state(r, FINDING_OK, "%s", f->runtime_dir);
		free(TAKE_PTR(r->cost));
	}
}

void diagnose_host(const struct features *f, struct findings *to)
{
	cgroup(f, to);
	network_helper(f, to);
	tun(f, to);
	nftables(f, to);
	terminal(f, to);
	ptrace(f, to);
	runtime(f, to);
}
