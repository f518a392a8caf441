#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Input that means harm: profiles, numbers, names, directories and environment of the caller.

load launch

# A bad profile: 125, one message that names the file, nothing runs, in little time and memory
refused_profile() {
	run bash -c 'ulimit -v 2000000; exec timeout 10 "$@" run --profile "$0" -- echo ran' "$1" "$HUTCH"
	[[ $status == 125 && $output == *"$(basename "$1")"* && $output != *ran* ]] ||
		{ echo "$1: $status: ${output:0:300}"; return 1; }
	((${#output} < 2000)) || { echo "$1: a message of ${#output} bytes"; return 1; }
}

@test "E75: profiles that are no profiles are refused by name, at once" {
	printf '[profile]\nnested = yes\0no\n' >nul.profile
	refused_profile "$PWD/nul.profile"
	printf '[profile]\nuse = \xff\xfe\n' >utf8.profile
	refused_profile "$PWD/utf8.profile"
	{ printf '[profile]\ndescription = '; head -c 100000000 /dev/zero | tr '\0' a; echo; } >long.profile
	refused_profile "$PWD/long.profile"
	rm long.profile
	printf '[profile]\ninclude = %s\n' "$PWD/loop.profile" >loop.profile
	refused_profile "$PWD/loop.profile"
	mkfifo fifo.profile
	refused_profile "$PWD/fifo.profile"
	mkdir dir.profile
	refused_profile "$PWD/dir.profile"
	ln -s /dev/zero zero.profile
	refused_profile "$PWD/zero.profile"
	refused_profile "$PWD/absent.profile"
	printf '[profile]\nnestled = yes\n' >key.profile
	refused_profile "$PWD/key.profile"
	[[ $output == *key.profile:2* ]]
}

@test "E75: a profile with CRLF is read as meant, or refused" {
	printf '[profile]\r\nnested = yes\r\n' >crlf.profile
	run hutch run --profile "$PWD/crlf.profile" -- echo ran
	[[ ( $status == 0 && $output == ran ) || ( $status == 125 && $output == *crlf.profile* ) ]]
}

@test "E76: ids that are no ids are refused by name (CVE-2026-30892)" {
	for id in 1abc -1 +1 0x1 ' 1' '1 ' '' 4294967295 4294967296 18446744073709551616 1e3 01x $'1\n'; do
		run hutch run --uid "$id" -- id -u
		[[ $status == 125 && $output == *hutch:* ]] || { echo "'$id': $status: $output"; false; }
	done
}

@test "E76: the highest id is an id" {
	run -0 hutch run --uid 4294967294 -- id -u
	[[ $output == 4294967294 ]]
}

@test "E76: a million arguments, and one of a hundred thousand bytes" {
	long=$(head -c 100000 /dev/zero | tr '\0' a)
	run -0 hutch run -- sh -c 'echo ${#1}' - "$long"
	[[ $output == 100000 ]]
	run -0 bash -c 'ulimit -s unlimited; "$0" run -- sh -c "echo \$#" - $(seq 1 100000)' "$HUTCH"
	[[ $output == 100000 ]]
}

@test "E77: a program called --rw is a program (CVE-2024-32462)" {
	mkdir bin
	printf '#!/bin/sh\necho "I am $0 with $*"\n' >bin/--rw
	chmod +x bin/--rw
	cd bin
	run hutch run -- ./--rw /etc
	[[ $status == 0 && $output == *"/bin/--rw with /etc"* ]]
	run -127 hutch run -- --rw /etc
}

@test "E77: options after the program are the program's" {
	run -0 hutch run -- echo --rw /etc --net host
	[[ $output == "--rw /etc --net host" ]]
	run -0 hutch run echo --net host --profile x
	[[ $output == "--net host --profile x" ]]
}

@test "E78: nothing in the working directory is read as configuration" {
	profile=$'[profile]\nnested = yes\n[network]\nmode = host\n[environment]\nset = PLANTED=yes\n'
	mkdir -p .config/hutch .hutch profiles/apps hutch
	for file in .hutch/default.profile .config/hutch/default.profile default.profile hutch.profile .hutch.profile \
		.hutchrc profiles/apps/default.profile profiles/default.profile hutch/default.profile sh.profile \
		env.profile default.local.profile profiles/apps/env.profile; do
		echo "$profile" >"$file"
	done
	run -0 hutch run --rw . -- env
	[[ $output != *PLANTED* ]]
	run -0 env -u XDG_CONFIG_HOME hutch_environment=1 timeout 20 "$HUTCH" run -- env
	[[ $output != *PLANTED* ]]
	# A relative directory in these variables is to be ignored, says their specification
	run env XDG_CONFIG_HOME=.config XDG_DATA_HOME=. XDG_CONFIG_DIRS=. XDG_DATA_DIRS=. timeout 20 "$HUTCH" run -- env
	[[ $output != *PLANTED* ]]
}

@test "E79: a runtime directory that anybody could have made is not trusted" {
	mkdir "$dir/runtime"
	chmod 0777 "$dir/runtime"
	run env XDG_RUNTIME_DIR="$dir/runtime" timeout 20 "$HUTCH" run -- echo ran
	# Refused, or not used at all
	[[ $status == 125 || $output == *ran* ]]
	[[ ! $(find "$dir/runtime" -mindepth 1) ]]
	ln -s "$dir/outside" "$dir/runtime/hutch"
	chmod 0700 "$dir/runtime"
	run env XDG_RUNTIME_DIR="$dir/runtime" timeout 20 "$HUTCH" run -- echo ran
	untouched
}

@test "E79: HOME unset, empty, relative or absent" {
	for home in '' . relative /nonexistent; do
		run env HOME="$home" timeout 20 "$HUTCH" run -- sh -c 'echo ran'
		[[ ( $status == 0 && $output == ran ) || ( $status == 125 && $output == *hutch:* ) ]] || { echo "$home: $output"; false; }
	done
	run env -u HOME timeout 20 "$HUTCH" run -- sh -c 'echo ran'
	[[ ( $status == 0 && $output == ran ) || $status == 125 ]]
}

@test "E80: helpers are never looked for in the caller's PATH" {
	mkdir bin
	for helper in newuidmap newgidmap hutch-net sh mount ip nft; do
		printf '#!/bin/sh\ntouch "%s/outside/%s"\n' "$dir" "$helper" >"bin/$helper"
		chmod +x "bin/$helper"
	done
	run env PATH="$PWD/bin:.:$PATH" timeout 20 "$HUTCH" run --uid range -- /bin/true
	untouched
	cd bin
	run env PATH=".:$PATH" timeout 20 "$HUTCH" run --uid range -- /bin/true
	untouched
}

@test "E33: a script whose interpreter is /proc/self/exe gets no handle on the launcher (CVE-2019-5736)" {
	printf '#!/proc/self/exe\n' >script
	chmod +x script
	before=$(sha256sum <"$HUTCH")
	run timeout 10 "$HUTCH" run -- ./script
	[[ $status != 0 ]]
	ln -s /proc/self/exe link
	run timeout 10 "$HUTCH" run -- ./link
	[[ $(sha256sum <"$HUTCH") == "$before" ]]
}

@test "E33: the loader's variables of the caller do not reach the program" {
	run -0 env LD_PRELOAD=/nonexistent.so LD_LIBRARY_PATH=/tmp GCONV_PATH=/tmp timeout 20 "$HUTCH" run -- env
	[[ $output != *LD_LIBRARY_PATH* && $output != *GCONV_PATH* ]]
	[[ $output != *$'\n'LD_PRELOAD=* ]]
}

@test "E86: the program that was resolved is the one that runs" {
	printf '#!/bin/sh\necho good\n' >a
	printf '#!/bin/sh\necho other\n' >b
	chmod +x a b
	"$RACER" a b 3>&- &
	racer=$!
	for ((i = 0; i < RACES / 4; i++)); do
		status=0
		output=$("$HUTCH" run -- ./a 2>&1) || status=$?
		[[ $output == good || $output == other || $status == 12[567] ]] || { echo "$status: $output"; break; }
	done
	kill "$racer"
	wait "$racer" || true
	[[ $i == $((RACES / 4)) ]]
}
