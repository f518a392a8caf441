#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch-bwrap: bubblewrap's command line, one test a family of options; its own tests are in tests/peers.

bats_require_minimum_version 1.5.0

setup() {
	BWRAP=$(dirname "$HUTCH")/hutch-bwrap
	"$BWRAP" --unshare-user --ro-bind / / true 2>/dev/null || skip "no user namespaces here (hutch doctor)"
	T=$(mktemp -d /var/tmp/hutch-bwrap.XXXXXX)
	chmod 0755 "$T"
	# Sandboxes below cover /tmp, and start it again inside
	if [[ "$BWRAP" == /tmp/* ]]; then
		PROGRAM=$(mktemp -d /var/tmp/hutch-bwrap.XXXXXX)
		chmod 0755 "$PROGRAM"
		cp "$HUTCH" "$PROGRAM/hutch-bwrap"
		BWRAP=$PROGRAM/hutch-bwrap
	fi
	cd "$T"
	box=("$BWRAP" --unshare-user --ro-bind / / --tmpfs /tmp)
}

teardown() {
	cd /
	chmod -R u+rwX "$T" 2>/dev/null || true
	[ -z "$T" ] || rm -rf "$T"
	[ -z "${PROGRAM:-}" ] || rm -rf "$PROGRAM"
}

# refuses MESSAGE COMMAND…: exit status 1, nothing on standard output, that one message
refuses() {
	local message=$1
	shift
	run --separate-stderr "$@"
	[ "$status" -eq 1 ] || { echo "status $status: $*"; return 1; }
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "bwrap: $message" ] || { echo "$stderr"; return 1; }
}

# gives TEXT COMMAND…: that is its output, and it succeeds
gives() {
	local expected=$1
	shift
	run --separate-stderr "$@"
	[ "$status" -eq 0 ] || { echo "status $status: $stderr"; return 1; }
	[ "$output" = "$expected" ] || { echo "$output"; return 1; }
}

# within SECONDS COMMAND…: it comes true in that time
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		[ $SECONDS -le $end ] || { echo "not in time: $*"; return 1; }
		sleep 0.05
	done
}

child_of() {
	sed -n 's/.*"child-pid": \([0-9]*\).*/\1/p' "$1" | head -1
}

@test "--help, --version, no command, an unknown option" {
	run -0 "$BWRAP" --help
	[[ "${lines[0]}" == "usage: $BWRAP "* && "$output" == *"--argv0"* ]]
	run -0 "$BWRAP" --version
	[[ "$output" == "bubblewrap "* ]]
	run -1 --separate-stderr "$BWRAP"
	[[ -z "$output" && "$stderr" == "usage: "* ]]
	run -1 --separate-stderr "$BWRAP" --ro-bind / /
	[[ -z "$output" && "$stderr" == "usage: "* ]]
	refuses "Unknown option --bogus" "$BWRAP" --bogus true
	ln -s "$HUTCH" bwrap
	run -0 ./bwrap --version
	[[ "$output" == "bubblewrap "* ]]
}

@test "exit statuses: the program's own, 128 and the signal, 1 for every failure" {
	run -42 "${box[@]}" sh -c 'exit 42'
	run -143 "${box[@]}" sh -c 'kill -TERM $$'
	run -137 "${box[@]}" --unshare-pid sh -c 'kill -KILL $$'
	run -125 "${box[@]}" --unshare-pid sh -c 'exit 125'
	refuses "execvp nothing-of-that-name: No such file or directory" "${box[@]}" nothing-of-that-name
	refuses "execvp /: Permission denied" "${box[@]}" --unshare-pid /
	refuses "Can't find source path /nothing: No such file or directory" "${box[@]}" --bind /nothing /x true
}

@test "messages have their severity in front with --level-prefix" {
	run --separate-stderr "${box[@]}" --level-prefix --chdir / --chdir /nothing true
	[ "${stderr_lines[0]}" = "<4>bwrap: Only the last --chdir option will take effect" ]
	[ "${stderr_lines[1]}" = "<3>bwrap: Can't chdir to /nothing: No such file or directory" ]
}

@test "operations on files are carried out in the order given" {
	mkdir a b
	touch a/in-a b/in-b
	gives in-b "${box[@]}" --bind "$T/a" /tmp/x --bind "$T/b" /tmp/x ls /tmp/x
	gives in-a "${box[@]}" --bind "$T/b" /tmp/x --bind "$T/a" /tmp/x ls /tmp/x
	gives "" "${box[@]}" --bind "$T/a" /tmp/x --tmpfs /tmp/x ls /tmp/x
	gives new "${box[@]}" --dir /tmp/x --tmpfs /tmp/x --dir /tmp/x/new ls /tmp/x
	# A later root hides what came before
	gives in-a "$BWRAP" --unshare-user --tmpfs /gone --ro-bind / / ls "$T/a"
	run ! "$BWRAP" --unshare-user --tmpfs /gone --ro-bind / / ls -d /gone
	gives / "$BWRAP" --unshare-user --tmpfs /gone --ro-bind / / sh -c 'awk "\$5 == \"/\" { print \$4 }" /proc/self/mountinfo'
	refuses "Can't mkdir /tmp/x/y: Read-only file system" \
		"${box[@]}" --tmpfs /tmp/x --remount-ro /tmp/x --dir /tmp/x/y true
}

@test "--bind, --ro-bind, --dev-bind and their -try forms" {
	mkdir d
	"${box[@]}" --bind "$T/d" /tmp/d touch /tmp/d/made
	[ -e d/made ]
	run -1 "${box[@]}" --ro-bind "$T/d" /tmp/d touch /tmp/d/other
	[ ! -e d/other ]
	gives "rw,nosuid,nodev ro,nosuid,nodev rw,nosuid" \
		"${box[@]}" --bind "$T/d" /tmp/1 --ro-bind "$T/d" /tmp/2 --dev-bind "$T/d" /tmp/3 sh -c \
		'awk "\$5 ~ \"^/tmp/[123]\" { sub(\",relatime.*\", \"\", \$6); print \$5, \$6 }" /proc/self/mountinfo |
			sort | cut -d" " -f2 | xargs'
	"${box[@]}" --dev-bind /dev/null /tmp/null sh -c 'echo x >/tmp/null'
	run ! "${box[@]}" --bind /dev/null /tmp/null sh -c 'echo x >/tmp/null'
	for option in --bind-try --ro-bind-try --dev-bind-try; do
		gives "" "${box[@]}" "$option" /nothing /tmp/x ls /tmp
		gives x "${box[@]}" "$option" /etc /tmp/x ls /tmp
	done
	refuses "Can't bind mount /etc on /tmp/f: existing destination is not a directory" \
		"${box[@]}" --file 9 /tmp/f --bind /etc /tmp/f true 9</dev/null
}

@test "a read-only bind is so with what is mounted below it" {
	"$BWRAP" --unshare-user --uid 0 --cap-add ALL --dev-bind / / --tmpfs /tmp --tmpfs /tmp/a --tmpfs /tmp/a/b \
		"$BWRAP" --ro-bind / / sh -c '! touch /tmp/a/b/x 2>/dev/null'
}

@test "--bind-fd and --ro-bind-fd: what is open, wherever it is" {
	mkdir d
	touch d/file
	gives file "${box[@]}" --bind-fd 9 /tmp/x ls /tmp/x 9<d
	run -1 "${box[@]}" --ro-bind-fd 9 /tmp/x touch /tmp/x/new 9<d
	gives file "${box[@]}" --bind /proc/self/fd/9 /tmp/x ls /tmp/x 9<d
	# The descriptor does not stay
	run ! "${box[@]}" --bind-fd 9 /tmp/x ls /proc/self/fd/9 9<d
	refuses "Invalid fd: 9" "${box[@]}" --bind-fd 9 /tmp/x true
}

@test "--file, --bind-data, --ro-bind-data, --perms" {
	gives "text 666" "${box[@]}" --file 9 /tmp/f sh -c 'echo $(cat /tmp/f) $(stat -c %a /tmp/f)' 9<<<text
	gives "text 640" "${box[@]}" --perms 0640 --file 9 /tmp/f sh -c 'echo $(cat /tmp/f) $(stat -c %a /tmp/f)' 9<<<text
	gives "text 600" "${box[@]}" --bind-data 9 /tmp/f sh -c 'echo $(cat /tmp/f) $(stat -c %a /tmp/f)' 9<<<text
	gives "more" "${box[@]}" --bind-data 9 /tmp/f sh -c 'echo more >/tmp/f; cat /tmp/f' 9<<<text
	run ! "${box[@]}" --ro-bind-data 9 /tmp/f sh -c 'echo more >/tmp/f' 9<<<text
	# The same descriptor twice
	gives "texttext" "${box[@]}" --file 9 /tmp/f --ro-bind-data 9 /tmp/g sh -c 'printf %s $(cat /tmp/f) $(cat /tmp/g)' 9<<<text
	head -c 3000000 /dev/urandom >big
	gives "$(sha256sum <big)" "${box[@]}" --ro-bind-data 9 /tmp/f sh -c 'sha256sum </tmp/f' 9<big
}

@test "--dir, --tmpfs, --chmod, --symlink, and what --perms and --size make of them" {
	gives "755 711 1777 700" "${box[@]}" --dir /tmp/a --perms 0711 --dir /tmp/b --perms 1777 --tmpfs /tmp/c \
		--dir /tmp/d --chmod 0700 /tmp/d sh -c 'cd /tmp; echo $(stat -c %a a b c d)'
	gives "755 750 700" "${box[@]}" --dir /tmp/a/x --perms 0740 --dir /tmp/b/x --perms 0 --dir /tmp/c/x \
		sh -c 'cd /tmp; echo $(stat -c %a a b c)'
	gives "64" "${box[@]}" --size 65536 --tmpfs /tmp/x sh -c 'df --output=size -k /tmp/x | tail -1 | tr -d " "'
	gives "target" "${box[@]}" --symlink target /tmp/l --symlink target /tmp/l readlink /tmp/l
	refuses "Can't make symlink at /tmp/l: existing destination is a" \
		"${box[@]}" --symlink a /tmp/l --symlink b /tmp/l true
	refuses "Can't chmod 0700 /tmp/nothing: No such file or directory" \
		"${box[@]}" --chmod 0700 /tmp/nothing true
}

@test "--proc, --dev, --mqueue" {
	gives "/proc/1" "${box[@]}" --unshare-pid --proc /proc --as-pid-1 sh -c 'echo /proc/[0-9]*'
	gives "null zero full random urandom tty" "${box[@]}" --dev /tmp/dev sh -c \
		'cd /tmp/dev; for name in null zero full random urandom tty; do test -c $name && echo $name; done | xargs'
	gives "/proc/self/fd pts/ptmx 755" "${box[@]}" --dev /tmp/dev sh -c \
		'cd /tmp/dev; echo $(readlink fd) $(readlink ptmx) $(stat -c %a shm)'
	"${box[@]}" --proc /proc --dev /dev python3 -c 'import os; os.openpty()'
	gives mqueue "${box[@]}" --unshare-ipc --mqueue /tmp/q stat -f -c %T /tmp/q
}

@test "overlays: written to the host, to memory, not at all" {
	mkdir low high rw work
	echo low >low/file
	echo low >low/both
	echo high >high/both
	"${box[@]}" --overlay-src "$T/low" --tmp-overlay /tmp/o true 2>/dev/null || skip "no overlays in user namespaces here"
	gives "low high" "${box[@]}" --overlay-src "$T/low" --overlay-src "$T/high" --tmp-overlay /tmp/o \
		sh -c 'cd /tmp/o; touch new; echo $(cat file both)'
	[ ! -e low/new ]
	[ ! -e high/new ]
	gives "high low" "${box[@]}" --overlay-src "$T/high" --overlay-src "$T/low" --ro-overlay /tmp/o \
		sh -c 'cd /tmp/o; ! touch new 2>/dev/null; echo high $(cat both)'
	"${box[@]}" --bind "$T" "$T" --overlay-src "$T/low" --overlay "$T/rw" "$T/work" /tmp/o \
		sh -c 'cd /tmp/o; echo new >new; rm file' || {
		stat -f -c %T "$T" | grep -q overlay && skip "this file system can't be the upper one"
		false
	}
	[ "$(cat rw/new)" = new ]
	# Names that mean something to overlayfs
	mkdir 'a:b,c\d'
	touch 'a:b,c\d/x'
	gives x "${box[@]}" --overlay-src "$T/a:b,c\\d" --tmp-overlay /tmp/o ls /tmp/o
	refuses "--overlay requires at least one --overlay-src" "${box[@]}" --overlay "$T/rw" "$T/work" /tmp/o true
}

@test "namespaces: each new one, all, and the network kept" {
	for kind in ipc net pid uts cgroup; do
		run -0 "${box[@]}" "--unshare-$kind" readlink /proc/self/ns/$kind
		case $kind in
		pid) [ "$output" != "$(readlink /proc/self/ns/pid)" ] || [ -n "$output" ] ;;
		*) [ "$output" != "$(readlink /proc/self/ns/$kind)" ] ;;
		esac
	done
	run -0 "${box[@]}" readlink /proc/self/ns/net
	[ "$output" = "$(readlink /proc/self/ns/net)" ]
	gives lo "${box[@]}" --unshare-all sh -c 'cat /proc/net/dev | sed -n "s/^ *\(.*\):.*/\1/p"'
	gives "$(readlink /proc/self/ns/net)" "${box[@]}" --unshare-all --share-net readlink /proc/self/ns/net
	gives up "${box[@]}" --unshare-net python3 -c '
import socket
s = socket.create_server(("127.0.0.1", 0))
socket.create_connection(s.getsockname())
print("up")'
	gives some-name "${box[@]}" --unshare-uts --hostname some-name uname -n
}

@test "--uid, --gid" {
	gives "12 13" "${box[@]}" --uid 12 --gid 13 sh -c 'echo $(id -u) $(id -g)'
	gives "12 13" "${box[@]}" --uid 12 --gid 13 --dev /dev --proc /proc sh -c 'echo $(id -u) $(id -g)'
	gives "0" "${box[@]}" --uid 0 id -u
	gives "$(id -u) $(id -g)" "${box[@]}" sh -c 'echo $(id -u) $(id -g)'
	refuses "Invalid uid: 1abc" "${box[@]}" --uid 1abc true
}

@test "--setenv, --unsetenv, --clearenv, PWD" {
	export ONE=1 TWO=2
	gives "uno " "${box[@]}" --setenv ONE uno --unsetenv TWO sh -c 'echo "$ONE $TWO"'
	gives "PWD=$T" "${box[@]}" --setenv ONE lost --clearenv env
	gives "THREE=3 PWD=$T" "${box[@]}" --clearenv --setenv THREE 3 sh -c 'echo $(env | grep -v _=)'
	gives "1" "${box[@]}" sh -c 'echo "$ONE"'
	printf '#!/bin/sh\necho found\n' >prog
	chmod +x prog
	gives found "${box[@]}" --setenv PATH "$T" prog
}

@test "the working directory: --chdir, the caller's, home, the root" {
	mkdir home
	gives "$T $T" "${box[@]}" sh -c 'echo $(pwd) $PWD'
	gives "/etc /etc" "${box[@]}" --chdir /etc sh -c 'echo $(pwd) $PWD'
	bare=("$BWRAP" --unshare-user --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin)
	[ ! -L /bin ] && skip "/bin is no link here"
	gives "/" "${bare[@]}" sh -c 'echo $PWD'
	gives "/h" "${bare[@]}" --dir /h --setenv HOME /h sh -c 'echo $PWD'
	refuses "Can't chdir to /nothing: No such file or directory" "${box[@]}" --chdir /nothing true
	# A descriptor of the caller is no way out
	run -1 "${box[@]}" --chdir /proc/self/fd/9 true 9</
}

@test "--args, --argv0, --" {
	printf -- '--setenv\0A\0from file\0--dir\0/tmp/x\0' >arguments
	gives "from file x" "${box[@]}" --args 9 sh -c 'echo "$A" $(ls /tmp)' 9<arguments
	gives "name" "${box[@]}" --argv0 name sh -c 'echo $0'
	refuses "execvp --dir: No such file or directory" "${box[@]}" -- --dir /tmp/x
	gives "--dir" "${box[@]}" echo --dir
}

@test "--info-fd and --json-status-fd tell who it is and how it ended" {
	"${box[@]}" --unshare-all --info-fd 8 --json-status-fd 9 sh -c 'exit 7' 8>info 9>status || [ $? -eq 7 ]
	python3 - <<-'END'
		import json
		info = json.load(open("info"))
		first, last = [json.loads(line) for line in open("status")]
		assert info == first, (info, first)
		assert last == {"exit-code": 7}, last
		assert info["child-pid"] > 1
		assert set(info) >= {"child-pid", "mnt-namespace", "net-namespace", "pid-namespace"}, info
	END
	"${box[@]}" --unshare-net --info-fd 8 readlink /proc/self/ns/net >net 8>info
	grep -q "\"net-namespace\": $(tr -dc 0-9 <net)" info
	run -1 "${box[@]}" --json-status-fd 9 nothing-of-that-name 9>status
	! grep exit-code status || false
	run -143 "${box[@]}" --unshare-pid --json-status-fd 9 sh -c 'kill $$' 9>status
	grep -q '{ "exit-code": 143 }' status
}

@test "--block-fd, --sync-fd" {
	mkfifo gate
	"${box[@]}" --bind "$T" "$T" --block-fd 9 --info-fd 8 touch "$T/ran" 9<>gate 8>info 3>&- &
	within 5 test -s info
	sleep 0.2
	[ ! -e ran ]
	echo >gate
	wait $!
	[ -e ran ]
	# It is open as long as anything runs, and not the program's
	python3 - "${box[@]}" <<-'END'
		import os, subprocess, sys, time
		for more in [], ["--unshare-pid"]:
		    read, write = os.pipe()
		    start = time.monotonic()
		    subprocess.run(sys.argv[1:] + more + ["--sync-fd", str(write), "sh", "-c",
		        f"test ! -e /proc/self/fd/{write} && sleep 0.5"], pass_fds=[write], check=True)
		    os.close(write)
		    assert os.read(read, 1) == b""
		    assert time.monotonic() - start > 0.4
	END
}

@test "--userns-block-fd: another maps the ids" {
	grep -q "^$(id -un):" /etc/subuid 2>/dev/null && command -v newuidmap >/dev/null || skip "no range of ids here"
	first=$(sed -n "s/^$(id -un):\([0-9]*\):.*/\1/p" /etc/subuid | head -1)
	mkfifo gate
	"${box[@]}" --uid 0 --gid 0 --cap-add ALL --unshare-pid --userns-block-fd 9 --info-fd 8 cat /proc/self/uid_map >map 9<>gate 8>info 3>&- &
	within 5 grep -q '}' info
	pid=$(child_of info)
	newuidmap "$pid" 0 "$(id -u)" 1 1 "$first" 1000
	newgidmap "$pid" 0 "$(id -g)" 1
	echo >gate
	wait $!
	[ "$(awk '{ print $1, $2, $3 }' map)" = "$(printf '0 %s 1\n1 %s 1000' "$(id -u)" "$first")" ]
}

@test "--userns, --userns2, --pidns: namespaces of another" {
	mkfifo gate
	"${box[@]}" --unshare-pid --info-fd 8 sh -c 'readlink /proc/self/ns/user /proc/self/ns/pid >&7; read line <&9' 7>theirs 8>info 9<>gate 3>&- &
	within 5 test -s theirs
	pid=$(child_of info)
	boxed=("$BWRAP" --ro-bind / / --tmpfs /tmp)
	run -0 "${boxed[@]}" --userns 8 --pidns 9 --proc /proc sh -c 'readlink /proc/self/ns/user /proc/self/ns/pid' \
		8<"/proc/$pid/ns/user" 9<"/proc/$pid/ns/pid"
	[ "$(sed -n 1p theirs)" = "${lines[0]}" ]
	run -3 "${boxed[@]}" --userns 8 --pidns 9 --unshare-pid --proc /proc --info-fd 7 sh -c 'exit 3' \
		7>below 8<"/proc/$pid/ns/user" 9<"/proc/$pid/ns/pid"
	grep -q pid-namespace below
	gives 1 "${boxed[@]}" --userns 8 --pidns 9 --unshare-pid --as-pid-1 --proc /proc sh -c 'echo $$' \
		8<"/proc/$pid/ns/user" 9<"/proc/$pid/ns/pid"
	echo >gate
	wait
	refuses "--userns not compatible --unshare-user" "${box[@]}" --userns 9 true 9</proc/self/ns/user
}

@test "--disable-userns, --assert-userns-disabled" {
	run ! "${box[@]}" --disable-userns "$BWRAP" --unshare-user --ro-bind / / true
	"${box[@]}" --disable-userns "$BWRAP" --version
	"${box[@]}" --disable-userns sh -c '! unshare -U true 2>/dev/null'
	"${box[@]}" unshare -U true
	refuses "creation of new user namespaces was not disabled as requested" "${box[@]}" --assert-userns-disabled true
	[ "$(id -u)" -eq 0 ] || refuses "--disable-userns requires --unshare-user" "$BWRAP" --disable-userns --ro-bind / / true
}

@test "capabilities: none, those asked for, those dropped" {
	caps() { "$@" sed -n 's/^Cap\(Prm\|Eff\|Bnd\|Amb\|Inh\):\t*0*//p' /proc/self/status | sort -u | xargs; }
	[ "$(caps "${box[@]}" --cap-drop ALL)" = "" ]
	[ "$(caps "${box[@]}" --cap-drop ALL --cap-add CAP_KILL)" = 20 ]
	[ "$(caps "${box[@]}" --uid 7 --cap-drop ALL --cap-add CAP_KILL --cap-add CAP_CHOWN --cap-drop CAP_KILL)" = 1 ]
	# What they are good for: the mounts are the program's own
	"${box[@]}" --uid 0 --cap-add ALL mount -t tmpfs none /tmp
	run ! "${box[@]}" --uid 0 --cap-drop ALL mount -t tmpfs none /tmp
	gives 1 "${box[@]}" sed -n 's/NoNewPrivs:\t//p' /proc/self/status
	refuses "unknown cap: CAP_BOGUS" "${box[@]}" --cap-add CAP_BOGUS true
}

@test "--seccomp, --add-seccomp-fd: programs as they are read" {
	python3 - <<-'END'
		import struct
		deny = lambda number, code: struct.pack("HBBI", 0x20, 0, 0, 0) + struct.pack("HBBI", 0x15, 0, 1, number) + \
		    struct.pack("HBBI", 6, 0, 0, 0x50000 | code) + struct.pack("HBBI", 6, 0, 0, 0x7fff0000)
		import platform
		mkdirs = {"x86_64": (83, 258), "aarch64": (34, 34)}[platform.machine()]
		for name, number in zip(("mkdir", "mkdirat"), mkdirs):
		    open(name, "wb").write(deny(number, 99))
		open("seccomp", "wb").write(deny({"x86_64": 317, "aarch64": 277}[platform.machine()], 1))
	END
	"${box[@]}" --add-seccomp-fd 8 --add-seccomp-fd 9 sh -c '! mkdir /tmp/x 2>/dev/null' 8<mkdir 9<mkdirat
	"${box[@]}" sh -c 'mkdir /tmp/x'
	gives 2 "${box[@]}" --seccomp 9 sed -n 's/Seccomp:\t//p' /proc/self/status 9<mkdir
	gives 0 "${box[@]}" sed -n 's/Seccomp:\t//p' /proc/self/status
	# The first lets the next be loaded by prctl(2) alone
	gives 2 "${box[@]}" --add-seccomp-fd 8 --add-seccomp-fd 9 sed -n 's/Seccomp_filters:\t//p' /proc/self/status 8<seccomp 9<mkdir
	head -c 9 /dev/zero >odd
	refuses "Invalid seccomp data, must be multiple of 8" "${box[@]}" --seccomp 9 true 9<odd
}

@test "--new-session, --lock-file, labels" {
	gives "yes" "${box[@]}" --new-session python3 -c 'import os; print("yes" if os.getsid(0) == os.getpid() else "no")'
	gives "$(ps -o sid= $$ | tr -d ' ')" "${box[@]}" python3 -c 'import os; print(os.getsid(0))'
	touch lock
	python3 - "${box[@]}" <<-'END'
		import fcntl, subprocess, sys, time
		box = sys.argv[1:]
		running = subprocess.Popen(box + ["--unshare-pid", "--lock-file", "lock", "sh", "-c", "echo; exec sleep 9"], stdout=subprocess.PIPE)
		running.stdout.readline()
		with open("lock", "r+") as lock:
		    try:
		        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
		        sys.exit("not locked")
		    except OSError:
		        pass
		running.kill()
	END
	refuses "Unable to open lock file /nothing: No such file or directory" "${box[@]}" --lock-file /nothing true
	refuses "labeling not supported on this system" "${box[@]}" --exec-label x true
	refuses "labeling not supported on this system" "${box[@]}" --file-label x true
}

@test "--as-pid-1; else pid 1 is not the program's" {
	gives 1 "${box[@]}" --unshare-pid --as-pid-1 sh -c 'echo $$'
	gives 2 "${box[@]}" --unshare-pid sh -c 'echo $$'
	refuses "Specifying --as-pid-1 requires --unshare-pid" "${box[@]}" --as-pid-1 true
}

# gone PID: it ends soon
gone() {
	within 5 sh -c "! kill -0 $1"
}

@test "what the program leaves behind goes on" {
	box+=(--bind "$T" "$T" --dev /dev)
	"${box[@]}" --unshare-pid --info-fd 8 sh -c 'sleep 60 & echo' 8>info
	child=$(child_of info)
	sleep 0.2
	kill -0 "$child"
	kill -KILL "$child"
	gone "$child"
	"${box[@]}" sh -c 'sleep 60 & echo $! >pid'
	sleep 0.2
	kill -KILL "$(cat pid)"
}

@test "--die-with-parent: nothing is left behind, nor when the caller is killed" {
	box+=(--bind "$T" "$T" --dev /dev --die-with-parent)
	"${box[@]}" --unshare-pid --info-fd 8 sh -c 'sleep 60 & echo' 8>info
	gone "$(child_of info)"
	for more in "" --unshare-pid "--unshare-pid --as-pid-1" "--lock-file /etc/passwd"; do
		rm -f info
		sh -c '"$@" & echo $! >launcher; sleep 60' sh "${box[@]}" $more --info-fd 8 sh -c 'echo $$ >pid; exec sleep 60' \
			8>info 3>&- &
		caller=$!
		within 5 test -s pid
		within 5 grep -q '}' info
		kill -KILL "$caller"
		gone "$(cat launcher)"
		gone "$(child_of info)"
		[ -n "$more" ] || gone "$(cat pid)"
	done
}

@test "descriptors, limits, umask and signals are the caller's" {
	gives "open" "${box[@]}" sh -c 'test -e /proc/self/fd/9 && echo open' 9</dev/null
	gives "77 0027" bash -c 'ulimit -Sn 77; umask 0027; "$@"' bash "${box[@]}" sh -c 'echo $(ulimit -Sn) $(umask)'
	gives "0000000000000001" bash -c 'trap "" HUP; "$@"' bash "${box[@]}" sed -n 's/SigIgn:\t//p' /proc/self/status
	# An ignored SIGCHLD would take the status away
	run -5 bash -c 'trap "" CHLD; "$@"' bash "${box[@]}" sh -c 'exit 5'
}

@test "pid 1 tells nothing and can't be traced, whatever capabilities the program has" {
	trace='import ctypes; libc = ctypes.CDLL(None); print(libc.ptrace(16, 1, 0, 0))'
	export SECRET=of-the-caller
	for more in "--cap-drop ALL" "--uid 7 --cap-drop ALL --dev /dev" "--cap-add CAP_NET_ADMIN" "--uid 0 --cap-add ALL --cap-drop CAP_SYS_PTRACE"; do
		[ "$(id -u)" -ne 0 ] || [[ $more == *drop* ]] || continue
		gives -1 timeout 20 "${box[@]}" --unshare-pid --proc /proc $more python3 -c "$trace"
		run ! "${box[@]}" --unshare-pid --clearenv --proc /proc $more sh -c 'cat /proc/1/environ /proc/1/cmdline' 
		[[ "$output" != *of-the-caller* && "$output" != *box* ]]
	done
	run "${box[@]}" --unshare-pid --proc /proc --cap-add ALL sh -c 'cat /proc/1/environ /proc/1/cmdline'
	[[ "$output" != *of-the-caller* && "$output" != *"$T"* ]]
}

@test "links planted in what is bound lead nowhere outside" {
	mkdir d
	for target in /oldroot"$T" ../../../../../../.."$T" /proc/self/root"$T" "$T"; do
		ln -sfn "$target" d/link
		"$BWRAP" --unshare-user --bind "$T/d" /data --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
			--proc /proc --dir /data/link/made --file 9 /data/link/file --symlink x /data/link/symlink \
			--tmpfs /data/link/tmpfs /usr/bin/true 9</dev/null || true
		[ -z "$(ls -A "$T" | grep -v '^d$')" ]
	done
}

@test "/var/run, and parents that may only be searched" {
	mkdir -p p/sub
	chmod 0111 p
	gives "passwd" "${box[@]}" --tmpfs /tmp/v --dir /tmp/v/run --symlink run /tmp/v/var --ro-bind /etc/passwd /tmp/v/var/x/passwd \
		ls /tmp/v/run/x
	gives "passwd" "${box[@]}" --bind "$T" "$T" --tmpfs "$T/p/sub" --ro-bind /etc/passwd "$T/p/sub/passwd" ls "$T/p/sub"
}

@test "a sandbox in a sandbox" {
	nested=("$BWRAP" --unshare-user --uid 0 --gid 0 --cap-add ALL --bind / / --bind /proc /proc)
	gives hello "${nested[@]}" /proc/self/exe --unshare-all --bind / / --proc /proc echo hello
	gives hello "${box[@]}" --unshare-pid --proc /proc --dev /dev "$BWRAP" --ro-bind / / --unshare-pid --proc /proc echo hello
}

@test "2,000 binds" {
	mkdir d
	for i in $(seq 2000); do printf -- '--ro-bind\0%s\0/tmp/%s\0' "$T/d" "$i"; done >many
	gives 2000 "${box[@]}" --args 9 sh -c 'ls /tmp | wc -l' 9<many
}
