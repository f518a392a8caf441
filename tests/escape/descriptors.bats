#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a program inherits: descriptors, the working directory, limits, the umask.

load launch

EBADF=9 ENODATA=61

@test "E34: no descriptor of the caller is there, whatever it is" {
	for fd in {10..200}; do
		case $((fd % 4)) in
		0) eval "exec $fd<\"$dir\"" ;;
		1) eval "exec $fd<>\"$dir/file\"" ;;
		2) eval "exec $fd</proc/self/ns/user" ;;
		3) eval "exec $fd<>/dev/zero" ;;
		esac
	done
	run hutch run -- "$dir/attack" e36-descriptors
	for fd in {10..200}; do
		eval "exec $fd<&-"
	done
	echo "$status: $output"
	[[ $status == "$EBADF" && $output == *"e36-descriptors EBADF"* ]]
}

@test "E34: a descriptor asked for by number is there, and no other" {
	echo text >file
	run hutch run --fd 8 -- bash -c 'cat <&8; echo /proc/$$/fd/*' 8<file 9<"$dir"
	[[ $output == $'text\n'"/proc/"*"/fd/0 /proc/"*"/fd/1 /proc/"*"/fd/2 /proc/"*"/fd/8" ]]
}

@test "E34: a directory is refused as a descriptor" {
	exec 10<"$dir"
	run hutch run --fd 10 -- true
	exec 10<&-
	[[ $status == 125 && $output == *10* ]]
}

@test "E36: a directory at 0 is refused" {
	run hutch run -- "$dir/attack" e36-standard-directory <"$dir"
	[[ $status == 125 ]]
}

@test "E35: a working directory that is not shared is not reachable (CVE-2024-21626)" {
	run -0 hutch run -- sh -c 'pwd -P; readlink /proc/self/cwd; ls .'
	[[ $output != *unreachable* ]]
	[[ $output != *outside* ]]
}

@test "E35: a working directory that was removed is no way out" {
	mkdir "$dir/gone"
	cd "$dir/gone"
	rmdir "$dir/gone"
	run hutch run -- sh -c 'readlink /proc/self/cwd'
	((status == 125)) || [[ $status == 0 && $output != *unreachable* && $output != *deleted* ]]
}

@test "E35: --chdir by a descriptor's number is refused" {
	exec 7<"$dir/outside"
	run hutch run --chdir /proc/self/fd/7 -- sh -c 'pwd -P; readlink /proc/self/cwd'
	exec 7<&-
	[[ $status == 125 || ( $output != *unreachable* && $output != *outside* ) ]]
}

@test "E44: with 0, 1 or 2 closed, nothing of the launcher's takes their place" {
	echo >stream
	export ATTACK="stream=$PWD/stream"
	# Told by the status alone: nobody is there to print to
	for closed in '<&- >&- 2>&-' '<stream >&- 2>&-' '<&- >stream 2>&-' '<&- >&- 2>stream' '<stream >stream 2>&-'; do
		status=0
		eval "hutch run --env \"ATTACK=\$ATTACK\" -- \"\$dir/attack\" e44-closed $closed" || status=$?
		[[ $status == "$EBADF" || $status == "$ENODATA" ]] || { echo "$closed: $status"; false; }
	done
}

@test "E45: too few descriptors: it works, or nothing runs and a message says so" {
	for n in 3 4 5 6 7 8 10 12 16 20 24 32; do
		status=0
		output=$(ulimit -n "$n"; "$HUTCH" run -- sh -c 'echo ran; grep -q "Seccomp:.2" /proc/self/status' 2>&1) || status=$?
		# The loader of hutch itself is the first to fail
		[[ ( $status == 0 && $output == ran ) || ( $status == 125 && $output == *hutch:* ) ||
			( $status == 127 && $output == *"shared libraries"* ) ]] || { echo "$n: $status $output"; false; }
	done
}

@test "E45: tiny limits never lead to half a sandbox" {
	for limit in '-f 0' '-s 64' '-v 30000' '-u 5' '-l 0' '-i 1' '-q 0'; do
		run bash -c 'ulimit $1 || exit 125; "$2" run -- /bin/sh -c "echo ran; grep -q \"Seccomp:.2\" /proc/self/status"' - "$limit" "$HUTCH"
		# The program may fail by such a limit, too, or be killed by it; but it never runs without its filter
		[[ $status != 0 || $output == *ran* ]] || { echo "$limit: $status $output"; false; }
		[[ $output != *ran* || $status == 0 ]] || { echo "$limit: $status $output"; false; }
	done
}

@test "E45: umask 0777 makes no difference to what the sandbox is made of" {
	run -0 bash -c 'umask 0777; "$0" run --tmpfs /a/b/c -- sh -c "ls / /tmp /a/b /dev /run >/dev/null && cd ~ && umask && id -u"' "$HUTCH"
}

@test "E46: a crash leaves no core on the host" {
	run bash -c 'ulimit -c unlimited; "$0" run --rw . -- sh -c "kill -SEGV \$\$"' "$HUTCH"
	[[ $status == 139 ]]
	[[ ! $(ls -A) ]]
}
