#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Paths under an attacker's hand while the sandbox is made: planted links, races, odd names; and what is left behind.

load launch

# Every way to have something made at a path below a link
every_verb() {
	hutch run --rw "$dir/project:/data" --tmpfs /data/l/tmpfs -- true
	hutch run --rw "$dir/project:/data" --ro "$dir/attack:/data/l/file" -- true
	hutch run --rw "$dir/project:/data" --rw "$dir/project:/data/l/dir" -- true
	hutch run --rw "$dir/project:/data" --hide /data/l/hidden -- true
	hutch run --rw "$dir/project:/data" --symlink /data/l/link:/etc -- true
	hutch run --rw "$dir/project:/data" --tmpfs /data/l -- true
	hutch run --rw . --ro l/absent -- true
	hutch run --rw . --hide l/absent -- true
	hutch run --rw . --tmpfs "$PWD/l/tmpfs" -- true
}

@test "E10: a planted link never leads outside (CVE-2026-87766)" {
	for target in "$dir/outside" "/oldroot$dir/outside" "/oldroot/../$dir/outside" "/proc/self/root$dir/outside" \
		"/proc/1/root$dir/outside" "/proc/self/cwd/../outside" "../outside" \
		"../../../../../../../../../../..$dir/outside"; do
		ln -sfn "$target" l
		every_verb >"$dir/log" 2>&1 || true
		untouched
	done
}

@test "E10: a link in the middle of a chain never leads outside" {
	mkdir a
	ln -s "$dir/outside" a/b
	ln -s a/b l
	every_verb >"$dir/log" 2>&1 || true
	untouched
}

@test "E12: a descriptor's number in a source path is refused" {
	run hutch run --ro /proc/self/fd/9:/x -- true 9<"$dir/outside"
	[[ $status == 125 ]]
}

@test "E14: names that look like options of overlay are only names" {
	for name in 'a,upperdir=b' 'a:b' 'a\' 'a\,b' 'lowerdir=x' 'a b'; do
		mkdir -p "$dir/project/$name"
		echo "$name" >"$dir/project/$name/file"
		escaped=${name//\\/\\\\}
		escaped=${escaped//,/\\,}
		escaped=${escaped//:/\\:}
		run -0 hutch run --overlay "$dir/project/$escaped:/o" -- sh -c 'cat /o/file && echo new >/o/file && echo x >/o/other'
		[[ $output == "$name" ]]
		[[ $(<"$dir/project/$name/file") == "$name" ]]
		[[ ! -e $dir/project/$name/other ]]
	done
}

@test "E15: directories with odd names get their own flags" {
	for name in $'a\nb' 'a\040b' $'\xff\xfe' 'a b' $'a\tb' '-rf' '"'; do
		mkdir -- "./$name"
		echo text >"./$name/file"
		escaped=${name//\\/\\\\}
		run -0 hutch run --ro "$dir/project/$escaped:/o" -- sh -c 'cat /o/file; touch /o/new 2>/dev/null || echo refused'
		[[ $output == $'text\nrefused' ]]
		[[ ! -e ./$name/new ]]
		run -0 hutch run --rw . --ro "$dir/project/$escaped" -- sh -c 'touch -- "$0/new" 2>/dev/null || echo refused' "./$name"
		[[ $output == refused ]]
		[[ ! -e ./$name/new ]]
	done
}

@test "E06: what is hidden is hidden by its other names, too, or a warning says that it is not" {
	mkdir secret
	echo password >secret/key
	run hutch run --rw . --hide secret --ro .:/alias -- cat /alias/secret/key
	[[ $output != password ]]
}

@test "E16: a mount below a read-only directory is read-only" {
	unshare -Urm true 2>/dev/null || skip "no user namespaces for the test itself"
	mkdir -p tree/sub
	run -0 timeout 20 unshare -Urm sh -c 'mount -t tmpfs sub tree/sub && touch tree/sub/seen && "$0" run --ro tree -- sh -c "touch tree/sub/x 2>/dev/null && echo WRITTEN; ls tree/sub"' "$HUTCH"
	[[ $output == seen ]]
}

@test "E16: a mount made on the host later is invisible or read-only" {
	unshare -Urm true 2>/dev/null || skip "no user namespaces for the test itself"
	mkdir -p late/sub
	cat >"$dir/host" <<-END
		mount --make-rshared /
		"$HUTCH" run --ro late --rw . -- sh -c 'echo >scratch; while [ ! -e go ]; do sleep 0.02; done; touch late/sub/x 2>/dev/null && echo WRITTEN; ls late/sub' &
		while [ ! -e scratch ]; do sleep 0.02; kill -0 \$! || exit 99; done
		mount -t tmpfs late late/sub
		touch late/sub/only-on-the-host
		touch go
		wait \$!
		ls late/sub
	END
	run -0 timeout 20 unshare -Urm sh "$dir/host"
	[[ $output != *WRITTEN* ]]
	[[ $output == only-on-the-host ]]
}

@test "E09: a guard for an absent file is not left behind" {
	run -0 hutch run --rw . --ro .envrc --ro .tool/config -- true
	[[ ! $(ls -A) ]]
	run hutch run --rw . --ro .envrc --ro .tool/config -- sh -c 'exit 3'
	[[ $status == 3 && ! $(ls -A) ]]
	run -127 hutch run --rw . --ro .envrc --ro .tool/config -- ./nothing
	[[ ! $(ls -A) ]]
}

@test "E09: not even when the launcher is killed" {
	for ((i = 0; i < RACES / 5; i++)); do
		"$HUTCH" run --rw . --ro .envrc --ro .tool/config -- sleep 5 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 2))$((RANDOM % 10))"
		kill -KILL "$pid" || true
		wait "$pid" || true
	done 2>/dev/null
	sleep 0.2
	[[ ! $(ls -A) ]] || { find . -ls; false; }
}

@test "E09: a guard that two runs need stays until the last has ended" {
	coproc first { "$HUTCH" run --rw . --ro .tool/config -- cat 3>&-; }
	for i in {1..100}; do
		[[ -e .tool/config ]] && break
		sleep 0.01
	done
	coproc_in=${first[1]}
	first_pid=$first_PID
	"$HUTCH" run --rw . --ro .tool/config -- sh -c 'while [ ! -e go ]; do sleep 0.01; done; echo x >.tool/config' 3>&- {coproc_in}>&- 2>"$dir/log" &
	second=$!
	sleep 0.2
	exec {coproc_in}>&-
	wait "$first_pid"
	[[ -e .tool/config ]]
	touch go
	status=0
	wait "$second" || status=$?
	rm go
	[[ $status != 0 ]]
	grep -q 'Read-only file system' "$dir/log"
	[[ ! $(ls -A) ]]
}

@test "E09: a guard is not made through a link, and what the user wrote is kept" {
	ln -s "$dir/outside" .tool
	run hutch run --rw . --ro .tool/config -- true
	[[ $status == 125 ]]
	untouched
	rm .tool
	run -0 hutch run --rw . --ro .envrc -- sh -c 'true'
	"$HUTCH" run --rw . --ro .envrc -- sleep 0.3 3>&- &
	for i in {1..100}; do
		[[ -e .envrc ]] && break
		sleep 0.01
	done
	chmod u+w .envrc
	echo mine >.envrc
	wait $!
	[[ $(<.envrc) == mine ]]
}

@test "E25: a tmpfs with a size is full when it is full" {
	run hutch run --tmpfs /small:1M -- dd if=/dev/zero of=/small/file bs=64K count=64
	[[ $status == 1 && $output == *"No space left"* ]]
}

@test "E52a: control characters in names reach the terminal only escaped" {
	run -127 hutch run -- $'./\e[31mred\a'
	[[ $status == 127 && $output != *$'\e'* && $output != *$'\a'* ]]
	run hutch run --ro $'/\e]0;title\a' -- true
	[[ $status == 125 && $output != *$'\e'* && $output != *$'\a'* ]]
	run hutch run $'--\e[31m' -- true
	[[ $status == 125 && $output != *$'\e'* ]]
}
