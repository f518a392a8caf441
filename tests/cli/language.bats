#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What people write, through to the program that runs.

setup() {
	"$HUTCH" run --profile default true 2>/dev/null || skip "no sandbox can be made here"
	export HOME="$BATS_TEST_TMPDIR/home" XDG_CONFIG_HOME=
	mine="$HOME/.config/hutch"
	mkdir -p "$mine/words" "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work"
}

@test "a wrong option ends with 125, names itself and runs nothing" {
	for id in 1abc -1 +1 0x1 4294967295 4294967296; do
		run "$HUTCH" run --uid "$id" touch ran
		[ "$status" -eq 125 ]
		[[ "$output" == "hutch: --uid $id: not an id"* ]]
		run "$HUTCH" run --rw . --gid="$id" touch ran
		[ "$status" -eq 125 ]
		[[ "$output" == "hutch: --gid $id: not an id"* ]]
	done
	run "$HUTCH" run --nett host --rw . touch ran
	[ "$status" -eq 125 ]
	[ "${lines[0]}" = "hutch: --nett: unknown option" ]
	[ "${lines[1]}" = 'hutch: try: did you mean "--net"?' ]
	[ ! -e ran ]
}

@test "--log-json makes every message one JSON object" {
	command -v python3 >/dev/null || skip "no python3 to read JSON with"
	name=$'a"b\\c\n\e[31m\xff\xc2\x9b.profile'
	run "$HUTCH" run --log-json -v --profile ./"$name" true
	[ "$status" -eq 125 ]
	[ "${#lines[@]}" -eq 1 ]
	python3 -c '
import json, sys
m = json.loads(sys.argv[1])
assert m["level"] == "error" and "no such profile" in m["message"], m
assert "\"b" in m["message"] and "\\c" in m["message"] and "\x1b" in m["message"], m' "$output"
	run "$HUTCH" run --log-json --use nothing-like-it true
	python3 -c 'import json, sys; assert json.loads(sys.argv[1])["remedy"]' "$output"
	"$HUTCH" run --log-json -v true 2>&1 | python3 -c '
import json, sys
assert all(json.loads(line)["level"] == "step" for line in sys.stdin)'
}

@test "a program called --bind runs behind two dashes" {
	printf '#!/bin/sh\necho "bound $*"\n' >--bind
	chmod +x ./--bind
	run "$HUTCH" run --ro "$PWD" -- ./--bind --rw /
	[ "$status" -eq 0 ]
	[ "$output" = "bound --rw /" ]
	PATH="$PWD:$PATH" run "$HUTCH" run --ro "$PWD" -- --bind x
	[ "$status" -eq 0 ]
	[ "$output" = "bound x" ]
}

@test "names with newlines, backslashes, commas, colons and more are paths like others" {
	for name in $'new\nline' 'back\slash' 'com,ma' 'co:lon' 'quest?' 'dol${HOME}lar' ' blank ' '~' '#x'; do
		mkdir "$name"
		echo "in $name" >"$name/file"
		escaped=$(sed 's/[\\,:?$~]/\\&/g' <<<"$name")
		run "$HUTCH" run --rw "$PWD/$escaped" cat "$PWD/$name/file"
		[ "$status" -eq 0 ]
		[ "$output" = "in $name" ]
		run "$HUTCH" run --rw "$PWD/$escaped" sh -c 'echo more >>"$1/file"' - "$PWD/$name"
		[ "$status" -eq 0 ]
		grep -q more "$name/file"
	done
}

@test "the same names in a profile" {
	mkdir 'a b,c:d\e?'
	printf '[filesystem]\nrw = %s\n' "$PWD/a\\ b\\,c\\:d\\\\e\\?" >mine.profile
	run "$HUTCH" run --profile ./mine.profile touch 'a b,c:d\e?/made'
	[ "$status" -eq 0 ]
	[ -e 'a b,c:d\e?/made' ]
}

@test "a bad profile ends with 125 before anything runs" {
	mkfifo fifo.profile
	mkdir dir.profile
	truncate -s 100M big.profile
	printf '[filesystem]\nrw = /\0x\n' >nul.profile
	printf '[filesystem]\nrw = /\xff\n' >utf8.profile
	printf '[profile]\ninclude = ./loop.profile\n' >loop.profile
	printf '[filesystem]\r\nrwx = .\r\n' >key.profile
	for name in fifo dir big nul utf8 loop key none; do
		run timeout 5 "$HUTCH" run --profile ./$name.profile --rw . touch ran
		echo "$name: $output"
		[ "$status" -eq 125 ]
		[[ "$output" == "hutch: "*"./$name.profile"* ]]
	done
	[ ! -e ran ]
}

@test "a profile with CRLF is obeyed" {
	printf '[filesystem]\r\nrw = .\r\n' >crlf.profile
	"$HUTCH" run --profile ./crlf.profile touch made
	[ -e made ]
}

@test "a profile in the working directory is not read until it is named" {
	printf '[filesystem]\nrw = .\n' >touch.profile
	"$HUTCH" run touch made # in a directory of its own
	[ ! -e made ]
	cp touch.profile "$mine/touch.profile"
	"$HUTCH" run touch made
	[ -e made ]
}

@test "a downloaded program does not get a shipped profile by its name" {
	printf '#!/bin/sh\ntouch made\n' >make
	chmod +x make
	"$HUTCH" run ./make # in a directory of its own
	[ ! -e made ]
	"$HUTCH" run --profile make ./make
	[ -e made ]
}

@test "a profile does not share the home directory because it was started there" {
	cd "$HOME"
	for place in "$HOME" "${HOME%/*}" /; do
		cd "$place"
		run "$HUTCH" run --profile make touch "$HOME/made"
		[ "$status" -eq 125 ]
		[[ "${lines[0]}" == "hutch: words/project.profile:"*": cwd rw: your home directory is in $place" ]]
		[ ! -e "$HOME/made" ]
	done
	run "$HUTCH" run --use project true
	[ "$status" -eq 125 ]
	"$HUTCH" run --profile make --cwd none true
	cd "$HOME"
	"$HUTCH" run --profile make --cwd rw touch made
	[ -e made ]
}

@test "later sources win: default, profile, local, words, options" {
	show() { "$HUTCH" run "$@" --env B=1 sh -c 'echo "$V"'; }
	printf '[environment]\nset = V=profile\n' >"$mine/sh.profile"
	[ "$(show)" = profile ]
	printf '[environment]\nset = V=local\n' >"$mine/sh.local.profile"
	[ "$(show)" = local ]
	printf '[environment]\nset = V=word\n' >"$mine/words/w.profile"
	[ "$(show --use w)" = word ]
	[ "$(show --env V=option --use w)" = option ]
}

@test "HOME unset and a closed working directory" {
	run env -u HOME "$HUTCH" run true
	[ "$status" -eq 0 ]
	mkdir gone
	cd gone
	rmdir ../gone
	run "$HUTCH" run true
	[ "$status" -eq 0 ] || [[ "$output" == "hutch: "* ]]
}

@test "every shipped profile starts a program" {
	for name in $("$HUTCH" profile list --names profiles); do
		run "$HUTCH" run --profile "$name" true
		echo "$name: $output"
		[ "$status" -eq 0 ]
	done
	for word in $("$HUTCH" profile list --names words); do
		run "$HUTCH" run --use "$word" true
		echo "$word: $output"
		# What needs a sound server or a compositor says so.
		[ "$status" -eq 0 ] || [[ "$output" == *"this host does not have"* ]]
	done
}
