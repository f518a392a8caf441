#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch shell: what changes is kept aside, on every kind of file system.

load session.bash

setup() {
	session_setup
}

teardown() {
	session_teardown
}

@test "nothing on the host changes, and the session has it" {
	before=$(tree)
	in_session s 'echo x >new; rm text; mv sub moved; echo y >~/top; chmod 700 ~/project'
	[ "$(tree)" = "$before" ]
	run "$HUTCH" diff s
	[[ "$output" == *"A ~/project/new"* && "$output" == *"D ~/project/text"* && "$output" == *"A ~/top"* ]]
}

@test "the status is the command's, and goes before the session's" {
	run "$HUTCH" shell --rm -- sh -c 'echo x >f; exit 7'
	[ "$status" -eq 7 ]
	run "$HUTCH" shell --keep s -- sh -c 'echo x >f; kill -TERM $$'
	[ "$status" -eq 143 ]
	run "$HUTCH" shell --rm -- /nonexistent
	[ "$status" -eq 127 ]
	[ "$("$HUTCH" sessions --names)" = s ]
}

@test "a session without changes leaves nothing, and so does --rm" {
	run "$HUTCH" shell -- true
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	"$HUTCH" shell --rm -- sh -c 'echo x >f'
	[ -z "$("$HUTCH" sessions --names)" ]
}

@test "the rest of the host is read-only, secrets are out of sight, and so are the sessions" {
	in_session s 'echo x >f; ! touch /usr/x; ! touch /etc/x; ! cat ~/.ssh/id; ! cat ~/.config/gh/hosts.yml
		! ls -A ~/.local/state/hutch/sessions | grep .; ls /usr/bin/env'
	GITHUB_TOKEN=a AWS_SECRET_ACCESS_KEY=b EDITOR=vi run "$HUTCH" shell --rm -- env
	[[ "$output" != *TOKEN* && "$output" != *AWS* && "$output" == *EDITOR=vi* ]]
}

@test "an earlier session goes on by its name" {
	in_session s 'echo 1 >new; rm text'
	"$HUTCH" shell s -- sh -ec 'grep 1 new; [ ! -e text ]; echo 2 >>new' 2>/dev/null
	run "$HUTCH" diff s
	[[ "$output" == *"A ~/project/new (4 B)"* ]]
	run "$HUTCH" shell none -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *"none: no such session"* ]]
	run "$HUTCH" shell --keep s -- true
	[ "$status" -eq 125 ]
	run "$HUTCH" shell --keep ../x -- true
	[ "$status" -eq 125 ]
}

@test "--base begins with what another changed, and leaves that alone" {
	in_session a 'echo 1 >new; rm text; rm -r sub; mkdir sub; echo n >sub/n'
	"$HUTCH" shell --keep b --base a -- sh -ec 'grep 1 new; [ ! -e text ]; [ ! -e sub/file ]; echo 2 >new' 2>/dev/null
	"$HUTCH" shell a -- grep 1 new 2>/dev/null
	run "$HUTCH" diff b
	[[ "$output" == *"D ~/project/text"* && "$output" == *"D ~/project/sub/file"* ]]
}

@test "one that is in use is not entered twice, nor discarded" {
	"$HUTCH" shell --keep s -- sh -c 'echo x >f; sleep 30' 2>/dev/null 3>&- &
	for _ in $(seq 100); do [ ! -e "$XDG_STATE_HOME/hutch/sessions/s/session" ] || break; sleep 0.05; done
	sleep 0.3
	for verb in shell discard apply; do
		run "$HUTCH" $verb s
		[ "$status" -eq 125 ]
		[[ "$output" == *"s: the session is in use"* ]]
	done
	run "$HUTCH" sessions
	[[ "$output" == *"in use"* ]]
	kill %1
	wait || true
	"$HUTCH" discard s
	[ ! -e "$XDG_STATE_HOME/hutch/sessions/s" ]
}

@test "SIGKILL of the launcher leaves the session, and nothing running" {
	"$HUTCH" shell --keep s -- sh -c 'echo x >f; exec sleep 4242.7' 2>/dev/null 3>&- &
	pid=$!
	for _ in $(seq 100); do pgrep -f '^sleep 4242.7' >/dev/null && break; sleep 0.05; done
	kill -KILL $pid
	wait $pid || true
	for _ in $(seq 100); do pgrep -f '^sleep 4242.7' >/dev/null || break; sleep 0.05; done
	! pgrep -f '^sleep 4242.7'
	run "$HUTCH" diff s
	[[ "$output" == *"A ~/project/f"* ]]
}

@test "only what was asked for: --home private, --cwd ro, more trees with --overlay" {
	mkdir "$T/other"
	echo o >"$T/other/o"
	"$HUTCH" shell --keep s --home private --cwd ro --overlay "$T/other" -- \
		sh -ec '! echo x >text; [ ! -e ~/.ssh/id ]; rm '"$T/other/o" 2>/dev/null
	[ -e "$T/other/o" ]
	run "$HUTCH" diff s
	[[ "$output" == *"D $T/other/o"* ]]
}

@test "a shell at a terminal: its prompt, job control, and the question at the end" {
	command -v python3 >/dev/null || skip "no python3"
	[ -e /dev/ptmx ] || skip "no terminals here"
	run python3 -B - "$SOURCE" "$HUTCH" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1] + "/tests/unit")
		from test_terminal import Session
		import os
		os.environ["SHELL"] = "/bin/bash"
		s = Session([sys.argv[2], "shell"])
		s.type(b"echo sum $((40+2)); echo x >made\r")
		s.expect(rb"sum 42")
		s.expect(rb"\(hutch:[a-z0-9.-]+\) ")
		s.type(b"exit 3\r")
		s.expect(rb"A ~/project/made")
		s.expect(rb"\[k\]eep it")
		s.type(b"d\r")
		assert s.exit() == 3
		assert not os.path.exists("made")
	END
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$("$HUTCH" sessions --names)" ]
}

# in_mounts SCRIPT: in a mount namespace in which mounts can be made
in_mounts() {
	unshare -Urm true 2>/dev/null || skip "no user namespaces for the test itself"
	unshare -Urm sh -ec "$1"
}

@test "on a tmpfs" {
	in_mounts 'mount -t tmpfs none "$HOME/project"; cd "$HOME/project"; echo a >a; mkdir d; echo b >d/b
		'"$HUTCH"' shell --keep s -- sh -ec "echo x >>a; rm -r d; echo n >n"
		[ "$(cat a)" = a ]; [ -e d/b ]; [ ! -e n ]
		'"$HUTCH"' apply s
		[ "$(cat a)" = "$(printf "a\nx")" ]; [ ! -e d ]; [ -e n ]
		'"$HUTCH"' undo s
		[ "$(cat a)" = a ]; [ -e d/b ]; [ ! -e n ]'
}

@test "something mounted below the home: each file system is kept aside, and what is not is named" {
	in_mounts 'mount -t tmpfs none "$HOME/project/sub"; echo m >"$HOME/project/sub/m"; mkdir "$HOME/beside"
		'"$HUTCH"' shell --keep s -- sh -ec "cat ~/project/sub/m; echo x >~/project/sub/m; echo y >~/beside/y" 2>err
		cat err; [ "$(cat "$HOME/project/sub/m")" = m ]; [ ! -e "$HOME/beside/y" ]
		'"$HUTCH"' diff s | grep "M ~/project/sub/m"
		'"$HUTCH"' apply s; [ "$(cat "$HOME/project/sub/m")" = x ]; [ -e "$HOME/beside/y" ]'
}

@test "a home that is an overlay itself" {
	in_mounts 'mkdir "$HOME/m"; mount -t tmpfs none "$HOME/m"; mkdir -p "$HOME/m/lower" "$HOME/m/upper" "$HOME/m/work" "$HOME/m/state"
		echo l >"$HOME/m/lower/l"; echo k >"$HOME/m/lower/k"
		mount -t overlay -o "userxattr,lowerdir=$HOME/m/lower,upperdir=$HOME/m/upper,workdir=$HOME/m/work" none "$HOME/project" || exit 77
		cd "$HOME/project"; export XDG_STATE_HOME=$HOME/m/state
		'"$HUTCH"' shell --home private --keep s -- sh -ec "rm l; echo x >>k; echo n >n" 2>err; cat err
		[ -e l ]; [ "$(cat k)" = k ]
		'"$HUTCH"' apply s; [ ! -e l ]; [ -e n ]; [ "$(cat k)" = "$(printf "k\nx")" ]' || {
		[ $? -eq 77 ] && skip "no overlays in user namespaces here"
		false
	}
}

@test "a file system that cannot be kept aside is read-only and named" {
	in_mounts 'mount -t proc none "$HOME/project/sub" 2>/dev/null || mount -t sysfs none "$HOME/project/sub" || exit 77
		'"$HUTCH"' shell --rm -- true 2>err; grep "sub (.*): a file system of that kind cannot be a lower layer" err' || {
		[ $? -eq 77 ] && skip "nothing of that kind can be mounted here"
		false
	}
}
