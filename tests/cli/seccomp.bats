#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

setup() {
	export HOME="$BATS_TEST_TMPDIR/home" XDG_CONFIG_HOME= XDG_CACHE_HOME=
	mkdir -p "$HOME/.config/hutch/seccomp"
	cd "$BATS_TEST_TMPDIR"
}

seccomp() {
	"$HUTCH" profile seccomp "$@"
}

@test "the shipped policies are without fault, by name and as files" {
	run seccomp check default desktop browser dev strict "$SOURCE"/profiles/seccomp/*.policy
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "check shows every error with its line and a caret" {
	printf 'reed: 1\nwrite: 1\n\tmmap: arg2 in ~PROT_EXE\n' >bad.policy
	run seccomp check ./bad.policy
	[ "$status" -eq 1 ]
	[ "$output" = "$(printf '%s\n' \
		'./bad.policy:1:1: error: unknown system call "reed"; did you mean read?' \
		'    reed: 1' \
		'    ^^^^' \
		'./bad.policy:3:17: error: unknown constant "PROT_EXE"; did you mean PROT_EXEC?' \
		$'    \tmmap: arg2 in ~PROT_EXE' \
		$'    \t               ^^^^^^^^')" ]
}

@test "what a file says can't speak to the terminal" {
	printf 'read: \033]0;x\007\n' >"bad$(printf '\033').policy"
	run seccomp check ./bad*.policy
	[ "$status" -eq 1 ]
	[[ "$output" != *$'\033'* ]]
}

@test "check of what is not there is hutch's own failure" {
	run seccomp check ./none.policy
	[ "$status" -eq 125 ]
	[[ "$output" == "hutch: ./none.policy: No such file or directory" ]]
	run seccomp check defualt
	[ "$status" -eq 125 ]
	[[ "$output" == *'no seccomp policy is called "defualt"'*'try: default'* ]]
}

@test "policies that name absolute paths load from beside, or from --include-root" {
	mkdir other
	echo 'read: 1' >common.policy
	echo 'write: 1' >other/inner.policy
	printf '@include /usr/share/policy/x/common.policy\n' >a.policy
	run seccomp check ./a.policy
	[ "$status" -eq 0 ]
	printf '@include /usr/share/policy/x/inner.policy\n' >b.policy
	run seccomp check ./b.policy
	[ "$status" -eq 1 ]
	run seccomp check --include-root other ./b.policy
	[ "$status" -eq 0 ]
}

@test "explain gives the verdict and the line" {
	run seccomp explain default socket AF_PACKET SOCK_RAW
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == "socket(AF_PACKET, SOCK_RAW): EAFNOSUPPORT" ]]
	[[ "${lines[1]}" == *"default.policy (built in):"*"return EAFNOSUPPORT }" ]]
	run seccomp explain default ptrace
	[[ "${lines[0]}" == "ptrace: EPERM" ]]
	[[ "${lines[1]}" == *"@default return EPERM" ]]
	run seccomp explain default 5000
	[[ "${lines[0]}" == "5000: ENOSYS" ]]
	run seccomp explain default getpid
	[[ "${lines[0]}" == "getpid: allow" ]]
	[[ "${lines[1]}" == *"@system-service: allow" ]]
	run seccomp explain --nested default clone CLONE_NEWUSER
	[[ "${lines[0]}" == "clone(CLONE_NEWUSER): allow" ]]
	run seccomp explain default clone CLONE_NEWUSER
	[[ "${lines[0]}" == "clone(CLONE_NEWUSER): EPERM" ]]
	run seccomp explain default kill -- -1 SIGKILL
	[[ "${lines[0]}" == "kill(-1, SIGKILL): allow" ]]
}

@test "explain without arguments shows the lines that look at them" {
	run seccomp explain default ioctl
	[ "$status" -eq 0 ]
	[[ "$output" == *"int1 == 0x5412; return EPERM"* ]]
	[[ "$output" == *"int1 == 0x541c; return EPERM"* ]]
}

@test "explain says what it can't make sense of" {
	run seccomp explain default sokcet
	[ "$status" -eq 125 ]
	[[ "$output" == *'"sokcet" is no system call'*"try: socket"* ]]
	run seccomp explain default socket AF_PACKT
	[ "$status" -eq 125 ]
	[[ "$output" == *"did you mean AF_PACKET?"* ]]
}

@test "diff lists the calls whose verdict differs" {
	run seccomp diff default default
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run seccomp diff default dev
	[ "$status" -eq 1 ]
	[[ "$output" == *"ptrace: EPERM -> allow"* ]]
	[[ "$output" == *"clone("*"): EPERM -> allow"* ]]
	[[ "$output" != *"getpid"* ]]
	printf '@default return EPERM\nread: arg0 == 1 && arg1 == 2\n' >a.policy
	printf '@default return EPERM\nread: arg0 == 1 && arg1 == 3\n' >b.policy
	run seccomp diff ./a.policy ./b.policy
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "read(0x1, 0x"*" -> "* ]]
}

@test "groups lists every group with its purpose, and the calls of one" {
	run seccomp groups
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq "$(ls "$SOURCE/profiles/seccomp/groups" | wc -l)" ]
	for line in "${lines[@]}"; do
		[[ "$line" =~ ^@[a-z-]+\ +.{15,}$ ]]
	done
	run seccomp groups @mount
	[[ " ${lines[*]} " == *" umount2 "* ]]
	[[ " ${lines[*]} " == *" fsopen "* ]]
	run seccomp groups @mout
	[ "$status" -eq 125 ]
	[[ "$output" == *"try: @mount"* ]]
}

@test "import makes a policy that check accepts" {
	for file in "$SOURCE"/tests/fuzz/policy_json/*.json; do
		seccomp import "$file" >imported.policy
		run seccomp check ./imported.policy
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
	echo '{' >bad.json
	run seccomp import ./bad.json
	[ "$status" -eq 1 ]
	[[ "$output" == "hutch: ./bad.json: no JSON object"* ]]
}

@test "a policy of one's own comes before the shipped one of its name" {
	echo 'getpid: return EIO' >"$HOME/.config/hutch/seccomp/default.policy"
	run seccomp explain default getpid
	[[ "${lines[0]}" == "getpid: EIO" ]]
	[[ "${lines[1]}" == *"$HOME/.config/hutch/seccomp/default.policy:1:"* ]]
	printf '@include default\nptrace: allow\nsocket[replace=yes]: allow\n' >"$HOME/.config/hutch/seccomp/default.policy"
	run seccomp explain default ptrace
	[[ "${lines[0]}" == "ptrace: allow" ]]
	run seccomp explain default socket AF_PACKET
	[[ "${lines[0]}" == "socket(AF_PACKET): allow" ]]
	run seccomp explain default bpf
	[[ "${lines[0]}" == "bpf: EPERM" ]]
	[[ "${lines[1]}" == *"default.policy (built in)"* ]]
}

@test "the manual's example is without fault" {
	sed -n '/^```$/,/^```$/p' "$SOURCE/docs/hutch-seccomp.5.scd" | grep -v '^```' >example.policy
	grep -q '^ptrace: kill-process' example.policy
	run seccomp check ./example.policy
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

can_run() {
	"$HUTCH" run -- /bin/true || skip "no sandbox can be made here"
}

@test "--log-denied tells of each denied call once, with what would allow it, and answers as before" {
	can_run
	command -v chroot >/dev/null || skip "there is no chroot"
	run "$HUTCH" run --log-denied -- /bin/sh -c '
		chroot / /bin/true 2>/dev/null; echo $?
		chroot / /bin/true 2>/dev/null; echo $?'
	[ "$status" -eq 0 ]
	[ "$(grep -c '^125$' <<<"$output")" -eq 2 ]
	[ "$(grep -c 'the seccomp policy default denied the system call chroot' <<<"$output")" -eq 1 ]
	grep -qx 'hutch: try: --seccomp dev allows it' <<<"$output"
	run "$HUTCH" run -- /bin/sh -c 'chroot / /bin/true 2>/dev/null'
	[ "$status" -eq 125 ]
	[ -z "$output" ]
}

@test "--log-denied works under a policy that lets the program send nothing, and leaves nothing behind" {
	can_run
	printf '@include default\n{ sendmsg[replace=yes], write[replace=yes], nanosleep[replace=yes] }: return EIO\n' >mute.policy
	run timeout 20 "$HUTCH" run --log-denied --seccomp ./mute.policy -- /bin/sh -c 'echo x; exit 3'
	[ "$status" -eq 3 ]
	[[ "$output" == *"./mute.policy denied the system call write"* ]]
	look='sleep 0.3; ls /proc/self/fd; echo /proc/[0-9]*'
	run "$HUTCH" run --log-denied -- /bin/sh -c "$look"
	[ "$status" -eq 0 ]
	[ "$output" = "$("$HUTCH" run -- /bin/sh -c "$look")" ]
}

@test "--log-denied puts the denied calls into the report" {
	can_run
	command -v chroot >/dev/null || skip "there is no chroot"
	run "$HUTCH" run --log-denied --report report.json -- chroot / /bin/true
	[ "$status" -eq 125 ]
	grep -q '"call":"chroot"' report.json
	grep -q '"errno":1' report.json
}

@test "the report says of the program itself that the policy was in force" {
	can_run
	"$HUTCH" run --report report.json -- /bin/true
	grep -A1 '"seccomp":{' report.json | grep -q '"enforced":true'
	grep -A1 '"no_new_privs":{' report.json | grep -q '"enforced":true'
	"$HUTCH" run --seccomp none --report report.json -- /bin/true
	grep -A1 '"seccomp":{' report.json | grep -q '"enforced":false'
}

@test "a program that the policy ends is told of" {
	can_run
	printf '@include default\nuname[replace=yes]: kill\n' >deadly.policy
	run "$HUTCH" run --seccomp ./deadly.policy -- uname
	[ "$status" -eq 159 ]
	[[ "$output" == "hutch: "*"ended by SIGSYS: the seccomp policy ./deadly.policy ends"* ]]
}
