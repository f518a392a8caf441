#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch apply and undo: what comes to the host, what does not, and conflicts.

load session.bash

setup() {
	session_setup
}

teardown() {
	session_teardown
}

layer() {
	echo "$XDG_STATE_HOME"/hutch/sessions/"$1"/layers/*/upper
}

@test "apply, undo, apply: the new tree, the old one, the new one" {
	ln -s text link
	before=$(tree)
	in_session s 'echo x >>text; rm -r sub; mkdir -p n/m; echo y >n/m/y; ln text hard; chmod 4750 text; mkfifo fifo; ln -sf gone link
		truncate -s 1M sparse; mkdir closed; echo c >closed/c; chmod 555 closed'
	"$HUTCH" apply s
	after=$(tree)
	[ "$(cat n/m/y)" = y ]
	[ "$(stat -c %h text)" = 2 ]
	[ "$(stat -c %a text)" = 4750 ]
	[ "$(stat -c %a closed)" = 555 ]
	[ "$(stat -c %b sparse)" -lt 100 ]
	[ "$(readlink link)" = gone ]
	run "$HUTCH" diff s
	[ "$output" = "nothing changed" ]
	"$HUTCH" undo s
	[ "$(tree)" = "$before" ]
	"$HUTCH" apply s
	[ "$(tree)" = "$after" ]
	[[ "$("$HUTCH" sessions)" == *applied* ]]
	"$HUTCH" discard s
	[ "$(tree)" = "$after" ]
}

@test "times and extended attributes come along" {
	command -v setfattr >/dev/null || skip "no setfattr"
	in_session s 'echo x >new; setfattr -n user.note -v hello new; touch -d "2001-02-03 04:05:06.789" new; setfattr -n user.note -v t text'
	"$HUTCH" apply s
	[ "$(stat -c %y new | cut -c1-23)" = "2001-02-03 04:05:06.789" ]
	[ "$(getfattr --only-values -n user.note new)" = hello ]
	[ "$(getfattr --only-values -n user.note text)" = t ]
	[ -z "$(getfattr -d -m user.overlay new)" ]
}

@test "a conflict is left alone, told, and settled as asked" {
	conflict() {
		"$HUTCH" discard s 2>/dev/null || true
		printf 'one\n' >text
		echo keep >gone
		sleep 0.05
		in_session s 'echo session >text; echo other >other; rm gone'
		echo host >text
		echo host >gone
	}
	conflict
	run "$HUTCH" apply s
	[ "$status" -eq 1 ]
	[[ "$output" == *"text: left out: changed on the host since the session began"*"hutch: try: "*"hutch diff s"*"--on-conflict theirs"* ]]
	[ "$(cat text)" = host ]
	[ "$(cat gone)" = host ]
	[ -e other ]
	rm other
	conflict
	run "$HUTCH" apply --on-conflict theirs s
	[ "$status" -eq 0 ]
	[ "$(cat text)" = session ]
	[ ! -e gone ]
	"$HUTCH" undo s
	[ "$(cat text)" = host ]
	[ "$(cat gone)" = host ]
	rm -f other
	conflict
	run "$HUTCH" apply --on-conflict both s
	[ "$(cat text)" = host ]
	[ "$(cat text.s)" = session ]
	rm -f other
	conflict
	run "$HUTCH" apply --on-conflict ours s
	[ "$status" -eq 0 ]
	[ "$(cat text)" = host ]
	run "$HUTCH" diff s
	[ "$output" = "nothing changed" ]
}

@test "what the host made, changed, removed or moved meanwhile always shows as a conflict" {
	mkdir dir dir2 dir3
	echo 1 >dir/in; echo 2 >dir2/in; echo 3 >changed; echo 4 >removed; echo 5 >mode
	sleep 0.05
	in_session s 'echo s >made; echo s >>changed; echo s >>removed; rm -r dir; echo s >dir2/new; chmod 600 mode; echo s >dir3/n'
	echo h >made
	echo h >>changed
	rm removed
	echo h >dir/late
	rm -r dir2
	chmod 640 mode
	rmdir dir3; ln -s /etc dir3
	run "$HUTCH" diff s
	echo "$output"
	for name in made changed removed dir/ dir2/ mode dir3/; do
		[[ "$(grep "project/$name" <<<"$output" | head -1)" == *CONFLICT* ]]
	done
	before=$(tree)
	run "$HUTCH" apply s
	[ "$status" -eq 1 ]
	[ "$(tree)" = "$before" ]
}

# edit FILE TEXT: as editors do, by another file in its place
edit() {
	echo "$2" >"$1.new" && mv "$1.new" "$1"
}

@test "a file that an editor replaced in the session, and that is removed on the host afterwards, does not come back unasked" {
	echo 1 >made; echo 1 >moved; echo 1 >place; mkdir dir again; echo 1 >dir/f; echo 1 >again/f
	sleep 0.05
	declare -f edit >"$T/edit"
	in_session s "$(cat "$T/edit")
		edit text session; edit dir/f session; mv moved place; rm -r again; mkdir again; echo s >again/f; echo n >new; echo n >dir/new"
	rm text dir/f place again/f
	run "$HUTCH" diff s
	echo "$output"
	for name in text dir/f place again/f; do
		[[ "$(grep "project/$name" <<<"$output")" == *"CONFLICT: removed on the host since the session began"* ]]
	done
	# Nor does what it was before it was moved there go.
	[[ "$(grep "project/place" <<<"$output")" == "R "*"moved"* ]]
	[[ "$(grep "project/.*new" <<<"$output")" != *CONFLICT* ]]
	run "$HUTCH" apply s
	[ "$status" -eq 1 ]
	[ ! -e text ]
	[ ! -e dir/f ]
	[ ! -e place ]
	[ -e moved ]
	[ ! -e again/f ]
	[ -e new ]
	[ -e dir/new ]
	# What apply did itself in these directories makes no more of them, and no fewer.
	run "$HUTCH" diff s
	[[ "$output" == *"4 in conflict with the host"* ]]
	"$HUTCH" apply --on-conflict both --only text s
	[ ! -e text ]
	[ "$(cat text.s)" = session ]
	"$HUTCH" apply --on-conflict ours --only dir/f s
	[[ "$("$HUTCH" diff s)" != *dir/f* ]]
	"$HUTCH" apply --on-conflict theirs s
	[ "$(cat text)" = session ]
	[ "$(cat place)" = 1 ]
	[ ! -e moved ]
	[ "$(cat again/f)" = s ]
	# The same once more, for what apply put there.
	rm new
	[[ "$("$HUTCH" diff s)" == *"project/new"*"CONFLICT: removed on the host"* ]]
}

@test "what was renamed to a name that the host has by now, keeps its old one" {
	echo content >old
	sleep 0.05
	in_session s 'mv old name'
	echo h >name
	run "$HUTCH" apply s
	[ "$status" -eq 1 ]
	[ "$(cat name old | tr '\n' ' ')" = "h content " ]
	[[ "$output" == *"/old: left out: the name that it got in the session is in conflict"* ]]
	"$HUTCH" apply --on-conflict theirs s
	[ "$(cat name)" = content ]
	[ ! -e old ]
}

@test "what is removed on the host while the session runs is told, and what is made beside it is none" {
	mkdir far; echo 1 >far/f; echo 1 >text
	declare -f edit >"$T/edit"
	sleep 0.05
	mkfifo "$T/go" "$T/gone"
	# It has looked at the file, which therefore is still there for it.
	"$HUTCH" shell --keep s --ro "$T" -- bash -ec ". '$T/edit'; cat text far/f; echo >'$T/go'; read x <'$T/gone'
		edit text session; edit far/f session; echo n >new; echo n >far/new" 2>"$T/summary" >/dev/null &
	read -r x <"$T/go"
	for try in {1..100}; do
		[ ! -e "$XDG_STATE_HOME/hutch/sessions/s/began" ] || break
		sleep 0.1
	done
	rm text far/f; edit sub/file host; echo h >far/host
	echo >"$T/gone"
	wait $!
	run "$HUTCH" diff s
	echo "$output"
	[[ "$(grep "project/text" <<<"$output")" == *"CONFLICT: removed on the host since the session began"* ]]
	[[ "$(grep "project/far/f" <<<"$output")" == *"CONFLICT: removed on the host since the session began"* ]]
	[[ "$(grep "/new" <<<"$output")" != *CONFLICT* ]]
	run "$HUTCH" apply s
	[ "$status" -eq 1 ]
	[ ! -e text ]
	[ ! -e far/f ]
	[ -e new ]
	[ -e far/new ]
	# Without what was read when it began, it cannot be told what is new: all of it is left alone.
	rm new far/new "$XDG_STATE_HOME"/hutch/sessions/s/{began,seen}
	run "$HUTCH" diff s
	echo "$output"
	for name in text far/f new far/new; do
		[[ "$(grep "project/$name" <<<"$output")" == *"CONFLICT: its directory changed on the host since the session began: it may have been removed there"* ]]
	done
}

@test "a directory that another took the place of on the host, with older files in it" {
	mkdir -p dir/in dir2/in; echo old >dir/in/f; echo other >dir2/in/f; echo old >dir/in/g
	sleep 0.05
	in_session s 'echo s >>dir/in/f; rm dir/in/g; echo n >dir/in/new'
	mv dir away; mv dir2 dir
	run "$HUTCH" diff s
	echo "$output"
	[[ "$(grep "dir/in/f" <<<"$output")" == *"CONFLICT: its directory may have been replaced on the host since"* ]]
	run "$HUTCH" apply s
	[ "$status" -eq 1 ]
	[ "$(cat dir/in/f)" = other ]
}

@test "a directory that the host changed before an apply did, is still in conflict after it" {
	mkdir -m 755 dir
	sleep 0.05
	in_session s 'chmod 700 dir; echo n >dir/new; echo x >dir/x'
	chmod 750 dir
	run "$HUTCH" apply --only dir/x s
	[ -e dir/x ]
	run "$HUTCH" apply s
	[[ "$output" == *"/dir: left out: changed on the host since"* ]]
	[ "$(stat -c %a dir)" = 750 ]
}

@test "only what was chosen is applied, the rest stays for later" {
	in_session s 'echo 1 >a; echo 2 >b; mkdir d; echo 3 >d/c'
	"$HUTCH" apply --only a s
	[ -e a ]
	[ ! -e b ]
	[ ! -e d ]
	"$HUTCH" apply --only c s
	[ -e d/c ]
	[ ! -e b ]
	"$HUTCH" apply --except b s
	[ ! -e b ]
	"$HUTCH" apply s
	[ -e b ]
	run "$HUTCH" apply --only nothing s
	[ "$status" -eq 125 ]
}

@test "undo leaves what was changed since, and takes it with --force" {
	in_session s 'echo s >text; echo n >new'
	"$HUTCH" apply s
	echo later >>text
	run "$HUTCH" undo s
	[ "$status" -eq 1 ]
	[[ "$output" == *"text: left out: changed on the host since it was applied"* ]]
	[ ! -e new ]
	run "$HUTCH" apply s
	[ "$status" -eq 125 ]
	"$HUTCH" undo --force s
	[ "$(head -1 text)" = one ]
	run "$HUTCH" undo s
	[ "$status" -eq 125 ]
}

@test "hostile layers: links out, hard links, devices, sockets; nothing outside changes" {
	echo outside >"$T/outside"
	mkdir "$T/tree"
	echo o >"$T/tree/o"
	in_session s 'echo x >f; mkdir sub2; echo y >sub2/y'
	upper=$(layer s)/project
	ln -s "$T/tree" "$upper/linkdir"
	ln "$T/outside" "$upper/hardlink"
	rm -r "$upper/sub2"
	ln -s "$T/tree" "$upper/sub2"
	python3 -c 'import socket, sys, os; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind("sock")' "$upper" || true
	mknod "$upper/device" c 1 3 2>/dev/null || true
	before=$(tree "$T/tree")
	run "$HUTCH" apply s
	[ "$(tree "$T/tree")" = "$before" ]
	[ "$(cat "$T/outside")" = outside ]
	[ ! -c device ]
	[ ! -S sock ]
	[ -L linkdir ]
	# A copy, not the same file.
	[ ! hardlink -ef "$T/outside" ]
	"$HUTCH" undo s
	[ "$(tree "$T/tree")" = "$before" ]
}

@test "the host's directory became a link meanwhile: nothing goes through it" {
	mkdir "$T/elsewhere"
	in_session s 'echo x >sub/new; rm sub/file'
	rm -r sub
	echo victim >"$T/elsewhere/file"
	ln -s "$T/elsewhere" sub
	run "$HUTCH" apply --on-conflict theirs s
	[ "$(ls "$T/elsewhere")" = file ]
	[ "$(cat "$T/elsewhere/file")" = victim ]
}

@test "whiteouts and opaque marks in the form of attributes count" {
	command -v setfattr >/dev/null || skip "no setfattr"
	in_session s 'echo x >f'
	upper=$(layer s)/project
	touch "$upper/text"
	setfattr -n user.overlay.whiteout -v y "$upper/text"
	mkdir "$upper/sub"
	setfattr -n user.overlay.opaque -v y "$upper/sub"
	run "$HUTCH" diff s
	[[ "$output" == *"D ~/project/text"* && "$output" == *"D ~/project/sub/file"* ]]
}

@test "a layer deeper than any path is refused, not followed to the end" {
	command -v python3 >/dev/null || skip "no python3"
	in_session s 'echo x >f'
	python3 -c '
import os, sys
os.chdir(sys.argv[1])
for i in range(1200):
    os.mkdir("d"); os.chdir("d")' "$(layer s)/project"
	run "$HUTCH" diff s
	[ "$status" -eq 0 ]
	[[ "$output" == *"too deep"* ]]
	"$HUTCH" discard s
}

@test "an open journal goes on, whatever the options are now" {
	in_session s 'echo 1 >a; echo 2 >b'
	command -v strace >/dev/null || skip "no strace"
	strace -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=SIGKILL:when=2 "$HUTCH" apply s || true
	[[ "$("$HUTCH" sessions)" == *"half applied"* ]] || skip "strace does not inject here"
	run "$HUTCH" apply s
	[[ "$output" == *"going on where it was broken off"* ]]
	[ -e a ]
	[ -e b ]
}

@test "^C lets the step at hand end, and says how to go on" {
	command -v strace >/dev/null || skip "no strace"
	in_session s 'echo 1 >a; echo 2 >b; echo 3 >c'
	run strace -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=SIGINT:when=1 "$HUTCH" apply s
	[[ "$output" == *"apply: broken off, 1 of 3 done"*"hutch apply s"*"hutch undo s"* ]] || skip "strace does not inject here: $output"
	[ "$status" -eq 130 ]
	[ -e a ]
	[ ! -e b ]
	[ -z "$(ls -A | grep hutch)" ]
	"$HUTCH" apply s
	[ -e b ]
	[ -e c ]
}

@test "a full disk is told, and what was done goes on or back" {
	unshare -Urm true 2>/dev/null || skip "no user namespaces for the test itself"
	mkdir "$HOME/small"
	unshare -Urm sh -ec 'H='"$HUTCH"'; mount -t tmpfs -o size=2M none "$HOME/small"; cd "$HOME/small"; echo old >old; head -c 1500K /dev/zero >full
		"$H" shell --net none --home private --keep s -- sh -ec "echo a >a; echo new >old; head -c 1M /dev/zero >big; echo z >z" 2>/dev/null
		"$H" apply s 2>err && exit 1 || [ $? -eq 125 ]
		grep "small/big: No space left on device" err; grep "hutch apply s.* goes on; .hutch undo s. takes it back" err
		[ -e a ]; [ ! -e z ]; [ ! -e big ]
		"$H" undo s; [ ! -e a ]; [ "$(cat old)" = old ]
		rm full; "$H" apply s; [ "$(stat -c %s big)" = 1048576 ]; [ "$(cat old)" = new ]'
}

@test "a name that is almost that of a session, and one that is a program" {
	in_session upgrade 'echo 1 >a'
	run "$HUTCH" apply upgrde
	[[ "$output" == *"no such session"*'did you mean "upgrade"'* ]]
	run "$HUTCH" shell ls
	[[ "$output" == *"no such session"*"hutch shell -- ls"* ]]
	run "$HUTCH" sessions upgrade
	[ "$status" -eq 125 ]
	[[ "$output" == *"takes no name"* ]]
}
