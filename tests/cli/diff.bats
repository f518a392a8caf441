#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch diff: every kind of change, what is risky, and names that speak to terminals.

load session.bash

setup() {
	session_setup
}

teardown() {
	session_teardown
}

@test "added, changed, removed, renamed; permissions, links, types" {
	echo moved >moved
	ln -s text link
	echo m >mode
	chmod 644 mode
	echo t >type
	in_session s 'printf "one\nTWO\nthree\n" >text; chmod 755 mode; rm type; mkdir type; ln -sf sub link; mv moved away
		rm -r sub; echo new >new; touch -d 2001-01-01 mode'
	run "$HUTCH" diff s
	echo "$output"
	[[ "$output" == *"M ~/project/text  content"* ]]
	[[ "$output" == *"M ~/project/mode  mode 644 to 755, time"* ]]
	[[ "$output" == *"M ~/project/type/  type"* ]]
	[[ "$output" == *"M ~/project/link -> sub  target"* ]]
	[[ "$output" == *"R ~/project/away from ~/project/moved"* ]]
	[[ "$output" == *"D ~/project/sub/ (1 files, 4 B)"* ]]
	[[ "$output" == *"1 added, 4 changed, 1 removed, 1 renamed"* ]]
}

@test "what is only touched, or the same again, is no change" {
	in_session s 'cat text >t2; cat t2 >text; touch -r sub/file text; rm t2; mv sub/file x; mv x sub/file; mkdir d; rmdir d'
	touch -r sub/file text
	run "$HUTCH" diff s
	[ "$output" = "nothing changed" ]
}

@test "a directory that was removed and made again hides what was in it" {
	in_session s 'rm -r sub; mkdir sub; echo n >sub/n'
	run "$HUTCH" diff s
	[[ "$output" == *"D ~/project/sub/file"* && "$output" == *"A ~/project/sub/n"* ]]
}

@test "what deserves a second look is marked" {
	mkdir -p .git/hooks ~/.config/autostart ~/bin
	in_session s 'echo x >>~/.bashrc; echo x >.git/hooks/pre-commit; echo x >~/.config/autostart/a.desktop; echo x >~/bin/ls
		echo x >suid; chmod 4755 suid; ln -s /etc/passwd out; ln -s sub/file in; ln -s ../../.. up; echo x >plain; mkdir ~/.config/systemd; echo >~/.config/systemd/x'
	run "$HUTCH" diff s
	echo "$output"
	[[ "$output" == *".bashrc (2 B)  [shell start file]"* ]]
	[[ "$output" == *"pre-commit (2 B)  [git hooks or settings]"* ]]
	[[ "$output" == *"a.desktop (2 B)  [autostart]"* ]]
	[[ "$output" == *"bin/ls (2 B)  [in PATH]"* ]]
	[[ "$output" == *"suid (2 B)  [setuid, executable]"* ]]
	[[ "$output" == *"out -> /etc/passwd  [link leads out]"* ]]
	[[ "$output" == *"plain (2 B)"$'\n'* ]]
	[[ "$output" != *"in -> sub/file  ["* ]]
}

@test "names cannot speak to the terminal, nor make lines of their own" {
	in_session s 'touch "$(printf "a\033[31mb")" "$(printf "c\nA faked")"'
	run "$HUTCH" diff s
	[[ "$output" == *'A ~/project/a\e[31mb (0 B)  [odd name]'* ]]
	[[ "$output" == *'A ~/project/c\nA faked'* ]]
	run bash -c '"$HUTCH" diff --json s | tr -d "[:print:]\n\t" | wc -c'
	[ "$output" = 0 ]
}

@test "--unified is what patch(1) takes, --stat counts lines" {
	command -v patch >/dev/null || skip "no patch"
	seq 100 >numbers
	cp -r "$HOME" "$T/copy"
	in_session s 'sed -i -e "/^50$/d" -e "s/^7$/seven/" -e "\$ a end" numbers; echo new >new; rm text'
	"$HUTCH" diff -u s >"$T/patch"
	(cd "$T/copy" && patch -s -p$(($(tr -dc / <<<"$HOME" | wc -c) + 1)) <"$T/patch")
	[ "$(cat "$T/copy/project/new")" = new ]
	[ ! -s "$T/copy/project/text" ]
	"$HUTCH" apply s
	cmp numbers "$T/copy/project/numbers"
	"$HUTCH" undo s
	run "$HUTCH" diff --stat s
	[[ "$output" == *"M ~/project/numbers | +2 -2"* ]]
}

@test "--only and --except, for names, paths and directories" {
	in_session s 'echo 1 >a.log; echo 2 >sub/b.log; echo 3 >sub/c; mkdir n; echo 4 >n/d'
	names() { "$HUTCH" diff "$@" s | grep -c '^A' || true; }
	[ "$(names)" = 5 ]
	[ "$(names --only '*.log')" = 2 ]
	[ "$(names --except '*.log')" = 3 ]
	[ "$(names --only sub)" = 2 ]
	[ "$(names --only n,a.log)" = 3 ]
	[ "$(names --only "$HOME/project/sub/c")" = 1 ]
	[ "$(names --only sub --except c)" = 1 ]
}

@test "--json tells the same" {
	command -v python3 >/dev/null || skip "no python3"
	in_session s 'echo 1 >>text; chmod 4755 text'
	run bash -c '"$HUTCH" diff --json s | python3 -c "
import json, sys
c = json.load(sys.stdin)[\"changes\"]
assert len(c) == 1, c
assert c[0][\"kind\"] == \"changed\" and c[0][\"what\"] == [\"content\", \"mode\"], c
assert c[0][\"new\"][\"mode\"] == \"4755\" and \"setuid\" in c[0][\"risk\"], c"'
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "where not all is shown on leaving, git's objects make place for what people read" {
	mkdir -p .git/objects
	in_session s 'mkdir .git/objects/aa; for i in $(seq 30); do echo $i >.git/objects/aa/$i; done; echo z >zz'
	grep "A ~/project/zz" "$T/summary"
	[[ "$(cat "$T/summary")" != *objects/aa* ]]
	grep "and 31 more" "$T/summary"
	[[ "$("$HUTCH" diff s)" == *".git/objects/aa/30"* ]]
}
