#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What hutch explain says, against what hutch run does.

setup() {
	export HOME="$BATS_TEST_TMPDIR/home" XDG_CONFIG_HOME=
	mkdir -p "$HOME/.config/hutch" "$HOME/.ssh" "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work"
}

can_run() {
	"$HUTCH" run true 2>/dev/null || skip "no sandbox can be made here"
}

# The first line of the answer for a path.
state() { # PATH [ARG…]
	local path=$1
	shift
	"$HUTCH" explain --path "$path" "$@" | head -n 1 | sed 's/.*: //'
}

# One line of the answer.
field() { # LABEL ARG…
	local label=$1
	shift
	"$HUTCH" explain "$@" | sed -n "s/^  $label  *//p"
}

@test "the plan names program, mounts, environment and where each came from" {
	run "$HUTCH" explain --rw . --wall 3s --rlimit nofile=64 --env A=b sh -c 'exit 3' "it's"
	[ "$status" -eq 0 ]
	grep -qxE 'program +/.*/sh' <<<"$output"
	grep -qxF "arguments    sh -c 'exit 3' 'it'\\''s'" <<<"$output"
	grep -qxE 'directory +'"$PWD"' .*' <<<"$output"
	grep -qE '^  bind +ro,nosuid,nodev +/usr  \[default.profile:[0-9]+: ro /usr\]$' <<<"$output"
	grep -qE "^  bind +rw,nosuid,nodev +$PWD  \[--rw \.\]$" <<<"$output"
	grep -qxF '  A=b  [--env A=b]' <<<"$output"
	grep -qE '^  nofile +64:64$' <<<"$output"
	grep -qxF 'wall limit   3000 ms  [--wall 3s]' <<<"$output"
	grep -qE '^seccomp +default .*default.profile:[0-9]+' <<<"$output"
}

@test "without a program the profile alone is explained" {
	run "$HUTCH" explain --profile make --cwd none
	[ "$status" -eq 0 ]
	grep -qxE 'profile +make' <<<"$output"
	! grep -q '^program' <<<"$output"
}

@test "--json is JSON and says the same" {
	command -v python3 >/dev/null || skip "no python3 to read JSON with"
	mkdir -p $'odd\xff'
	"$HUTCH" explain --json --ro $'odd\xff' --rw .:/tmp/here --tmpfs /tmp/t:1M --env A=b true >plan
	python3 -c '
import json, sys
plan = json.load(open("plan"))
assert plan["program"].endswith("/true") and plan["arguments"] == ["true"], plan
here = [m for m in plan["mounts"] if m["destination"] == "/tmp/here"][0]
assert here["kind"] == "bind" and here["flags"].startswith("rw,"), here
assert here["origin"] == "--rw .:/tmp/here", here
assert [m for m in plan["mounts"] if m["destination"] == "/tmp/t"][0]["size"] == 1 << 20
assert any("odd\\xff" in m["destination"] for m in plan["mounts"])
assert {"name": "A", "value": "b", "origin": "--env A=b"} in plan["environment"]
assert "net" in plan["namespaces"] and plan["network"]["value"] == "none"
assert plan["seccomp"]["name"] == "default" and plan["seccomp"]["instructions"] > 0'
	"$HUTCH" explain --json --path /etc/shadow >answer
	python3 -c '
import json
answer = json.load(open("answer"))
assert answer["subject"] == "/etc/shadow" and answer["state"] == "hidden", answer
assert "hide /etc/shadow" in answer["origin"], answer'
}

@test "--path says what may be done there, and which line decided" {
	touch file
	mkdir sub
	[ "$(state . --rw .)" = writable ]
	[ "$(field by --path . --rw .)" = "--rw ." ]
	[ "$(state sub --rw . --ro sub)" = read-only ]
	[ "$(field by --path sub --rw . --ro sub)" = "--ro sub" ]
	[ "$(state file --rw . --hide file)" = hidden ]
	[ "$(state sub --overlay .)" = discarded ]
	[ "$(state /usr)" = read-only ]
	[[ "$(field by --path /usr)" == default.profile:*": ro /usr" ]]
	[ "$(state /tmp)" = memory ]
	[ "$(state /dev/null)" = device ]
	[ "$(state /proc/self)" = process ]
	[ "$(state /proc/sys/kernel)" = read-only ]
	[ "$(state /proc/kmsg)" = hidden ]
	[ "$(field "on the host" --path /tmp/x --ro file:/tmp/x)" = "$PWD/file" ]
}

@test "--path says why something is not there, and what would show it" {
	[ "$(state "$HOME/.ssh")" = absent ]
	[[ "$(field by --path "$HOME/.ssh")" == default.profile:*": home private" ]]
	[ "$(field try --path "$HOME/.ssh")" = "--ro $HOME/.ssh" ]
	[ "$(state '~/.ssh' --ro "$HOME/.ssh")" = read-only ]
	[ "$(state "$HOME/.none")" = absent ]
	[ -z "$(field try --path "$HOME/.none")" ]
	[ "$(state "$HOME/.ssh" --home real)" = writable ]
	mkdir -p x/y
	[ "$(state x/y --rw . --hide x)" = absent ]
	[[ "$(field why --path x/y --rw . --hide x)" == *"$PWD/x is hidden" ]]
}

@test "--path follows links as the program would" {
	mkdir real
	touch real/file
	ln -s real link
	ln -s /etc/shadow out
	ln -s loop loop
	[ "$(field inside --path link/file --rw .)" = "$PWD/real/file" ]
	[ "$(state out --rw .)" = hidden ]
	[ "$(state /tmp/l/file --rw . --symlink "/tmp/l:$PWD/real")" = writable ]
	run "$HUTCH" explain --path loop --rw .
	[ "$status" -eq 125 ]
	[[ "$output" == *"loop: Too many levels of symbolic links" ]]
}

@test "--env says kept, set or absent, and by which line" {
	export LANG=C KEPT=1 SECRET=2
	unset LC_TIME
	[ "$("$HUTCH" explain --env LANG | head -n 1)" = "LANG: kept" ]
	[[ "$(field by --env LANG)" == default.profile:*": keep LANG" ]]
	[ "$("$HUTCH" explain --env A --env A=b | head -n 1)" = "A: set" ]
	[ "$(field value --env LANG --env LANG=de)" = de ]
	[ "$("$HUTCH" explain --env LANG --env LANG=de | head -n 1)" = "LANG: set" ]
	[ "$("$HUTCH" explain --env SECRET | head -n 1)" = "SECRET: absent" ]
	[ "$(field try --env SECRET)" = "--keep-env SECRET" ]
	[ "$(field by --env KEPT --keep-env 'KE*')" = "--keep-env KE*" ]
	[[ "$(field by --env LC_TIME)" == default.profile:*": keep LC_*" ]]
}

@test "explain changes nothing on the host" {
	run "$HUTCH" explain --rw . --ro .git/hooks/ --hide .env true
	[ "$status" -eq 0 ]
	grep -qxF "  $PWD/.env  [--hide .env]" <<<"$output"
	[ "$("$HUTCH" explain --path .env --rw . --hide .env | sed -n 's/^  why  *//p')" = \
		"it does not exist, and is kept from being created" ]
	[ -z "$(ls -A)" ]
}

@test "what makes run fail makes explain fail, with the same words and status" {
	for words in "--ro /nowhere-at-all true" "nothing-like-it" "--rlimit nofile=99999999999 true" \
		"--fd 77 true" "--seccomp nothing-like-it true"; do
		status=0 output=$("$HUTCH" explain $words 2>&1) || status=$?
		[ "$status" -ge 125 ]
		explained="$status $output"
		status=0 output=$("$HUTCH" run $words 2>&1) || status=$?
		[ "$status $output" = "$explained" ]
	done
}

@test "control bytes in names do not reach the terminal" {
	name=$'e\e[31m\nvil'
	mkdir "$name"
	run "$HUTCH" explain --rw "$name" --env $'A=\e[2J' sh "$name"
	[ "$status" -eq 0 ]
	[[ "$output" != *$'\e'* ]]
	grep -q 'e\\e\[31m\\nvil' <<<"$output"
	run "$HUTCH" explain --path "$name" --rw .
	[[ "$output" != *$'\e'* ]]
}

@test "what explain says of a path is what the program finds" {
	can_run
	mkdir -p tree/inner tree/secret
	touch tree/file tree/secret/key
	set -- --rw tree --ro tree/inner --hide tree/secret --overlay /etc
	check='test -w "$1" && echo writable || { test -r "$1" && echo read-only || echo no; }'
	[ "$(id -u)" -ne 0 ] || skip "root reads what is covered"
	for pair in tree/file=writable tree/inner=read-only tree/secret=hidden tree/secret/key=absent \
		/usr=read-only "$HOME/.ssh=absent" /tmp=memory; do
		path=${pair%=*} expected=${pair##*=}
		[ "$(state "$path" "$@" --ro .)" = "$expected" ] || { echo "explain: $path"; false; }
		got=$("$HUTCH" run "$@" --ro . sh -c "$check" - "$path")
		case $expected in
		memory) [ "$got" = writable ] ;;
		hidden | absent) [ "$got" = no ] ;;
		*) [ "$got" = "$expected" ] ;;
		esac || { echo "run: $path: $got"; false; }
	done
}

@test "-v traces the plan, each mount and each layer" {
	can_run
	run "$HUTCH" run -v --rw . true
	[ "$status" -eq 0 ]
	for text in 'plan: profile default; /*/true in *' 'namespaces made, ids mapped' \
		"attached: bind at $PWD \\[--rw .\\]" 'capabilities dropped*' \
		'seccomp policy default; executing *'; do
		found=
		for line in "${lines[@]}"; do
			[[ $line == "hutch: "$text ]] && found=1
		done
		[ -n "$found" ] || { echo "no $text"; false; }
	done
	run "$HUTCH" run --rw . true
	[ -z "$output" ]
}
