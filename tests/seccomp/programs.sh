#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# programs.sh RUN_UNDER LANGUAGE: a program of that language starts threads and children under the
# policies that let it. Each is tried without a policy first: what fails there proves nothing here.
run_under=$1
language=$2
here=$(cd "$(dirname "$0")" && pwd)/programs
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT INT TERM
export XDG_CONFIG_HOME=/nonexistent HOME="$work" GOCACHE="$work/cache" GO111MODULE=off

skip()
{
	echo "SKIP: $*"
	exit 77
}

need()
{
	command -v "$1" >/dev/null 2>&1 || skip "there is no $1"
}

case $language in
glibc)
	need cc
	cc -O1 -pthread -o "$work/program" "$here/threads.c" || skip "cc can't make programs"
	set -- "$work/program" ;;
musl)
	need musl-gcc
	musl-gcc -O1 -static -o "$work/program" "$here/threads.c" || skip "musl-gcc can't make programs"
	set -- "$work/program" ;;
busybox)
	need busybox
	set -- busybox sh -c '(true | cat) && busybox true & wait $! && echo ok' ;;
go)
	need go
	go build -o "$work/program" "$here/threads.go" || skip "go can't make programs"
	set -- "$work/program" ;;
java)
	need javac
	javac -d "$work" "$here/Threads.java" || skip "javac can't make programs"
	set -- java -XX:+UseSerialGC -Xmx64m -cp "$work" Threads ;;
node)
	need node
	set -- node "$here/threads.js" ;;
python)
	[ -x /usr/bin/python3 ] || skip "there is no /usr/bin/python3"
	set -- /usr/bin/python3 "$here/threads.py" ;;
rust)
	# The one that comes with the user's own tools needs their home.
	rustc=$(HOME=$(getent passwd "$(id -u)" | cut -d: -f6) sh -c 'command -v rustc') || skip "there is no rustc"
	HOME=$(getent passwd "$(id -u)" | cut -d: -f6) "$rustc" -o "$work/program" "$here/threads.rs" ||
		skip "rustc can't make programs"
	set -- "$work/program" ;;
esac

[ "$("$@")" = ok ] || skip "the program fails without a policy too"
status=0
for policy in default desktop browser dev; do
	answer=$("$run_under" "$policy" "$@" 2>&1)
	if [ "$answer" != ok ]; then
		echo "$language under $policy: $answer"
		status=1
	fi
	answer=$(NESTED=1 "$run_under" "$policy" "$@" 2>&1)
	if [ "$answer" != ok ]; then
		echo "$language under $policy (nested): $answer"
		status=1
	fi
done
exit $status
