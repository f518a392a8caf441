#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that people run, as they run them.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	T=$(mktemp -d)
	chmod 0755 "$T"
	export HOME=$T/home
	mkdir "$HOME" "$T/work"
	cd "$T/work"
	# Version managers put scripts that read the real home in front
	PATH=/usr/local/bin:/usr/bin:/bin
}

teardown() {
	cd /
	[ -z "$T" ] || rm -rf "$T"
}

need() {
	command -v "$1" >/dev/null || skip "there is no $1"
}

@test "python3: modules, threads, processes, a file of the command line" {
	need python3
	cat >sum.py <<-'END'
		import ctypes, json, multiprocessing, sqlite3, subprocess, sys, tempfile, threading
		numbers = json.load(open(sys.argv[1]))
		results = []
		threads = [threading.Thread(target=results.append, args=(n,)) for n in numbers]
		[t.start() for t in threads], [t.join() for t in threads]
		with multiprocessing.Pool(2) as pool:
		    squares = pool.map(abs, results)
		with tempfile.NamedTemporaryFile() as file:
		    sqlite3.connect(file.name).execute('create table t (x)')
		print(sum(squares), subprocess.check_output(['echo', 'child']).decode().strip())
	END
	echo '[1, 2, -3]' >numbers.json
	run -0 "$HUTCH" run python3 sum.py numbers.json
	[ "$output" = "6 child" ]
}

@test "gcc compiles a program where it may write, and hutch runs what came out" {
	need gcc
	printf '#include <stdio.h>\nint main(int c, char **v) { FILE *f = fopen(v[1], "r"); printf("%%c\\n", fgetc(f)); return 7; }\n' >hello.c
	run -0 "$HUTCH" run --rw . gcc -O1 -Wall -o hello hello.c
	[ -z "$output" ]
	echo x >file
	run -7 "$HUTCH" run ./hello file
	[ "$output" = x ]
	# Without --rw it may not
	run "$HUTCH" run --cwd ro gcc -o other hello.c
	[ "$status" -ne 0 ]
	[ ! -e other ]
}

@test "a static program that came by download, in the home, with a file" {
	need busybox
	[[ "$(file -L "$(command -v busybox)" 2>/dev/null)" != *dynamic* ]] || skip "busybox is not static here"
	mkdir "$HOME/Downloads"
	cp "$(command -v busybox)" "$HOME/Downloads/busybox"
	echo 'a document' >"$HOME/Downloads/document.txt"
	echo secret >"$HOME/secret"
	cd "$HOME/Downloads"
	[ "$("$HUTCH" run ./busybox cat document.txt)" = "a document" ]
	cd /
	[ "$("$HUTCH" run "$HOME/Downloads/busybox" cat "$HOME/Downloads/document.txt")" = "a document" ]
	# Only these two are there
	[ "$("$HUTCH" run "$HOME/Downloads/busybox" find "$HOME" -type f | sort | tr '\n' ' ')" = "$HOME/Downloads/busybox " ]
	run "$HUTCH" run "$HOME/Downloads/busybox" sh -c 'cat "$HOME/secret"'
	[ "$status" -ne 0 ]
	[[ "$output" != *secret$'\n'* && "$output" == *"No such file"* ]]
	# Not to be changed, in a home where it may otherwise write
	run "$HUTCH" run "$HOME/Downloads/busybox" sh -c 'echo x >"$HOME/new" && echo wrote; echo x >>"$HOME/Downloads/busybox" || echo refused'
	[[ "$output" == wrote*refused ]]
	[ ! -e "$HOME/new" ]
}

@test "scripts by #!, with their arguments and their own names" {
	printf '#!/bin/sh\necho "sh $0 $*"\n' >one
	printf '#!/usr/bin/env -S bash -u\necho "bash $0 $*"\n' >two
	printf '#!./one extra\n' >three
	printf '#!%s/work/one\n' "$T" >four
	chmod +x one two three four
	run -0 "$HUTCH" run ./one a 'b c'
	[ "$output" = "sh $PWD/one a b c" ]
	run -0 "$HUTCH" run ./two a
	[ "$output" = "bash $PWD/two a" ]
	# An interpreter that is not on the command line is not there
	run -126 "$HUTCH" run ./four
	[[ "$output" == *"interpreter"* ]]
	run -0 "$HUTCH" run --ro . ./four a
	[ "$output" = "sh $PWD/one $PWD/four a" ]
	mkdir "$HOME/bin"
	cp one "$HOME/bin/mine"
	PATH="$HOME/bin:$PATH" run "$HUTCH" run --ro "$HOME/bin" mine x
	[ "$output" = "sh $HOME/bin/mine x" ]
}

@test "git: a repository made, committed to and cloned where it may write" {
	need git
	printf '[user]\nname = A\nemail = a@example.org\n' >"$HOME/.gitconfig"
	run -0 "$HUTCH" run --rw . --ro ~/.gitconfig sh -ec 'git init -q . && echo text >file && git add file && git commit -qm first &&
		git clone -q . clone && git -C clone log --format=%an:%s'
	[ "$output" = A:first ]
	[ "$(git log --format=%s)" = first ]
	# By its own profile
	echo more >>file
	run -0 "$HUTCH" run git commit -qam second
	[ "$(git log --format=%an:%s -1)" = A:second ]
}

@test "find goes through the whole root without an error" {
	run -0 "$HUTCH" run sh -c 'find / -xdev >/tmp/list 2>/tmp/errors; cat /tmp/errors; grep -c . /tmp/list'
	echo "$output"
	# What root keeps to itself on the host is closed here, too
	[ "${lines[-1]}" -gt 10 ]
	for line in "${lines[@]::${#lines[@]}-1}"; do
		[[ "$line" == *"Permission denied" ]] || { echo "$line"; false; }
	done
	run -0 "$HUTCH" run sh -c 'find /usr /bin /tmp /run /dev "$HOME" >/dev/null 2>/tmp/errors; cat /tmp/errors'
	[ -z "$output" ] || ! grep -v 'Permission denied' <<<"$output"
}

@test "pipes, large input and output" {
	run -0 sh -c 'head -c 20000000 /dev/zero | "$0" run sh -c "cat | wc -c"' "$HUTCH"
	[ "$output" = 20000000 ]
	run sh -c '"$0" run yes | head -n 1' "$HUTCH"
	[ "$output" = y ]
	seq 1 100000 >numbers
	[ "$("$HUTCH" run sort -rn numbers | head -n 1)" = 100000 ]
}

@test "stress-ng: the class that works the operating system" {
	need stress-ng
	# A few at a time; HUTCH_LONG=50ms for all of them, each for so long
	stressors=()
	for name in get null pipe poll sock fork futex signal timer mmap procfs memfd eventfd inotify splice seal sigq sem; do
		stressors+=("--$name" 1)
	done
	[ -z "${HUTCH_LONG-}" ] || stressors=(--class os --sequential 1)
	run timeout 100 "$HUTCH" run --rlimit nofile=1024 stress-ng "${stressors[@]}" --timeout "${HUTCH_LONG:-2}"
	echo "$output" | tail -n 30
	# What is denied is skipped by the stressors (2 or 3); none may die of it
	[[ "$status" -eq 0 || "$status" -eq 2 || "$status" -eq 3 ]]
	[ -n "${HUTCH_LONG-}" ] || [[ "$output" == *"successful run completed"* ]]
}

@test "two thousand read-only directories" {
	mkdir -p many/{0..1999}
	arguments=(--ro=many/{0..1999})
	start=$(date +%s%N)
	run "$HUTCH" run "${arguments[@]}" sh -c 'grep -c "/many/[0-9]* ro," /proc/self/mountinfo'
	echo "# 2,000 binds took $((($(date +%s%N) - start) / 1000000)) ms" >&3
	[ "$status" -eq 0 ]
	[ "$output" = 2000 ]
}
