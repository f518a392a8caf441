#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch doctor on hosts that lack something. Each lack is made, in namespaces of the test's own or
# under a filter; none is pretended.

setup() {
	T=$(mktemp -d)
	export HOME=$T/home
	mkdir "$HOME"
	chmod 0755 "$T"
}

teardown() {
	rm -rf "$T"
}

# The state of a topic in the JSON output, and any other key of it.
field() {
	python3 -c 'import json, sys
checks = json.load(sys.stdin)["checks"]
print([c for c in checks if c["topic"] == sys.argv[1]][0][sys.argv[2]])' "$1" "$2" <<<"$output"
}

need_namespaces() {
	unshare -Urmpf --mount-proc true 2>/dev/null || skip "no user namespaces here"
}

@test "here: every topic once, and the status says whether hutch run works" {
	run "$HUTCH" doctor
	expected=0
	"$HUTCH" run true >/dev/null 2>&1 || expected=1
	[ "$status" -eq "$expected" ]
	for title in "user namespaces" "own /proc" "ranges of ids" Landlock seccomp "control groups" \
		hutch-net /dev/net/tun nftables terminal XDG_RUNTIME_DIR; do
		[ "$(grep -c -E "^(ok|weaker|missing|untried) +$title: " <<<"$output")" -eq 1 ]
	done
	[ -z "$(grep -P '\x1b' <<<"$output")" ]
}

@test "a home directory that is /, or that there is not, is no reason" {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (see above)"
	for home in / /nonexistent "$T/none"; do
		run env HOME="$home" "$HUTCH" doctor
		[ "$status" -eq 0 ]
		run env HOME="$home" "$HUTCH" run sh -c 'ls / >/dev/null && echo works'
		[ "$output" = works ]
	done
}

@test "--json has the same findings" {
	run "$HUTCH" doctor
	text=$output
	run "$HUTCH" doctor --json
	[ "$(grep -c '"topic"' <<<"$output")" -eq \
		"$(grep -c -E '^(ok|weaker|missing|untried) ' <<<"$text")" ]
	python3 -c 'import json, sys
d = json.load(sys.stdin)
assert d["works"] is (sys.argv[1] == "0")
for c in d["checks"]:
    assert c["state"] in ("ok", "weaker", "missing", "untried"), c
    assert c["what"], c
    assert c["cost"] or c["state"] in ("ok", "untried"), c
    assert c["remedy"] or c["state"] in ("ok", "untried"), c' "$status" <<<"$output"
}

@test "nothing is left behind" {
	before=$(ls -A "$HOME" /tmp | grep -c hutch-doctor || true)
	run "$HUTCH" doctor
	[ "$(ls -A "$HOME" /tmp | grep -c hutch-doctor || true)" -eq "$before" ]
	[ -z "$(ls -A "$HOME")" ]
}

@test "no arguments are taken, and a wrong option is named" {
	run "$HUTCH" doctor now
	[ "$status" -eq 125 ]
	[[ "$output" == *"now"* ]]
	run "$HUTCH" doctor --jsn
	[ "$status" -eq 125 ]
	[[ "$output" == *"--json"* ]]
}

@test "started with SIGCHLD ignored or without standard input" {
	run "$HUTCH" doctor
	text=$output
	run python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], ["hutch", "doctor"])' "$HUTCH"
	[ "$output" = "$text" ]
	run sh -c '"$0" doctor <&-' "$HUTCH"
	[ "$output" = "$text" ]
}

@test "user.max_user_namespaces = 0" {
	need_namespaces
	run unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$0" doctor --json' \
		"$HUTCH"
	[ "$status" -eq 1 ]
	[ "$(field user-namespaces state)" = missing ]
	[[ "$(field user-namespaces what)" == "user.max_user_namespaces is 0 "* ]]
	[[ "$(field user-namespaces cost)" == *"--allow-weaker namespaces"* ]]
	[ "$(field mounts state)" = untried ]
	[ "$(field landlock state)" != untried ]
}

@test "room for one user namespace, not for the second" {
	need_namespaces
	run unshare -Ur sh -c 'echo 1 >/proc/sys/user/max_user_namespaces; exec "$0" doctor --json' \
		"$HUTCH"
	[ "$status" -eq 1 ]
	[ "$(field user-namespaces state)" = ok ]
	[ "$(field second-user-namespace state)" = missing ]
}

@test "a /proc with covered parts" {
	need_namespaces
	run unshare -Urmpf --mount-proc "$HUTCH" doctor --json
	[ "$(field proc state)" = ok ]
	run unshare -Urmpf --mount-proc sh -c 'mount -t tmpfs tmpfs /proc/tty; exec "$0" doctor --json' \
		"$HUTCH"
	[ "$(field proc state)" = weaker ]
	[[ "$(field proc what)" == *"covered"* ]]
	[[ "$(field proc remedy)" == *"systempaths=unconfined"* ]]
}

@test "no /proc" {
	need_namespaces
	run unshare -Urmpf sh -c 'mount -t tmpfs tmpfs /proc; exec "$0" doctor --json' "$HUTCH"
	[ "$status" -eq 1 ]
	[ "$(field user-namespaces what)" = "there is no /proc here" ]
}

@test "a chroot into a directory" {
	need_namespaces
	mkdir -p "$T/root/proc" "$T/root/bin" "$T/root/tmp"
	cp "$HUTCH" "$T/root/bin/hutch"
	for library in $(ldd "$HUTCH" | grep -o '/[^ ]*'); do
		mkdir -p "$T/root/${library%/*}"
		cp -L "$library" "$T/root/$library"
	done
	run unshare -Urmpf --mount-proc sh -c 'mount -t proc proc "$0/proc"
		chroot "$0" /bin/hutch doctor --json' "$T/root"
	[ "$status" -eq 1 ]
	[[ "$(field user-namespaces what)" == *"chroot"*"inside a mount"* ]]
	# The same tree entered with pivot_root is fine.
	mkdir "$T/root/old"
	run unshare -Urmpf --mount-proc sh -c 'mount --rbind "$0" "$0"; mount -t proc proc "$0/proc"
		cd "$0"; pivot_root . old; exec /bin/hutch doctor --json' "$T/root"
	[ "$(field user-namespaces state)" = ok ]
}

@test "a chroot into a mount" {
	need_namespaces
	mkdir "$T/root"
	run unshare -Urmpf --mount-proc sh -c 'mount --rbind / "$0"; chroot "$0" "$1" doctor --json' \
		"$T/root" "$HUTCH"
	[ "$status" -eq 1 ]
	[[ "$(field user-namespaces what)" == *"chroot"*"$T/root of process 1"* ]]
}

# under POLICY-LINES…: hutch doctor --json under a filter that denies these.
under() {
	printf '%s\n' @denylist "$@" >"$T/policy"
	run "$RUN_UNDER" "$T/policy" "$HUTCH" doctor --json
}

@test "a filter that refuses new namespaces" {
	need_namespaces
	under "clone3: return EPERM" "unshare: return EPERM"
	[ "$status" -eq 1 ]
	[[ "$(field user-namespaces what)" == *"clone3: Operation not permitted"*"seccomp filter"* ]]
	[[ "$(field user-namespaces remedy)" == *"seccomp="* ]]
	[ "$(field seccomp state)" = ok ]
}

@test "a filter that hides clone3, as containers have it" {
	need_namespaces
	under "clone3: return ENOSYS" "unshare: return EPERM" "keyctl: return EPERM"
	[ "$status" -eq 1 ]
	[[ "$(field user-namespaces what)" == *"clone3: Function not implemented"*"seccomp filter"* ]]
	[ "$(field keyring state)" = weaker ]
}

@test "a filter that refuses one call of the mounts" {
	need_namespaces
	for call in open_tree mount_setattr move_mount openat2 pivot_root; do
		under "$call: return EPERM"
		[ "$status" -eq 1 ]
		[ "$(field user-namespaces state)" = ok ]
		[ "$(field mounts state)" = missing ]
		[[ "$(field mounts what)" == "$call"*": Operation not permitted" ]]
	done
}

@test "a filter that refuses Landlock" {
	under "landlock_create_ruleset: return ENOSYS"
	[ "$status" -eq 1 ]
	[ "$(field landlock state)" = missing ]
	[[ "$(field landlock cost)" == *"--allow-weaker landlock"* ]]
	under "landlock_create_ruleset: return EOPNOTSUPP"
	[[ "$(field landlock remedy)" == *"lsm="* ]]
}

@test "a Landlock that answers and does nothing" {
	[ "$("$HUTCH" doctor --json | grep -o '"landlock_abi": *[0-9]*' | grep -o '[0-9]*$')" -gt 0 ] ||
		skip "no Landlock here"
	under "landlock_restrict_self: return 0"
	[ "$status" -eq 1 ]
	[[ "$(field landlock what)" == *"could still be read"* ]]
}

@test "a seccomp that answers and does nothing" {
	under "seccomp: return 0"
	[ "$status" -eq 1 ]
	[[ "$(field seccomp what)" == "a forbidden system call went through"* ]]
}

@test "no newuidmap, and one without privileges" {
	need_namespaces
	[ "$(id -u)" -ne 0 ] || grep -q "^root:" /etc/subuid || skip "no range of ids for root here"
	grep -q "^$(id -un):" /etc/subuid || skip "no range of ids here"
	run "$HUTCH" doctor --json
	[ "$(field id-range state)" = ok ]
	# no_new_privs takes them away.
	run setpriv --no-new-privs "$HUTCH" doctor --json
	[ "$(field id-range state)" = missing ]
	[[ "$(field id-range what)" == *"no_new_privs"* ]]
}

@test "overlays: a home that takes none" {
	need_namespaces
	run env HOME=/proc "$HUTCH" doctor --json
	[ "$(field overlay-memory state)" != ok ]
	[ "$(field overlay-home state)" != ok ]
	run env -u HOME "$HUTCH" doctor --json
	[ "$(field overlay-memory state)" = untried ]
}

@test "/dev/net/tun and /dev/ptmx are really opened" {
	need_namespaces
	run unshare -Urm sh -c 'mount -t tmpfs tmpfs /dev; exec "$0" doctor --json' "$HUTCH"
	[ "$(field tun state)" = missing ]
	[[ "$(field tun what)" == *"No such file or directory" ]]
	[ "$(field ptmx state)" = weaker ]
}

@test "XDG_RUNTIME_DIR: unset, missing, of others, writable by others" {
	run env -u XDG_RUNTIME_DIR "$HUTCH" doctor --json
	[ "$(field runtime-dir what)" = "not set" ]
	run env XDG_RUNTIME_DIR="$T/none" "$HUTCH" doctor --json
	[[ "$(field runtime-dir what)" == *"does not exist" ]]
	mkdir -m 0777 "$T/open"
	chmod 0777 "$T/open"
	run env XDG_RUNTIME_DIR="$T/open" "$HUTCH" doctor --json
	[[ "$(field runtime-dir what)" == *"written by others" ]]
	mkdir -m 0700 "$T/good"
	run env XDG_RUNTIME_DIR="$T/good" "$HUTCH" doctor --json
	[ "$(field runtime-dir state)" = ok ]
	if [ "$(id -u)" -ne 0 ]; then
		run env XDG_RUNTIME_DIR=/root "$HUTCH" doctor --json
		[ "$(field runtime-dir state)" = weaker ]
	fi
}

@test "names of directories can't speak to the terminal" {
	run env XDG_RUNTIME_DIR=$'/tmp/\e[31mx' "$HUTCH" doctor
	[ -z "$(grep -P '\x1b' <<<"$output")" ]
	run env XDG_RUNTIME_DIR=$'/tmp/\e\xffx' "$HUTCH" doctor --json
	[[ "$(field runtime-dir what)" == *"\\xffx"* ]]
}

@test "output that can't be written is an error" {
	[ -e /dev/full ] || skip "no /dev/full here"
	run sh -c '"$0" doctor >/dev/full' "$HUTCH"
	[ "$status" -eq 125 ]
}
