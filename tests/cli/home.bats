#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Homes that last: `--home NAME` and `hutch home`.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	# Not in /tmp, which is private inside.
	T=$(mktemp -d -p "${HUTCH_TEST_DIRECTORY:-/var/tmp}")
	chmod 0755 "$T"
	mkdir -m 0700 "$T/runtime" "$T/home"
	export HOME=$T/home XDG_RUNTIME_DIR=$T/runtime
	unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_STATE_HOME
	HOMES=$HOME/.local/share/hutch/homes
	cd "$HOME"
}

teardown() {
	cd /
	[ -z "$T" ] || "$HUTCH" ps --names | xargs -r "$HUTCH" stop --grace none
	[ -z "$T" ] || rm -rf "$T"
}

in_home() { # NAME SCRIPT
	"$HUTCH" run --home "$1" sh -c "$2"
}

@test "what is written in a home is there at the next run, and nowhere else" {
	run -0 --separate-stderr in_home work 'echo kept >~/file; pwd; echo ~'
	[[ "$stderr" == "hutch: --home work: a new home"* ]]
	[ "${lines[1]}" = "$HOME" ]
	run -0 --separate-stderr in_home work 'cat ~/file'
	[ "$output" = kept ]
	[ -z "$stderr" ]
	run ! in_home other 'cat ~/file'
	[ ! -e "$HOME/file" ]
	[ "$(cat "$HOMES/work/file")" = kept ]
	[ "$(stat -c %a "$HOMES") $(stat -c %a "$HOMES/work")" = "700 700" ]
}

@test "nothing of the user's own home is in it" {
	echo secret >"$HOME/secret"
	run -0 in_home work 'ls -A ~'
	[[ "$output" != *secret* ]]
}

@test "a profile names a home, and the words keep their meaning" {
	mkdir -p "$HOME/.config/hutch"
	printf '[filesystem]\nhome = work\n' >"$HOME/.config/hutch/sh.profile"
	"$HUTCH" run sh -c 'echo kept >~/file' 2>/dev/null
	[ -e "$HOMES/work/file" ]
	"$HUTCH" run --home private sh -c '! test -e ~/file'
	"$HUTCH" run --home real sh -c 'test -e ~/.config/hutch/sh.profile'
	[ "$("$HUTCH" home list --names)" = work ]
}

@test "what looks like a typing mistake makes no home" {
	run -125 in_home privat true
	[[ "$output" == *"--home privat: no such home"*'did you mean "private"?'*"hutch home create privat"* ]]
	"$HUTCH" home create firefox-work
	run -125 in_home firefox-wrok true
	[[ "$output" == *'did you mean "firefox-work"?'* ]]
	[ "$("$HUTCH" home list --names)" = firefox-work ]
	"$HUTCH" home create privat
	in_home privat true
	run -125 "$HUTCH" explain --home firefox-wrok true
	[[ "$output" == *"did you mean"* ]]
}

@test "what is no name is refused" {
	for name in /tmp/x ../x .x -x 'a b' '' "$(printf 'x%.0s' {1..65})"; do
		run -125 "$HUTCH" run --home="$name" true
	done
	run -125 "$HUTCH" run --home "$T" true
	[[ "$output" == *"--rw DIR:~"* ]]
	run -125 "$HUTCH" home create real
	run -125 "$HUTCH" home path ../..
	run -125 "$HUTCH" home create "$(printf 'a\nb')"
}

@test "explain says which, and makes none" {
	run -0 "$HUTCH" explain --home work true
	[[ "$output" == *"--home work"* ]]
	[ ! -e "$HOMES" ]
	in_home work true
	run -0 "$HUTCH" explain --home work true
	[[ "$output" == *"$HOMES/work"* ]]
}

@test "two sandboxes share a home at the same time, and it is not removed meanwhile" {
	"$HUTCH" run --home work --name first sh -c 'echo one >~/one; touch ~/ready; exec sleep 30' 2>/dev/null 3>&- &
	pid=$!
	until [ -e "$HOMES/work/ready" ]; do sleep 0.01; done
	[ "$(in_home work 'cat ~/one')" = one ]
	run -0 "$HUTCH" home list
	[[ "${lines[1]}" == "work "*"in use"*"first" ]]
	run -125 "$HUTCH" home remove --force work
	[[ "$output" == *"work: a sandbox runs in it"* ]]
	[ -e "$HOMES/work/one" ]
	[ "$("$HUTCH" ps --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["home"])')" = work ]
	"$HUTCH" stop --grace none first
	wait "$pid" || true
	"$HUTCH" home remove --force work
	[ ! -e "$HOMES/work" ]
	[ -z "$(ls -A "$HOMES")" ]
}

@test "removing asks, and follows no link" {
	echo precious >"$T/precious"
	in_home work "ln -s '$T' ~/link; mkdir -p ~/closed/below; touch ~/closed/below/file; chmod 0 ~/closed"
	run -125 "$HUTCH" home remove work </dev/null
	[[ "$output" == *"--force"* ]]
	if command -v script >/dev/null; then
		script -qec "'$HUTCH' home remove work" /dev/null <<<n >/dev/null || true
		[ -d "$HOMES/work" ]
		script -qec "'$HUTCH' home remove work" /dev/null <<<y >/dev/null
	else
		"$HUTCH" home remove --force work
	fi
	[ ! -e "$HOMES/work" ]
	[ "$(cat "$T/precious")" = precious ]
}

@test "a link in the place of a home, or of their directory, is not followed" {
	mkdir -p "$HOMES" "$T/elsewhere"
	ln -s "$T/elsewhere" "$HOMES/work"
	run -125 in_home work 'touch ~/file'
	[[ "$output" == *"a symbolic link"* ]]
	rm "$HOMES/work"
	rmdir "$HOMES"
	ln -s "$T/elsewhere" "$HOMES"
	run -125 in_home work 'touch ~/file'
	[[ "$output" == *"a symbolic link"* ]]
	[ -z "$(ls -A "$T/elsewhere")" ]
	rm "$HOMES"
	mkdir "$HOMES"
	chmod 0777 "$HOMES"
	run -125 in_home work true
	[[ "$output" == *"others may write"* ]]
}

@test "files named on the command line and shared directories are in it for as long as it runs" {
	echo text >"$HOME/document"
	mkdir "$HOME/Downloads"
	[ "$("$HUTCH" run --home work cat "$HOME/document" 2>/dev/null)" = text ]
	"$HUTCH" run --home work --rw "$HOME/Downloads" sh -c 'echo got >~/Downloads/file'
	[ "$(cat "$HOME/Downloads/file")" = got ]
	mkdir -p "$HOME/.config/theme"
	"$HUTCH" run --home work --ro "$HOME/.config/theme" sh -c 'test -d ~/.config/theme && echo own >~/.config/own'
	[ "$(cat "$HOMES/work/.config/own")" = own ]
	[ ! -e "$HOMES/work/document" ]
	[ ! -e "$HOMES/work/Downloads" ]
}

@test "what a profile hides of the user's home is no trouble in this one" {
	mkdir "$HOME/.ssh"
	echo key >"$HOME/.ssh/id"
	in_home work 'mkdir ~/.gnupg'
	run -0 "$HUTCH" run --home work --hide "$HOME/.ssh" sh -c 'ls -A ~; cat ~/.ssh/id 2>/dev/null; true'
	[[ "$output" != *key* ]]
}

@test "list tells sizes and times as JSON" {
	run -0 "$HUTCH" home list --json
	[ "$output" = "[]" ] || [ "$output" = "[
]" ]
	in_home work 'head -c 100000 /dev/zero >~/file' 2>/dev/null
	"$HUTCH" home list --json | python3 -c '
import json, sys, time
home, = json.load(sys.stdin)
assert home["name"] == "work" and home["path"].endswith("/hutch/homes/work")
assert home["bytes"] >= 100000 and home["files"] >= 1 and home["sandboxes"] == []
assert abs(home["used"] - time.time()) < 100'
	[ "$("$HUTCH" home path work)" = "$HOMES/work" ]
	run -125 "$HUTCH" home path wrok
	run -125 "$HUTCH" home lsit
	[[ "$output" == *'did you mean "hutch home list"'* ]]
	run -125 "$HUTCH" home
}
