#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch learn: what is recorded, what is proposed, and that the program runs again under it, with no more than that.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	T=$(mktemp -d)
	mkdir "$T/home" "$T/work" "$T/runtime"
	chmod 0755 "$T"
	chmod 0700 "$T/runtime"
	export HOME=$T/home XDG_RUNTIME_DIR=$T/runtime
	unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME
	cd "$T/work"
	P=$T/p.profile
	"$HUTCH" learn true >/dev/null 2>"$T/why" || skip "hutch learn does not work here: $(head -1 "$T/why")"
}

teardown() {
	cd /
	[ -z "${T:-}" ] || rm -rf "$T"
}

# learn COMMAND…: its proposal is in $P, and passes the check.
learn() {
	rm -f "$P"
	"$HUTCH" learn --write "$P" -- "$@"
	"$HUTCH" profile check "$P"
}

# again COMMAND…: under the proposal
again() {
	"$HUTCH" run --profile "$P" -- "$@"
}

# says LINE…: as lines of the proposal
says() {
	local line
	for line; do
		grep -qxF -- "$line" "$P" || { echo "no \"$line\" in:"; cat "$P"; return 1; }
	done
}

# script NAME: standard input, as a program beside the working directory
script() {
	cat >"$T/$1"
}

# silent PATTERN: no line but a comment has it
silent() {
	! grep -v '^#' "$P" | grep -e "$1" || { echo "there is $1"; return 1; }
}

@test "what was used works again, and what was not stays out of reach" {
	mkdir -p ~/.config/app ~/notes
	echo conf >~/.config/app/rc
	echo used >~/notes/used
	echo secret >~/notes/other
	run -0 learn sh -c 'cat ~/.config/app/rc ~/notes/used'
	[ "$output" = $'conf\nused' ]
	says 'ro = ${XDG_CONFIG_HOME}/app/rc?' 'ro = ~/notes/used?'
	run -0 again sh -c 'cat ~/.config/app/rc ~/notes/used'
	[ "$output" = $'conf\nused' ]
	run -1 again sh -c 'cat ~/notes/other'
	run ! --separate-stderr again sh -c 'echo x >~/notes/used'
	[ "$(cat ~/notes/used)" = used ]
}

@test "each line has its evidence: how often, the first path, the program" {
	mkdir ~/notes
	echo x >~/notes/a
	run -0 learn sh -c 'cat ~/notes/a; cat ~/notes/a; head -c1 ~/notes/a'
	grep -qx "# 3 times, first $HOME/notes/a, by cat" "$P"
}

@test "the program's status and output are its own; the proposal is on standard output, or in a file" {
	run -3 --separate-stderr "$HUTCH" learn -- sh -c 'echo out; echo err >&2; exit 3'
	[ "${lines[0]}" = out ]
	[ "$stderr" = err ]
	[[ "$output" == *"[profile]"* ]]
	run -3 --separate-stderr "$HUTCH" learn --write ./here -- sh -c 'echo out; exit 3'
	[ "$output" = out ]
	[ -z "$stderr" ]
	grep -q '^\[profile\]' here
}

@test "--write NAME is the user's profile, which run then chooses; nothing is written over" {
	run -0 "$HUTCH" learn --write true -- true
	[ -f ~/.config/hutch/true.profile ]
	"$HUTCH" explain --json true | grep -q '"profile": *"true"'
	echo mine >~/.config/hutch/true.profile
	run -125 --separate-stderr "$HUTCH" learn --write true -- touch ran
	[[ "${stderr_lines[0]}" == "hutch: --write: $HOME/.config/hutch/true.profile: File exists" ]]
	[ "$(cat ~/.config/hutch/true.profile)" = mine ]
	[ ! -e ran ]
	run -125 "$HUTCH" learn --write 'a b' -- touch ran
	[ ! -e ran ]
}

@test "what can't run ends as hutch run does" {
	run -127 "$HUTCH" learn -- no-such-program
	touch plain
	run -126 "$HUTCH" learn -- ./plain
	run -125 "$HUTCH" learn
	printf 'garbage' >garbage
	chmod +x garbage
	run -126 "$HUTCH" learn -- ./garbage
}

@test "a program that dies of a signal: 128 and the signal, and a proposal" {
	run -137 "$HUTCH" learn --write "$P" -- sh -c 'kill -9 $$'
	"$HUTCH" profile check "$P"
	run -139 "$HUTCH" learn -- sh -c 'kill -11 $$'
}

@test "^C ends the program, and the proposal comes all the same" {
	mkdir ~/notes
	echo x >~/notes/a
	# As a terminal does: the whole process group.
	run -0 --separate-stderr python3 - "$HUTCH" "$P" <<-'END'
		import os, signal, subprocess, sys, time
		learn = subprocess.Popen([sys.argv[1], 'learn', '--write', sys.argv[2], '--', 'sh', '-c',
		                          'cat ~/notes/a; echo ready; exec sleep 100'], stdout=subprocess.PIPE,
		                         start_new_session=True)
		while learn.stdout.readline() != b'ready\n':
		    pass
		os.kill(learn.pid, signal.SIGINT)
		sys.exit(learn.wait() != 130)
	END
	says 'ro = ~/notes/a?'
}

@test "what goes on when the program has ended is waited for, and ended by a signal" {
	run -0 --separate-stderr python3 - "$HUTCH" "$P" <<-'END'
		import signal, subprocess, sys
		learn = subprocess.Popen([sys.argv[1], 'learn', '--write', sys.argv[2], '--', 'sh', '-c',
		                          'setsid sh -c "sleep 0.2; echo late >~/late; sleep 100" & exit 5'],
		                         stderr=subprocess.PIPE)
		assert b'waiting' in learn.stderr.readline()
		import os, time
		while not os.path.exists(os.environ['HOME'] + '/late'):
		    time.sleep(0.01)
		learn.send_signal(signal.SIGINT)
		sys.exit(learn.wait() != 5)
	END
	says 'rw = ~/late'
}

@test "the working directory: read, written, and not offered where it is the home" {
	echo x >in
	run -0 learn cat in other 2>/dev/null || true
	run -0 learn sh -c 'cat in'
	says 'cwd = ro'
	run -0 learn sh -c 'cat in >out'
	says 'use = project'
	rm out
	run -0 again sh -c 'cat in >out'
	[ "$(cat out)" = x ]
	cd ~
	echo x >in
	run -0 learn sh -c 'cat in'
	silent '^cwd\|^use'
	says 'ro = ~/in?'
}

@test "relative names after chdir, .., and descriptors of directories" {
	mkdir -p ~/a/b ~/c
	echo 1 >~/a/b/one
	echo 2 >~/c/two
	echo 3 >~/a/three
	script program.py <<-'END'
		import os
		os.chdir(os.environ["HOME"] + "/a/b")
		open("one"); open("../../c/two")
		d = os.open("..", os.O_PATH | os.O_DIRECTORY)
		os.close(os.open("./three", os.O_RDONLY, dir_fd=d))
	END
	run -0 learn python3 "$T/program.py"
	says 'ro = ~/a/b/one?' 'ro = ~/c/two?' 'ro = ~/a/three?'
}

@test "symbolic links: the name that is used is shown, and .. behind one leads where it leads" {
	mkdir -p ~/real/deep ~/links
	echo x >~/real/file
	echo y >~/real/deep/other
	ln -s ../real/file ~/links/file
	ln -s ../real/deep ~/links/deep
	run -0 learn sh -c 'cat ~/links/file ~/links/deep/other ~/links/deep/../file'
	says 'ro = ~/links/file?' 'ro = ~/links/deep/other?' 'ro = ~/real/file?'
	run -0 again sh -c 'cat ~/links/file ~/links/deep/other'
	[ "$output" = $'x\ny' ]
}

@test "a file that is made and moved over another needs its directory" {
	mkdir -p ~/state
	echo old >~/state/db
	script program.py <<-'END'
		import os
		os.chdir(os.environ["HOME"] + "/state")
		open("db.new", "w").write("new")
		os.rename("db.new", "db")
	END
	run -0 learn python3 "$T/program.py"
	says 'rw = ~/state'
	run -0 again sh -c 'echo newer >~/state/x && mv ~/state/x ~/state/db'
	[ "$(cat ~/state/db)" = newer ]
}

@test "files that are gone at the end: their directory, not their names" {
	mkdir ~/spool
	run -0 learn sh -c 'echo x >~/spool/lock; rm ~/spool/lock'
	says 'rw = ~/spool'
	silent lock
	run -0 again sh -c 'echo x >~/spool/lock; rm ~/spool/lock'
}

@test "temporary files are the sandbox's own affair" {
	run -0 learn sh -c 'f=$(mktemp /tmp/XXXXXX); echo x >$f; cat $f; rm $f; echo >/dev/null; : >/dev/shm/x.$$; rm /dev/shm/x.$$'
	silent '/tmp\|/dev'
	run -0 again sh -c 'f=$(mktemp /tmp/XXXXXX); echo x >$f; cat $f; rm $f'
}

@test "the runtime directory: one of its own where something is made in it" {
	run -0 learn sh -c 'echo x >$XDG_RUNTIME_DIR/pid; cat $XDG_RUNTIME_DIR/pid'
	says 'use = runtime-directory'
	run -0 again sh -c 'echo y >$XDG_RUNTIME_DIR/pid; cat $XDG_RUNTIME_DIR/pid'
	[ "$output" = y ]
	[ "$(cat "$T/runtime/pid")" = x ]
}

@test "an application's directory is shown whole once it is written to" {
	mkdir -p ~/.config/app/sub ~/.config/other
	echo 1 >~/.config/other/rc
	run -0 learn sh -c 'echo 1 >~/.config/app/sub/rc; cat ~/.config/other/rc; mkdir -p ~/.cache/app; echo 1 >~/.cache/app/x'
	says 'rw = ${XDG_CONFIG_HOME}/app' 'rw = ${XDG_CACHE_HOME}/app' 'ro = ${XDG_CONFIG_HOME}/other/rc?'
}

@test "keys, passwords and logins are never proposed silently" {
	mkdir -p -m 700 ~/.ssh ~/.config/app
	echo key >~/.ssh/id
	ln -s ~/.ssh/id ~/.config/app/key
	run -0 learn sh -c 'cat ~/.ssh/id; cat ~/.config/app/key'
	silent 'ssh\|key'
	grep -q '^# warning: keys' "$P"
	says '# ro = ~/.ssh/id?' '# ro = ${XDG_CONFIG_HOME}/app/key?'
	run -1 again sh -c 'cat ~/.ssh/id'
	# Nor what is around one.
	mkdir -p ~/.cargo/registry
	touch ~/.cargo/credentials.toml
	run -0 learn sh -c 'for i in 1 2 3 4 5; do echo $i >~/.cargo/registry/$i; echo $i >~/.cargo/$i; done'
	silent 'rw = ~/.cargo$'
}

@test "what the default profile hides stays hidden, whatever leads to it" {
	[ -r /etc/machine-id ] || skip "no machine-id"
	ln -s /etc/machine-id ~/id
	run -0 learn sh -c 'cat /etc/machine-id ~/id'
	silent 'id'
	grep -q '^# not proposed: /etc/machine-id, which default.profile hides$' "$P"
	grep -q "^# not proposed: $HOME/id, which" "$P"
	run ! again sh -c 'cat /etc/machine-id'
}

@test "what runs later outside is not proposed silently" {
	: >~/.bashrc
	run -0 learn sh -c 'echo x >>~/.bashrc'
	silent bashrc
	says '# rw = ~/.bashrc'
	grep -q '^# warning: written here, and run' "$P"
}

@test "names with everything that a profile gives a meaning to" {
	mkdir ~/odd
	printf 1 >~/odd/'a, b:c?d $x #y \z'
	printf 2 >~/odd/$'new\nline'
	printf 3 >~/odd/'end '
	export A=~/odd/'a, b:c?d $x #y \z' B=~/odd/$'new\nline' C=~/odd/'end '
	run -0 learn sh -c 'cat "$A" "$B" "$C"'
	says 'ro = ~/odd/a\,\ b\:c\?d\ \$x\ \#y\ \\z?' "# no profile can say this name: $HOME/odd/new\\nline"
	run -0 "$HUTCH" run --profile "$P" --keep-env A -- sh -c 'cat "$A"'
	[ "$output" = 1 ]
}

@test "programs that are executed, their interpreters, children and threads" {
	mkdir -p ~/tools
	printf '#!/bin/sh\nexec "$HOME/tools/second"\n' >~/tools/first
	printf '#!%s/tools/interpreter\nwhatever\n' "$HOME" >~/tools/second
	cp "$(command -v cat)" ~/tools/interpreter
	chmod +x ~/tools/*
	run -0 learn sh -c '~/tools/first & wait'
	grep -q 'tools/first' "$P"
	run -0 again sh -c '~/tools/first & wait'
	[[ "$output" == *whatever* ]]
	mkdir ~/many
	for i in 1 2 3; do echo $i >~/many/$i; done
	script program.py <<-'END'
		import os, threading
		def read(i):
		    for _ in range(50):
		        open(os.environ["HOME"] + f"/many/{i}").read()
		threads = [threading.Thread(target=read, args=(i,)) for i in (1, 2, 3)]
		[t.start() for t in threads]
		[t.join() for t in threads]
	END
	run -0 learn python3 "$T/program.py"
	says 'ro = ~/many/1?' 'ro = ~/many/2?' 'ro = ~/many/3?'
	[ "$(grep -c "^# 50 times, first $HOME/many" "$P")" -eq 3 ]
}

@test "four of a kind show their directory, which a fifth then is in" {
	mkdir ~/few ~/many
	for i in 1 2 3; do echo $i >~/few/$i; done
	for i in 1 2 3 4 5; do echo $i >~/many/$i; done
	run -0 learn sh -c 'cat ~/few/1 ~/few/2 ~/few/3 ~/many/1 ~/many/2 ~/many/3 ~/many/4'
	says 'ro = ~/many?'
	silent 'ro = ~/few?$'
	run -0 again sh -c 'cat ~/many/5'
}

# compile FLAGS…: a program that reads $HOME/notes/a by system calls alone; skips without a compiler.
compile() {
	command -v gcc >/dev/null || skip "no gcc"
	cat >reader.c
	gcc -o reader "$@" reader.c 2>gcc.err || skip "gcc $*: $(head -1 gcc.err)"
}

@test "a static program" {
	mkdir ~/notes
	echo seen >~/notes/a
	compile -static <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		int main(void)
		{
			char path[4096], line[64];
			snprintf(path, sizeof(path), "%s/notes/a", getenv("HOME"));
			FILE *file = fopen(path, "r");
			return !file || !fgets(line, sizeof(line), file) || fputs(line, stdout) < 0;
		}
	END
	run -0 learn ./reader
	says 'ro = ~/notes/a?'
	run -0 again ./reader
	[ "$output" = seen ]
}

@test "a 32-bit program is recorded as others are" {
	[ "$(uname -m)" = x86_64 ] || skip "for x86-64"
	mkdir ~/notes
	echo seen >~/notes/a
	# open, openat and connect by socketcall
	compile -m32 -nostdlib -static -ffreestanding -fno-stack-protector -fcf-protection=none -fno-pie -no-pie \
		"-DPATH=\"$HOME/notes/a\"" "-DOTHER=\"$HOME/notes/b\"" <<-'END'
		static int call(int number, long a, long b, long c)
		{
			int r;
			__asm__ volatile("int $0x80" : "=a"(r) : "0"(number), "b"(a), "c"(b), "d"(c) : "memory");
			return r;
		}
		void _start(void)
		{
			static unsigned char address[16] = {2, 0, 0x12, 0x34, 192, 168, 255, 254};
			static long arguments[3];
			int fd = call(5, (long)PATH, 0, 0), other = call(295, -100, (long)OTHER, 0);
			long how[3] = {2, 2, 0};
			arguments[0] = call(102, 1, (long)how, 0);
			arguments[1] = (long)address;
			arguments[2] = 16;
			call(102, 3, (long)arguments, 0);
			call(1, fd < 0 || other < 0, 0, 0);
		}
	END
	echo seen >~/notes/b
	./reader || skip "no 32-bit programs here"
	run -0 learn ./reader
	says 'ro = ~/notes/a?' 'ro = ~/notes/b?' 'mode = lan'
	grep -q 192.168.255.254:4660 "$P"
}

@test "git: a clone, a commit" {
	command -v git >/dev/null || skip "no git"
	export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
	git init -q origin
	git -C origin config user.email a@b
	git -C origin config user.name a
	echo x >origin/file
	git -C origin add file
	git -C origin commit -qm x
	run -0 learn git clone -q origin copy
	says 'use = project'
	rm -rf copy
	run -0 again git clone -q origin copy
	[ "$(cat copy/file)" = x ]
	# As a user who has settings of his own.
	printf '[user]\n\tname = me\n\temail = me@x\n' >~/.gitconfig
	cd copy
	echo y >file
	run -0 learn git commit -qam y
	says 'use = git-config' 'use = project'
	echo z >file
	run -0 again git commit -qam z
	[ "$(git log -1 --format=%an)" = me ]
}

@test "python, gcc and make" {
	command -v gcc >/dev/null && command -v make >/dev/null || skip "no gcc or make"
	printf '#include <stdio.h>\nint main(void)\n{\n\treturn puts("made") < 0;\n}\n' >main.c
	printf 'main: main.o\n\tgcc -o $@ main.o\nmain.o: main.c\n\tgcc -c -o $@ main.c\nclean:\n\trm -f main main.o\n' >Makefile
	run -0 learn make -s
	says 'use = project'
	rm main main.o
	run -0 again make -s
	[ "$(./main)" = made ]
	echo 'import json; print(json.dumps([1]))' >program.py
	run -0 learn python3 program.py
	run -0 again python3 program.py
	[ "$output" = "[1]" ]
}

@test "the network: none, its own loopback, a service of this machine, and beyond" {
	run -0 learn python3 -c 'pass'
	silent mode
	script program.py <<-'END'
		import socket
		s = socket.create_server(("127.0.0.1", 0))
		socket.create_connection(s.getsockname())
	END
	run -0 learn python3 "$T/program.py"
	silent mode
	script program.py <<-'END'
		import socket
		s = socket.socket(type=socket.SOCK_DGRAM)
		try: s.connect(("192.168.77.1", 9))
		except OSError: pass
	END
	run -0 learn python3 "$T/program.py"
	says 'mode = lan'
	script program.py <<-'END'
		import socket
		s = socket.socket(type=socket.SOCK_DGRAM)
		try: s.connect(("203.0.113.9", 9))
		except OSError: pass
	END
	run -0 learn python3 "$T/program.py"
	says 'mode = internet'
	grep -q '^# the public address 203.0.113.9:9/udp, 1 times, by python3' "$P"
}

@test "curl on a server of this machine: host-port, and it works again" {
	command -v curl >/dev/null || skip "no curl"
	mkdir served
	echo page >served/page
	python3 -u -m http.server --bind 127.0.0.1 --directory served 0 >server.out 2>&1 3>&- &
	server=$!
	for ((i = 0; i < 500; i++)); do grep -q 'port [0-9]' server.out && break; sleep 0.01; done
	port=$(grep -o 'port [0-9]*' server.out | grep -o '[0-9]*')
	run -0 learn curl -s "http://127.0.0.1:$port/page"
	[ "$output" = page ]
	says "host-port = $port"
	if "$HUTCH" run --net internet true 2>/dev/null; then
		run -0 again curl -s --noproxy '*' "http://127.0.0.1:$port/page"
		[ "$output" = page ]
	fi
	kill "$server"
}

@test "what listens for others is said, not granted" {
	run -0 learn python3 -c 'import socket; socket.create_server(("0.0.0.0", 0)); s = socket.socket(); s.bind(("0.0.0.0", 47123))'
	says '# publish = 47123'
	silent publish
}

@test "sockets of other programs are said with a warning" {
	script program.py <<-'END'
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX); s.bind(os.environ["HOME"] + "/door"); s.listen(9)
		open("ready", "w").close()
		while True: s.accept()
	END
	python3 "$T/program.py" 3>&- &
	server=$!
	for ((i = 0; i < 500; i++)); do [ -e ready ] && break; sleep 0.01; done
	script program.py <<-'END'
		import os, socket
		s = socket.socket(socket.AF_UNIX); s.connect(os.environ["HOME"] + "/door")
	END
	run -0 learn python3 "$T/program.py"
	kill "$server"
	silent door
	says '# ro = ~/door?'
	grep -q '^# warning: sockets of other programs' "$P"
}

@test "message buses: words, own names and calls; what does anything for whoever asks is a comment" {
	for program in dbus-run-session gdbus xdg-dbus-proxy; do
		command -v $program >/dev/null || skip "no $program"
	done
	cat >talk <<-'END'
		call() { gdbus call --session -d "$1" -o "$2" -m "$3" "${@:4}"; }
		call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.RequestName org.test.Mine 0
		call org.test.Other /org/test org.test.Face.Do
		call org.freedesktop.ScreenSaver /org/freedesktop/ScreenSaver org.freedesktop.ScreenSaver.Inhibit a b
		call org.kde.StatusNotifierWatcher /x org.test.Face.Do
		true
	END
	run -0 dbus-run-session -- "$HUTCH" learn --write "$P" -- bash talk
	[[ "$output" == *"(uint32 1,)"* ]]
	says 'session.own = org.test.Mine' 'session.call = org.test.Other=org.test.Face.*' 'use = stay-awake' \
		'# session.call = org.kde.StatusNotifierWatcher=org.test.Face.*'
	silent 'org.test.Face.\* *$.*StatusNotifier'
	"$HUTCH" profile check "$P"
	run -0 dbus-run-session -- "$HUTCH" run --profile "$P" -- bash talk
	[[ "$output" == *"(uint32 1,)"* ]]
	# The sockets are gone.
	[ -z "$(find "$T/runtime" -name 'hutch-learn*')" ]
}

@test "what passes over a bus passes whole: long messages, descriptors, many connections" {
	command -v dbus-run-session >/dev/null && command -v gdbus >/dev/null || skip "no dbus"
	cat >talk <<-'END'
		long=$(printf '%0200000d' 0)
		for i in 1 2 3 4 5 6 7 8; do
			gdbus call --session -d org.freedesktop.DBus -o /org/freedesktop/DBus \
				-m org.freedesktop.DBus.NameHasOwner "org.x$i" &
		done
		wait
		gdbus emit --session -o /x -s org.test.Face.Sign "'${long:0:100000}'" && echo emitted
	END
	run -0 dbus-run-session -- "$HUTCH" learn --write "$P" -- bash talk
	[ "$(grep -c '^(false,)$' <<<"$output")" -eq 8 ]
	[[ "$output" == *emitted* ]]
}

@test "system calls that the default policy denies choose another, or are said" {
	# ptrace is what debuggers do; the policy dev allows it.
	script program.py <<-'END'
		import ctypes
		ctypes.CDLL(None).ptrace(0, 0, 0, 0)
	END
	run -0 learn python3 "$T/program.py"
	says 'policy = dev'
	run -0 again true
}

@test "what is in a sandbox of the program's own, or can't be looked into, is counted as unseen" {
	command -v unshare >/dev/null && unshare -Ur true 2>/dev/null || skip "no unshare"
	mkdir ~/notes
	echo x >~/notes/a
	run -0 learn unshare -Urm sh -c 'cat ~/notes/a'
	says 'use = nested-sandbox'
	silent notes
	grep -q '^# not seen: [1-9][0-9]* calls in a sandbox that the program made itself$' "$P"
	[ "$(id -u)" -ne 0 ] || return 0
	script program.py <<-'END'
		import ctypes, os
		ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
		open(os.environ["HOME"] + "/notes/a").read()
	END
	run -0 learn python3 "$T/program.py"
	silent notes
	grep -q '^# not seen: [1-9][0-9]* calls of processes that can.t be looked into$' "$P"
}

@test "a file of the command line that is written to" {
	mkdir ~/texts
	echo x >~/texts/a
	run -0 learn sh -c 'echo y >>"$1"' sh ~/texts/a
	says 'arguments = rw'
	run -0 again sh -c 'echo z >>"$1"' sh ~/texts/a
	[ "$(cat ~/texts/a)" = $'x\ny\nz' ]
	run -0 learn sh -c 'echo y >"$1.new"; mv "$1.new" "$1"' sh ~/texts/a
	says 'arguments = rw-directory'
}

@test "files without a name, and files written where they are" {
	mkdir ~/box ~/place
	echo 1 >~/place/file
	script program.py <<-'END'
		import os
		home = os.environ["HOME"]
		os.close(os.open(home + "/box", os.O_TMPFILE | os.O_RDWR))
		with open(home + "/place/file", "r+") as f:
		    f.write("2")
	END
	run -0 learn python3 "$T/program.py"
	says 'rw = ~/box' 'rw = ~/place/file'
	run -0 again python3 "$T/program.py"
	[ "$(cat ~/place/file)" = 2 ]
}

@test "a directory that is gone into and not used is an empty one" {
	mkdir ~/there
	echo secret >~/there/file
	run -0 learn sh -c 'cd ~/there && pwd'
	says 'tmpfs = ~/there'
	run -0 again sh -c 'cd ~/there && ls'
	[ -z "$output" ]
}

@test "a word of the user's own is proposed like any other" {
	mkdir -p ~/.config/hutch/words ~/things
	printf '[profile]\ndescription = My things\nexposes = them\n[filesystem]\nro = ~/things?\n' >~/.config/hutch/words/things.profile
	echo x >~/things/a
	run -0 learn cat ~/things/a /dev/null
	# The command line names it, so it is shared anyway.
	silent things
	run -0 learn sh -c 'cat ~/things/a'
	says 'use = things' '# My things' '# exposes: them'
	silent 'ro = ~/things'
	run -0 again sh -c 'cat ~/things/a'
	# One with which a program gets out is said, and no more.
	echo 'escape = whoever has them has all' >escape
	sed -i '/^exposes/r escape' ~/.config/hutch/words/things.profile
	run -0 learn sh -c 'cat ~/things/a'
	says '# use = things' '# warning: whoever has them has all'
	silent 'things'
}

@test "what is not there, and what may not be read, leaves no line" {
	mkdir ~/d
	run -0 learn sh -c 'cat ~/d/missing ~/.missing /nowhere/x 2>/dev/null; true'
	silent 'missing\|nowhere'
}

@test "learning changes nothing for the program: same files, same ids, no descriptor more" {
	python3 -c 'import os; print(os.getuid(), os.getcwd(), sorted(os.listdir("/proc/self/fd")))' >plain
	"$HUTCH" learn --write "$P" -- python3 -c 'import os; print(os.getuid(), os.getcwd(), sorted(os.listdir("/proc/self/fd")))' >learnt
	diff plain learnt
}
