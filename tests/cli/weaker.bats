#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch run --allow-weaker namespaces, where the kernel does refuse them: in a user namespace without
# room for another (./refuse), and in a chroot.

bats_require_minimum_version 1.5.0

setup() {
	refuse=$BATS_TEST_DIRNAME/refuse
	[ "$("$refuse" echo fine 2>/dev/null)" = fine ] || skip "no user namespace to try it in"
	T=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
	export HOME=$T/home
	mkdir -p "$HOME/.ssh" "$HOME/project/sub"
	echo key >"$HOME/.ssh/id"
	echo shared >"$HOME/project/file"
	cd "$HOME/project" || return
}

# As on a host without namespaces, with what it says on standard error in $stderr
weak() {
	timeout 30 "$refuse" "$HUTCH" run --allow-weaker namespaces "$@"
}

@test "without the option nothing runs, and the remedy says what there is" {
	run -125 "$refuse" "$HUTCH" run echo ran
	[[ $output != *ran* ]]
	[[ $output == *"refuses new namespaces"*"hutch doctor"*"--allow-weaker namespaces"* ]]
}

@test "the option alone gives nothing up: where there are namespaces, they are used" {
	run -0 --separate-stderr "$HUTCH" run --allow-weaker namespaces -- sh -c 'echo $$; echo x >/tmp/x'
	[ "$output" = 2 ]
	[ -z "$stderr" ]
}

@test "the program runs, and two lines say what is missing" {
	run -0 --separate-stderr weak -- echo hello
	[ "$output" = hello ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[0]} == "hutch: no namespaces here ("*"No space left on device): "* ]]
	[[ ${stderr_lines[1]} == *"private "*"/tmp"*"$HOME"*": not there at all"*"/proc and /dev"* ]]
}

@test "the user's files are out of reach: read, listed, written, changed" {
	run -0 --separate-stderr weak -- sh -c '
		cat ~/.ssh/id; ls ~ ~/.ssh; echo >~/.ssh/id; echo >~/new; mkdir ~/d; rm ~/.ssh/id
		chmod 0 ~/.ssh/id; touch -d 2001-01-01 ~/.ssh/id; truncate -s 0 ~/.ssh/id; mv ~/.ssh ~/x
		echo >/tmp/hutch-weaker-test; :'
	[ -z "$output" ]
	[ "$(cat "$HOME/.ssh/id")" = key ]
	[ "$(stat -c %a "$HOME/.ssh/id")" != 0 ]
	[ "$(stat -c %Y "$HOME/.ssh/id")" -gt 1000000000 ]
	[ ! -e "$HOME/new" ]
	[ ! -e "$HOME/d" ]
	[ ! -e /tmp/hutch-weaker-test ]
}

@test "what is granted is there: read-only, and to write in" {
	run -0 --separate-stderr weak --ro . -- sh -c 'cat file; echo no >file; echo no >new; :'
	[ "$output" = shared ]
	[ "$(cat file)" = shared ]
	[ ! -e new ]
	run -0 --separate-stderr weak --rw . -- sh -c 'echo yes >new && mv new sub/new && cat sub/new'
	[ "$output" = yes ]
}

@test "hidden in a read-only directory: its contents are not there, what is beside it is" {
	mkdir -p tree/deep/hidden tree/deep/beside
	echo secret | tee tree/deep/hidden/file >tree/key
	echo fine | tee tree/deep/beside/file >tree/plain
	ln -s key tree/link
	run -0 --separate-stderr weak --ro . --hide tree/deep/hidden --hide tree/key -- sh -c '
		cat tree/deep/hidden/file tree/key tree/link; ls tree/deep/hidden
		cat tree/deep/beside/file tree/plain file'
	[ "$output" = $'fine\nfine\nshared' ]
}

@test "the whole root read-only still leaves the home, /tmp and /run out" {
	echo other >"$T/other"
	run -0 --separate-stderr weak --ro / -- sh -c 'cat ~/.ssh/id; ls ~ /tmp /run / /etc/hostname; :'
	[ "$output" = /etc/hostname ]
	[[ $stderr == *"private"*"/run"* ]]
}

@test "options that can't be held end the start; what is around them is named" {
	while read -r options; do
		eval "run -125 --separate-stderr weak $options -- echo ran"
		[ -z "$output" ]
		# The last one is the one that can't be held
		[[ $stderr == "hutch: --${options##*--}"*": "*"without namespaces"*"try: leave it out"* ]] || {
			echo "$options: $stderr"
			false
		}
	done <<-END
		--root /
		--uid root
		--uid 5
		--gid 5
		--hostname x
		--tmpfs /a
		--symlink /a:/b
		--overlay .
		--home overlay
		--noexec .
		--nested
		--ro .:/elsewhere
		--rw . --ro sub
		--rw . --hide sub
		--rw . --ro not-there
	END
}

@test "what only a profile asked for is listed" {
	mkdir -p .git/hooks
	run -0 --separate-stderr weak --use project -- sh -c 'echo yes >new; cat new'
	[ "$output" = yes ]
	[[ $stderr == *"project.profile:"*"git protect: not read-only in a writable directory"* ]]
}

@test "no network: neither the host's, nor by way of local sockets" {
	[ -x /usr/bin/python3 ] || skip "no python3 of the system"
	cat >"$T/server.py" <<-'END'
		import os, socket, sys
		t = socket.socket(); t.bind(("127.0.0.1", 0)); t.listen()
		a = socket.socket(socket.AF_UNIX); a.bind("\0hutch-weaker-%d" % os.getpid()); a.listen()
		p = socket.socket(socket.AF_UNIX); p.bind(sys.argv[1]); p.listen()
		d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d.bind(sys.argv[1] + "d")
		print(t.getsockname()[1], os.getpid(), flush=True); sys.stdin.read()
		for s in t, a, p, d:
		    s.setblocking(False)
		    try:
		        print("reached", s.recv(9) if s is d else s.accept(), flush=True)
		    except BlockingIOError:
		        pass
	END
	cat >client.py <<-'END'
		import socket, sys
		port, pid, path = sys.argv[1:]
		def attempt(name, f):
		    try:
		        f(); print(name, "WORKED")
		    except OSError as e:
		        print(name, e.strerror)
		U, I = socket.AF_UNIX, socket.AF_INET
		attempt("tcp", lambda: socket.create_connection(("127.0.0.1", int(port))))
		attempt("udp", lambda: socket.socket(I, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)))
		attempt("ipv6", lambda: socket.socket(socket.AF_INET6))
		attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
		attempt("abstract", lambda: socket.socket(U).connect("\0hutch-weaker-" + pid))
		attempt("path", lambda: socket.socket(U).connect(path))
		attempt("datagram", lambda: socket.socketpair(U, socket.SOCK_DGRAM)[0].sendto(b"x", path + "d"))
		a, b = socket.socketpair(); a.send(b"fine"); print(b.recv(9).decode())
	END
	coproc server { exec python3 "$T/server.py" "$T/socket" 3>&-; }
	read -r port pid <&"${server[0]}"
	# Without a sandbox all that is reached: else the test proves nothing
	run -0 python3 client.py "$port" "$pid" "$T/socket"
	[ "$(grep -c WORKED <<<"$output")" -ge 6 ]
	run -0 --separate-stderr weak --ro client.py -- /usr/bin/python3 client.py "$port" "$pid" "$T/socket"
	[[ $output != *WORKED* && $output == *fine ]] || { echo "$output"; false; }
	# Where Landlock has no scopes, --net host is refused: the host's abstract sockets would be within reach.
	weak --report "$T/report" -- true
	grep -qE 'ABI ([6-9]|[1-9][0-9])' "$T/report" || return 0
	run -0 --separate-stderr weak --net host --ro client.py -- /usr/bin/python3 client.py "$port" "$pid" "$T/socket"
	[ "$(grep WORKED <<<"$output" | tr '\n' ' ')" = "tcp WORKED udp WORKED ipv6 WORKED netlink WORKED " ]
}

@test "the environment and descriptors are as in any sandbox" {
	SECRET=token run -0 --separate-stderr weak -- env
	[[ $output == *"HOME=$HOME"* && $output != *token* ]]
	run -0 --separate-stderr weak -- sh -c 'exec 2>&-; readlink /proc/self/fd/9; cat <&9; echo end' 9<"$HOME/.ssh/id"
	[ "$output" = end ]
}

@test "signals do not reach the caller's other processes" {
	weak --report "$T/report" -- true
	grep -qE 'ABI ([6-9]|[1-9][0-9])' "$T/report" || skip "Landlock has no scope for signals here (Linux 6.12)"
	sleep 60 3>&- &
	other=$!
	run --separate-stderr weak -- sh -c "kill -KILL $other"
	[ "$status" -ne 0 ]
	kill -0 "$other"
	kill "$other"
}

@test "what a program leaves behind is dead when it ends" {
	word=$((RANDOM + 100000)).$$
	for ignore in "" "trap '' HUP INT TERM;"; do
		run -7 --separate-stderr weak -- sh -c \
			"$ignore (setsid sh -c '(setsid sleep $word &) ; sleep $word' >/dev/null 2>&1 </dev/null &); sleep 0.1; exit 7"
		run -1 pgrep -f "sleep $word"
	done
}

@test "and when the launcher, or what stands in for pid 1, is killed" {
	word=$((RANDOM + 100000)).$$
	for victim in launcher init; do
		weak -- sh -c "(setsid sleep $word &); sleep $word" 2>/dev/null 3>&- &
		for i in {1..100}; do
			[ "$(pgrep -fc "^sleep $word")" = 2 ] && break
			sleep 0.02
		done
		[ "$(pgrep -fc "^sleep $word")" = 2 ]
		launcher=$(pgrep -f "hutch run --allow-weaker namespaces -- sh -c .setsid sleep $word" | while read -r p; do
			[ "$(readlink "/proc/$p/exe")" = "$(realpath "$HUTCH")" ] && echo "$p"
		done)
		[ "$victim" = launcher ] || launcher=$(pgrep -P "$launcher")
		kill -KILL "$launcher"
		for i in {1..100}; do
			pgrep -f "sleep $word" >/dev/null || break
			sleep 0.02
		done
		run -1 pgrep -f "^sleep $word"
	done
}

@test "a time limit ends everything" {
	word=$((RANDOM + 100000)).$$
	run -124 --separate-stderr weak --wall 300ms -- sh -c "trap '' TERM; (setsid sleep $word &); sleep $word; sleep $word"
	run -1 pgrep -f "sleep $word"
}

@test "exit statuses are exact" {
	for n in 0 1 77 125 126 127 255; do
		run "-$n" --separate-stderr weak -- sh -c "exit $n"
	done
	for n in 1 2 9 11 15; do
		run "-$((128 + n))" --separate-stderr weak -- sh -c "kill -$n \$\$"
	done
	run -127 --separate-stderr weak -- no-such-program
	run -126 --separate-stderr weak -- /etc/passwd
}

@test "the report says what was held and what was not" {
	run -0 --separate-stderr weak --report "$T/report" -- true
	python3 - "$T/report" <<-'END'
		import json, sys
		report = json.load(open(sys.argv[1]))
		held = {k: v["enforced"] for k, v in report["layers"].items()}
		assert held == {"namespaces": False, "no_new_privs": True, "capabilities": True, "seccomp": True,
		                "landlock": True}, held
		assert report["layers"]["seccomp"]["detail"] == "default, no-namespaces, no-network", report
		assert any("no namespaces here" in w for w in report["warnings"]), report
		assert any("/tmp" in w and "not there" in w for w in report["warnings"]), report
	END
}

@test "a shell script, git and a compiler do their work" {
	printf '#!/bin/sh\necho script $1\n' >script
	chmod +x script
	run -0 --separate-stderr weak -- ./script works
	[ "$output" = "script works" ]
	if command -v cc >/dev/null; then
		echo 'int main(void) { return 3; }' >a.c
		run -0 --separate-stderr weak --rw . --env "TMPDIR=$PWD" -- cc -o a a.c
		# The linker can't mark it as executable: permissions are out of reach
		chmod +x a
		run -3 ./a
	fi
	if command -v git >/dev/null; then
		git init -q repository && cd repository
		run -0 --separate-stderr weak --rw . -- git status
		[[ $output == *"No commits yet"* ]]
	fi
}

@test "in a chroot, where the kernel refuses them too" {
	command -v chroot >/dev/null || skip "no chroot"
	mkdir "$T/jail"
	run --separate-stderr unshare --user --map-root-user --mount sh -c \
		'mount --rbind / "$1" && jail=$1 && shift && exec chroot "$jail" /bin/sh -c "cd / && exec \"\$@\"" sh "$@"' \
		sh "$T/jail" setpriv --bounding-set=-all --inh-caps=-all "$HUTCH" run echo ran
	[ "$status" -eq 125 ] || skip "namespaces in a chroot: $status $stderr"
	run -5 --separate-stderr unshare --user --map-root-user --mount sh -c \
		'mount --rbind / "$1" && jail=$1 && shift && exec chroot "$jail" /bin/sh -c "cd / && exec \"\$@\"" sh "$@"' \
		sh "$T/jail" setpriv --bounding-set=-all --inh-caps=-all \
		"$HUTCH" run --allow-weaker namespaces -- sh -c 'cat ~/.ssh/id; echo there; exit 5'
	[ "$output" = there ]
	[[ $stderr == *"Operation not permitted"* ]]
}
