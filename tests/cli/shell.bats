#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch shell: what changes is kept aside, on every kind of file system.

load session.bash

setup() {
	session_setup
}

teardown() {
	[ -z "${SSHD:-}" ] || kill "$SSHD"
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
		[ -z "$(ls -A ~/.local/state/hutch/sessions)" ]; ls /usr/bin/env'
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
	! pgrep -f '^sleep 4242.7' || false
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

# A shell at a terminal, as the `s` of the Python text that comes in
at_terminal() {
	command -v python3 >/dev/null || skip "no python3"
	[ -e /dev/ptmx ] || skip "no terminals here"
	run python3 -B -c 'import os, sys
sys.path.insert(0, sys.argv[1] + "/tests/unit")
from test_terminal import Session
os.environ["SHELL"] = "/bin/bash"
s = Session([sys.argv[2], "shell"])
exec(sys.stdin.read())' "$SOURCE" "$HUTCH"
}

@test "a shell at a terminal: its prompt, job control, and the question at the end" {
	at_terminal <<-'END'
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

@test "the terminal is closed: the session is kept, and nothing runs on" {
	at_terminal <<-'END'
		s.expect(rb"\(hutch:")
		s.type(b"echo x >made; sleep 4243.5 & echo on $((40+2))\r")
		s.expect(rb"on 42")
		os.close(s.master)
		s.master = os.open("/dev/null", os.O_RDONLY)
		s.told()
	END
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$("$HUTCH" sessions --names | wc -l)" -eq 1 ]
	[[ "$("$HUTCH" sessions)" == *kept* ]]
	[[ "$("$HUTCH" diff)" == *"A ~/project/made"* ]]
	! pgrep -f '^sleep 4243.5'
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

# in_fuse SCRIPT: with a file system in user space at ~/project/sub, which shows ~/real
in_fuse() {
	command -v bindfs >/dev/null || skip "no bindfs"
	[ -w /dev/fuse ] || skip "no /dev/fuse for users here"
	mkdir -p "$HOME/real/deep"
	echo a >"$HOME/real/a"
	echo d >"$HOME/real/deep/d"
	ln -s a "$HOME/real/link"
	in_mounts 'bindfs -o nonempty "$HOME/real" "$HOME/project/sub" 3>&- || exit 77
		'"$1" || {
		[ $? -eq 77 ] && skip "bindfs does not work in a user namespace here"
		false
	}
}

@test "FUSE: read-only and named; with --copy it is looked at, applied and taken back like the rest" {
	in_fuse 'H='"$HUTCH"'
		"$H" shell --rm -- sh -c "! echo x >>sub/a" 2>err
		grep "project/sub (fuse.*): a file system of that kind cannot be a lower layer, it is read-only.*--copy $HOME/project/sub" err
		"$H" shell --keep s --copy sub -- sh -ec "cat sub/link; echo x >>sub/a; rm -r sub/deep; mkdir sub/new; echo n >sub/new/n; chmod 600 sub/a" 2>err
		[ "$(cat sub/a)" = a ]; [ -e sub/deep/d ]; [ ! -e sub/new ]
		"$H" diff s >out; cat out
		grep "M ~/project/sub/a  content, mode 644 to 600" out; grep "D ~/project/sub/deep/ (1 files" out; grep "A ~/project/sub/new/n (2 B)" out
		[ "$(wc -l <out)" = 5 ]
		"$H" shell s -- sh -ec "[ ! -e sub/deep ]; echo y >>sub/a" 2>err
		if grep "it is copied" err; then exit 1; fi
		"$H" apply s
		[ "$(tr "\n" " " <"$HOME/real/a")" = "a x y " ]; [ ! -e "$HOME/real/deep" ]; [ -e "$HOME/real/new/n" ]
		[ "$("$H" diff s)" = "nothing changed" ]
		"$H" undo s
		[ "$(cat "$HOME/real/a")" = a ]; [ -e "$HOME/real/deep/d" ]; [ ! -e "$HOME/real/new" ]
		[ "$(stat -c %a "$HOME/real/a")" = 644 ]'
}

@test "a copy is what the session saw: what the host changed since is a conflict, whatever its times" {
	in_fuse 'H='"$HUTCH"'; mkdir "$HOME/real/deep2"; for n in one two three four touched deep2/in; do echo $n >"$HOME/real/$n"; done
		"$H" shell --keep s --copy sub -- sh -ec "cd sub; echo s >one; echo s >two; rm three; echo s >four; : >>touched; rm -r deep2; echo s >made" 2>err
		touch -d 2001-01-01 "$HOME/real/one"
		echo h >"$HOME/real/two"; echo h >"$HOME/real/three"; rm "$HOME/real/four"; rm "$HOME/real/touched"
		echo h >"$HOME/real/deep2/late"; echo h >"$HOME/real/made"
		"$H" diff s >out; cat out
		for n in two three four deep2/ made; do grep "project/sub/$n .*CONFLICT" out; done
		if grep -e "sub/one .*CONFLICT" -e sub/touched out; then exit 1; fi
		"$H" apply s && exit 1 || [ $? -eq 1 ]
		[ "$(cat "$HOME/real/one")" = s ]; [ "$(cat "$HOME/real/two")" = h ]; [ "$(cat "$HOME/real/made")" = h ]
		[ -e "$HOME/real/three" ]; [ ! -e "$HOME/real/four" ]; [ -e "$HOME/real/deep2/late" ]
		"$H" shell --keep t --base s -- grep s sub/two 2>err
		"$H" diff t | grep "project/sub/two .*CONFLICT"'
}

# sshd_begin: a server of the test's own on the loopback interface, for the user alone; its port in $PORT, and in $SSHD its
# process, which teardown ends
sshd_begin() {
	local sshd=/usr/sbin/sshd try
	[ -x "$sshd" ] && command -v sshfs >/dev/null || skip "no sshfs or sshd"
	[ -w /dev/fuse ] || skip "no /dev/fuse for users here"
	# As root it has a directory of its own to fall back to.
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N "" -f "$T/host"
	ssh-keygen -q -t ed25519 -N "" -f "$T/key"
	for try in 1 2 3 4 5; do
		PORT=$((20000 + RANDOM % 20000))
		"$sshd" -D -e -f /dev/null -h "$T/host" -p "$PORT" -o ListenAddress=127.0.0.1 -o PidFile=none -o UsePAM=no -o StrictModes=no \
			-o AuthorizedKeysFile="$T/key.pub" -o PermitRootLogin=yes -o Subsystem="sftp internal-sftp" 2>"$T/sshd.log" 3>&- &
		SSHD=$!
		until grep -q "Server listening" "$T/sshd.log"; do
			kill -0 "$SSHD" 2>/dev/null || continue 2
			sleep 0.05
		done
		return 0
	done
	cat "$T/sshd.log"
	skip "sshd does not start here: $(tail -1 "$T/sshd.log")"
}

@test "sshfs: with --copy it is looked at, applied and taken back; what is changed there since is a conflict" {
	sshd_begin
	mkdir -p "$HOME/real/deep"
	for n in a b c gone deep/d; do echo "$n" >"$HOME/real/$n"; done
	ln -s a "$HOME/real/link"
	user=$(id -un)
	in_mounts 'sshfs -F /dev/null -o idmap=user,port='"$PORT"',IdentityFile='"$T"'/key,UserKnownHostsFile='"$T"'/known,StrictHostKeyChecking=no,BatchMode=yes \
			"'"$user"'@127.0.0.1:$HOME/real" "$HOME/project/sub" 3>&- || exit 77
		H='"$HUTCH"'
		"$H" shell --rm -- sh -c "! echo x >>sub/a" 2>err
		grep "project/sub (fuse.sshfs): a file system of that kind cannot be a lower layer, it is read-only.*--copy $HOME/project/sub" err
		"$H" shell --keep s --copy sub -- sh -ec "cd sub; cat link; echo x >>a; rm -r deep; mkdir new; echo n >new/n; chmod 600 b; mv c moved; ln -sf b link; echo s >gone" 2>err
		[ "$(cat sub/a)" = a ]; [ -e sub/deep/d ]; [ ! -e sub/new ]
		"$H" diff s >out; cat out
		grep "M ~/project/sub/a  content" out; grep "D ~/project/sub/deep/ (1 files" out; grep "A ~/project/sub/new/n (2 B)" out
		grep "M ~/project/sub/b  mode 644 to 600" out; grep "R ~/project/sub/moved from ~/project/sub/c" out; grep "M ~/project/sub/link.* target" out
		if grep CONFLICT out; then exit 1; fi
		"$H" apply s
		[ "$(tr "\n" " " <"$HOME/real/a")" = "a x " ]; [ ! -e "$HOME/real/deep" ]; [ "$(cat "$HOME/real/new/n")" = n ]
		[ "$(stat -c %a "$HOME/real/b")" = 600 ]; [ "$(cat "$HOME/real/moved")" = c ]; [ ! -e "$HOME/real/c" ]; [ "$(readlink "$HOME/real/link")" = b ]
		[ "$("$H" diff s)" = "nothing changed" ]
		"$H" undo s
		[ "$(cat "$HOME/real/a")" = a ]; [ -e "$HOME/real/deep/d" ]; [ ! -e "$HOME/real/new" ]; [ "$(stat -c %a "$HOME/real/b")" = 644 ]
		[ "$(cat "$HOME/real/c")" = c ]; [ "$(readlink "$HOME/real/link")" = a ]; [ -z "$(ls -A "$HOME/real" | grep hutch)" ]
		echo h >>sub/a; echo h >sub/deep/late; rm sub/gone; echo h >sub/moved
		"$H" diff s >out; cat out
		for n in a deep/ gone moved; do grep "project/sub/$n.*CONFLICT" out; done
		"$H" apply s && exit 1 || [ $? -eq 1 ]
		[ "$(tail -1 "$HOME/real/a")" = h ]; [ -e "$HOME/real/deep/late" ]; [ ! -e "$HOME/real/gone" ]; [ "$(cat "$HOME/real/moved")" = h ]; [ -e "$HOME/real/c" ]
		umount sub' || {
		[ $? -eq 77 ] && skip "sshfs does not work in a user namespace here"
		false
	}
}

@test "what is copied is bounded, and what cannot be read is named" {
	in_fuse 'H='"$HUTCH"'; truncate -s 3M "$HOME/real/big"; echo secret >"$HOME/real/closed"
		"$H" shell --keep s --copy sub --copy-limit 1M -- true 2>err && exit 1 || [ $? -eq 125 ]
		grep "copy.*sub: copying $HOME/project/sub: more than --copy-limit allows" err
		grep "try: --copy-limit SIZE" err
		[ -z "$("$H" sessions --names)" ]
		"$H" shell --keep s --copy sub --hide sub/closed -- sh -ec "! cat sub/closed; [ \"\$(stat -c %s sub/big)\" = 3145728 ]" 2>err
		grep "project/sub: it is copied into the session: 5 files, 3 MB" err || { cat err; exit 1; }
		! grep -r secret "$XDG_STATE_HOME"'
}

@test "copying that is broken off leaves nothing" {
	command -v strace >/dev/null || skip "no strace"
	in_fuse 'H='"$HUTCH"'; for n in 1 2 3 4 5; do head -c 100K /dev/zero >"$HOME/real/$n"; done
		strace -o trace -e trace=copy_file_range -e inject=copy_file_range:signal=SIGINT:when=3 "$H" shell --keep s --copy sub -- true 2>err || r=$?
		grep -q SIGINT trace || exit 77
		cat err; [ "$r" -eq 125 ]; grep "copying .*: Interrupted" err
		[ -z "$("$H" sessions --names)" ]; [ -z "$(ls -A "$XDG_STATE_HOME/hutch/sessions")" ]'
}

@test "files beside a mount point are copied when asked" {
	in_mounts 'H='"$HUTCH"'; mount -t tmpfs none "$HOME/project/sub"; mkdir beside; echo b >beside/b; echo m >sub/m
		"$H" shell --keep s --copy . -- sh -ec "echo x >>text; echo n >new; mkdir newdir; echo y >>beside/b; echo z >>sub/m" 2>err
		cat err; grep "project: files in it copied into the session: " err
		[ "$(wc -l <text)" = 3 ]; [ ! -e new ]
		"$H" diff s >out; cat out
		grep "M ~/project/text  content" out; grep "A ~/project/new " out; grep "M ~/project/beside/b  content" out; grep "M ~/project/sub/m" out
		"$H" apply s; [ "$(tail -1 text)" = x ]; [ -d newdir ]; [ "$(tail -1 sub/m)" = z ]
		"$H" undo s; [ "$(wc -l <text)" = 3 ]; [ ! -e newdir ]; [ "$(cat sub/m)" = m ]'
}

@test "an overlay in an overlay, which bears no third one, is copied when asked" {
	in_mounts 'H='"$HUTCH"'; mount -t tmpfs none "$HOME/real" 2>/dev/null || { mkdir "$HOME/real"; mount -t tmpfs none "$HOME/real"; }
		cd "$HOME/real"; mkdir lower upper work state inner 2work 2upper; echo l >lower/l
		mount -t overlay -o "userxattr,lowerdir=lower,upperdir=upper,workdir=work" none inner || exit 77
		mount -t overlay -o "userxattr,lowerdir=inner,upperdir=2upper,workdir=2work" none "$HOME/project" || exit 77
		export XDG_STATE_HOME=$HOME/real/state; cd "$HOME/project"
		"$H" shell --home private --rm -- sh -c "! echo x >>l" 2>err; grep "the kernel refuses it as a lower layer.*--copy" err
		"$H" shell --home private --copy . --keep s -- sh -ec "echo x >>l; echo n >n" 2>err; cat err
		[ "$(cat l)" = l ]; "$H" apply s; [ "$(tail -1 l)" = x ]; [ -e n ]' || {
		[ $? -eq 77 ] && skip "no overlays in user namespaces here"
		false
	}
}

@test "FAT is copied when asked" {
	[ "$(id -u)" -eq 0 ] || skip "not root: no loop device"
	grep -qw vfat /proc/filesystems || modprobe vfat 2>/dev/null || skip "no vfat in this kernel"
	command -v mkfs.vfat >/dev/null || skip "no mkfs.vfat"
	truncate -s 8M "$T/image"
	mkfs.vfat "$T/image" >/dev/null
	mount -o loop "$T/image" "$HOME/project/sub" || skip "no loop devices here"
	echo f >"$HOME/project/sub/f"
	"$HUTCH" shell --keep s --copy sub -- sh -ec 'echo x >>sub/f; echo n >sub/n' 2>"$T/err" && "$HUTCH" apply s &&
		[ "$(tail -1 sub/f)" = x ] && [ "$(cat sub/n)" = n ] && "$HUTCH" undo s && [ "$(cat sub/f)" = f ] && result=0 || result=1
	umount "$HOME/project/sub"
	return $result
}

# transcript [OPTION…]: what is to be run for a throwaway shell that somebody types
transcript() {
	command -v python3 >/dev/null || skip "no python3"
	[ -e /dev/ptmx ] || skip "no terminals here"
	echo "python3 -B '$SOURCE/tests/cli/shell_run.py' '$HUTCH' $*"
}

@test "as somebody types it, on ext4" {
	typed=$(transcript)
	if [ "$(stat -f -c %T .)" != ext2/ext3 ]; then
		[ "$(id -u)" -eq 0 ] && command -v mkfs.ext4 >/dev/null || skip "no ext4 here, nor root to make one"
		truncate -s 64M "$T/image"
		mkfs.ext4 -q "$T/image"
		mkdir "$T/ext4"
		mount -o loop "$T/image" "$T/ext4" || skip "no loop devices here"
		cp -a "$HOME" "$T/ext4/home"
		export HOME=$T/ext4/home XDG_STATE_HOME=$T/ext4/home/.local/state
	fi
	(cd "$HOME/project" && eval "$typed") && result=0 || result=1
	! mountpoint -q "$T/ext4" || umount "$T/ext4"
	return $result
}

@test "as somebody types it, on a tmpfs" {
	typed=$(transcript)
	in_mounts 'mkdir "$HOME.new"; mount -t tmpfs none "$HOME.new"; cp -a "$HOME" "$HOME.new/home"
		export HOME="$HOME.new/home" XDG_STATE_HOME="$HOME.new/home/.local/state"; cd "$HOME/project"
		'"$typed"
}

@test "as somebody types it, in an overlay" {
	typed=$(transcript)
	in_mounts 'mkdir "$HOME.new"; mount -t tmpfs none "$HOME.new"; cd "$HOME.new"; mkdir upper work merged; cp -a "$HOME" lower
		mount -t overlay -o "userxattr,lowerdir=lower,upperdir=upper,workdir=work" none merged || exit 77
		mkdir state; export HOME="$PWD/merged" XDG_STATE_HOME="$PWD/state"; cd merged/project
		'"$typed" || {
		[ $? -eq 77 ] && skip "no overlays in user namespaces here"
		false
	}
}

@test "as somebody types it, with things mounted in the home" {
	typed=$(transcript --copy .)
	in_mounts 'cd project 2>/dev/null || cd "$HOME/project"; mount -t tmpfs none sub; echo sub >sub/file; mkdir -p "$HOME/a/b"
		mount -t tmpfs none "$HOME/a/b"; mkdir "$HOME/a/b/c"; mount -t tmpfs none "$HOME/a/b/c"
		'"$typed"
}

@test "hutch run has no session to keep a copy in, but with --review" {
	run "$HUTCH" run --copy . true
	[ "$status" -eq 125 ]
	[[ "$output" == *"--copy .: copies are kept in a session"*"try: hutch run --review"* ]]
	"$HUTCH" run --review --copy . -- sh -c 'echo n >n' 2>"$T/err"
	[ ! -e n ]
	grep "A ~/project/n" "$T/err"
	"$HUTCH" explain --copy . true >/dev/null
}
