#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

setup() {
	export HOME="$BATS_TEST_TMPDIR/home" XDG_CONFIG_HOME=
	mine="$HOME/.config/hutch"
	mkdir -p "$mine/words"
	cd "$BATS_TEST_TMPDIR"
}

@test "every profile that comes with hutch is without fault" {
	run "$HUTCH" profile check "$SOURCE"/profiles/default.profile "$SOURCE"/profiles/*/*.profile
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run "$HUTCH" profile list --names profiles
	[ "$status" -eq 0 ]
	for name in "${lines[@]}"; do
		"$HUTCH" profile show "$name" >/dev/null
	done
}

@test "list shows shipped and own ones, once each" {
	printf '[profile]\ndescription = Mine\n' >"$mine/make.profile"
	printf '[profile]\ndescription = Other\n' >"$mine/other.profile"
	printf '[network]\nmode = host\n' >"$mine/words/net.profile"
	printf 'x' >"$mine/make.local.profile"
	run "$HUTCH" profile list
	[ "$status" -eq 0 ]
	[ "$(grep -c ' make ' <<<"$output")" -eq 1 ]
	grep -q ' make .*yours *Mine' <<<"$output"
	grep -q ' default ' <<<"$output"
	grep -q ' net .*yours' <<<"$output"
	! grep -q 'make.local' <<<"$output" || false
	run "$HUTCH" profile list --names words
	[[ " ${lines[*]} " == *" net "* ]]
	[[ " ${lines[*]} " != *" make "* ]]
}

@test "a profile with faults is listed as such" {
	echo 'rubbish' >"$mine/bad.profile"
	run "$HUTCH" profile list
	[ "$status" -eq 0 ]
	grep -q ' bad .*has faults' <<<"$output"
}

@test "what show prints is a profile that says the same" {
	cat >"$mine/x.profile" <<-'END'
		[profile]
		description = X
		use = project
		nested = yes
		[filesystem]
		rw = /a\,b:/c\:d ${HOME}/e? /f\#g
		tmpfs = /t:1M
		[environment]
		set = A=b c, d
		[process]
		rlimit.nofile = 1K:2K
	END
	"$HUTCH" profile show x >shown.profile
	"$HUTCH" profile check shown.profile
	"$HUTCH" profile show ./shown.profile >again.profile
	diff <(sed 's/ *#.*:[0-9]*$//; /^#/d' shown.profile) <(sed 's/ *#.*:[0-9]*$//; /^#/d' again.profile)
	grep -q '^rw = /a\\,b:/c\\:d ' shown.profile
	grep -q '# ~/.config/hutch/x.profile:6$' shown.profile
	grep -q '^cwd = rw .*# words/project.profile:' shown.profile
}

@test "--json is JSON, before and behind the words" {
	command -v python3 >/dev/null || skip "no python3 to read JSON with"
	"$HUTCH" profile list --json | python3 -c '
import json, sys
found = {(p["kind"], p["name"]): p for p in json.load(sys.stdin)}
assert found["profile", "default"]["valid"] and not found["policy", "default"]["own"]
assert not found["word", "project"]["own"]'
	"$HUTCH" profile --json show make | python3 -c '
import json, sys
p = json.load(sys.stdin)
assert any(s["key"] == "cwd" and s["value"] == "rw" and s["line"] > 0 for s in p["settings"])'
}

@test "check tells every fault of a file with its line" {
	printf '[filesystem]\nrwx = /a\n\n[netwrok]\n[environment]\nkeep = A=b\n' >bad.profile
	run "$HUTCH" profile check bad.profile
	[ "$status" -eq 125 ]
	[ "${lines[0]}" = 'hutch: bad.profile:2: rwx: unknown key' ]
	[ "${lines[1]}" = 'hutch: try: did you mean "rw"?' ]
	[ "${lines[2]}" = 'hutch: bad.profile:4: [netwrok]: unknown section' ]
	[ "${lines[4]}" = 'hutch: bad.profile:6: keep A=b: not the name of a variable' ]
}

@test "bad files end in a bounded message, at once" {
	mkfifo fifo.profile
	mkdir dir.profile
	truncate -s 100M big.profile
	printf '[filesystem]\nrw = /\0x\n' >nul.profile
	printf '[filesystem]\nrw = /\xff\n' >utf8.profile
	printf '[profile]\ninclude = ./loop.profile\n' >loop.profile
	{ printf '[filesystem]\nrw = /'; head -c 200000 /dev/zero | tr '\0' x; } >long.profile
	ln -s nowhere.profile dangling.profile
	for name in fifo dir big nul utf8 loop long dangling; do
		run timeout 5 "$HUTCH" profile check ./$name.profile
		echo "$name: $output"
		[ "$status" -eq 125 ]
		[[ "$output" == "hutch: ./$name.profile"* ]]
		[ "${#output}" -lt 1000 ]
	done
	for name in nul utf8 long; do
		run "$HUTCH" profile check ./$name.profile
		[[ "$output" == "hutch: ./$name.profile:2: "* ]]
	done
}

@test "a message about a file does not speak to the terminal" {
	name=$'a\e[31m\nb.profile'
	echo '[x]' >"$name"
	run "$HUTCH" profile check "$name"
	[ "$status" -eq 125 ]
	[[ "$output" != *$'\e'* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "show and check of what there is not name the nearest" {
	run "$HUTCH" profile show mkae
	[ "$status" -eq 125 ]
	[ "${lines[0]}" = "hutch: mkae: no such profile" ]
	[ "${lines[1]}" = 'hutch: try: did you mean "make"?' ]
	run "$HUTCH" profile chekc x
	[ "$status" -eq 125 ]
	[ "${lines[1]}" = 'hutch: try: did you mean "hutch profile check"?' ]
	run "$HUTCH" profile
	[ "$status" -eq 125 ]
}

@test "a word is shown as words/NAME or by its name" {
	run "$HUTCH" profile show words/network-host
	[ "$status" -eq 0 ]
	[[ "$output" == *"mode = host"* ]]
	[ "$output" = "$("$HUTCH" profile show network-host)" ]
}

@test "data: a program's own directories are made at its first run, and only for a home that is empty" {
	printf '[filesystem]\ndata = ~/.own/state ~/.cache/own?\n' >own.profile
	run "$HUTCH" explain --profile ./own.profile true
	[ "$status" -eq 0 ]
	[ ! -e "$HOME/.own" ]
	run "$HUTCH" run --profile ./own.profile no-such-program
	[ "$status" -eq 127 ]
	[ ! -e "$HOME/.own" ]
	for n in 1 2; do
		"$HUTCH" run --profile ./own.profile -- sh -c 'echo x >>~/.own/state/file; echo x >>~/.own/lost'
	done
	[ "$(wc -l <"$HOME/.own/state/file")" -eq 2 ]
	[ "$(stat -c %a "$HOME/.own/state")" = 700 ]
	[ ! -e "$HOME/.own/lost" ]
	[ ! -e "$HOME/.cache" ]
	"$HUTCH" run --home overlay --profile ./own.profile -- sh -c 'echo x >>~/.own/state/file'
	[ "$(wc -l <"$HOME/.own/state/file")" -eq 2 ]
}

@test "data is of the home, and can be made" {
	printf '[filesystem]\ndata = /var/tmp/x\n' >own.profile
	run "$HUTCH" run --profile ./own.profile true
	[ "$status" -eq 125 ]
	[[ $output == *"own.profile:2: data /var/tmp/x: not below the home directory"* ]]
	printf '[filesystem]\ndata = ~/link\n' >own.profile
	ln -s nowhere "$HOME/link"
	run "$HUTCH" run --profile ./own.profile true
	[ "$status" -eq 125 ]
	[[ $output == *"$HOME/link: a link that leads nowhere"* ]]
}

@test "use = a|b: the first that this host has, and every name must exist" {
	printf '[profile]\nneeds = ~/there/a\n[environment]\nset = GOT=first\n' >"$mine/words/first.profile"
	printf '[profile]\nneeds = ~/there/b\n[environment]\nset = GOT=second\n' >"$mine/words/second.profile"
	printf '[profile]\nuse = first|second\n' >either.profile
	got() { "$HUTCH" run --profile ./either.profile -- sh -c 'echo "${GOT:-none}"'; }
	[ "$(got)" = none ]
	mkdir "$HOME/there"
	touch "$HOME/there/b"
	[ "$(got)" = second ]
	touch "$HOME/there/a"
	[ "$(got)" = first ]
	printf '[profile]\nuse = first|secnod\n' >either.profile
	run "$HUTCH" run --profile ./either.profile true
	[ "$status" -eq 125 ]
	[[ $output == *"either.profile:2: use first|secnod: no such word"* ]]
}

@test "a word that this host cannot have is passed over in a profile, and refused on the command line" {
	printf '[profile]\nneeds = ~/not-there\n[environment]\nset = GOT=it\n' >"$mine/words/far.profile"
	printf '[profile]\nuse = far\n' >p.profile
	[ -z "$("$HUTCH" run --profile ./p.profile -- sh -c 'echo "$GOT"')" ]
	run "$HUTCH" run --use far true
	[ "$status" -eq 125 ]
	[[ $output == *"--use far: this host does not have $HOME/not-there"* ]]
}

@test "explain tells what words expose, and warns of those that lead out" {
	printf '[profile]\nexposes = the cellar\nescape = down the stairs\n' >"$mine/words/house.profile"
	run "$HUTCH" explain --use house true
	[ "$status" -eq 0 ]
	grep -q '^exposes  *the cellar' <<<"$output"
	grep -q '^warning  *down the stairs' <<<"$output"
	"$HUTCH" explain --json --use house true | python3 -c '
import json, sys
plan = json.load(sys.stdin)
assert plan["exposes"] == ["the cellar"] and plan["escapes"] == ["down the stairs"]'
}

@test "arguments: how files of the command line are shared" {
	mkdir -p "$HOME/in"
	echo old >"$HOME/in/file"
	echo beside >"$HOME/in/beside"
	echo old >"$HOME/plain"
	change='for f; do echo new >"$f"; done 2>/dev/null; true'
	"$HUTCH" run -- sh -c "$change" sh "$HOME/in/file"
	[ "$(cat "$HOME/in/file")" = old ]
	run "$HUTCH" run --arguments none -- cat "$HOME/in/file"
	[ "$status" -ne 0 ]
	"$HUTCH" run --arguments rw -- sh -c "$change; test ! -e $HOME/in/beside" sh "$HOME/in/file"
	[ "$(cat "$HOME/in/file")" = new ]
	"$HUTCH" run --arguments rw-directory -- sh -c 'echo x >"$1.new" && mv "$1.new" "$1"' sh "$HOME/in/file"
	[ "$(cat "$HOME/in/file")" = x ]
	# A directory that is named, but never the home.
	"$HUTCH" run --arguments rw -- sh -c 'echo y >"$1/made"' sh "$HOME/in"
	[ "$(cat "$HOME/in/made")" = y ]
	"$HUTCH" run --arguments rw-directory -- sh -c 'echo y >"$1"; echo y >~/made' sh "$HOME/plain"
	[ "$(cat "$HOME/plain")" = y ]
	[ ! -e "$HOME/made" ]
	"$HUTCH" run --arguments rw -- sh -c 'echo y >~/made' sh "$HOME"
	[ ! -e "$HOME/made" ]
}

@test "a file may be named by its URL, as menus do" {
	echo text >"$HOME/a file"
	[ "$("$HUTCH" run -- sh -c 'cat "$HOME/a file"' sh "file://$HOME/a%20file")" = text ]
	run "$HUTCH" run -- sh -c 'cat "$HOME/a file"' sh "http://$HOME/a%20file"
	[ "$status" -ne 0 ]
}

@test "import: a profile of firejail's becomes one of hutch's" {
	export XDG_CACHE_HOME= XDG_DATA_HOME=
	mkdir -p jail "$HOME/Downloads"
	cat >jail/player.profile <<-'END'
		# Player
		include player.local
		ignore memory-deny-write-execute
		noblacklist ${HOME}/.config/player
		noblacklist ${HOME}/.else
		mkdir ${HOME}/.config/player
		whitelist ${HOME}/.config/player
		whitelist ${HOME}/.config/other
		whitelist ${DOWNLOADS}
		read-only ${HOME}/.config/other
		blacklist ${HOME}/.config/player/secret
		blacklist ${HOME}/.ssh
		include common.profile
		?HAS_NODBUS: no3d
		dbus-user filter
		dbus-user.own org.mpris.MediaPlayer2.player
		dbus-user.talk org.freedesktop.Notifications
		join-or-start player
	END
	cat >jail/common.profile <<-'END'
		caps.drop all
		memory-deny-write-execute
		net none
		no3d
		private-bin player
		rlimit-nofile 500
		seccomp
	END
	"$HUTCH" profile import jail/player.profile >player.profile
	cat player.profile
	"$HUTCH" profile check ./player.profile
	grep -qx 'use = wayland|x11-isolated fonts-and-themes input-method portals audio-playback notifications' player.profile
	grep -qx 'data = ${XDG_CONFIG_HOME}/player' player.profile
	grep -qx 'ro = ${XDG_CONFIG_HOME}/other?' player.profile
	grep -qx 'rw = ${DOWNLOADS}?' player.profile
	grep -qx 'hide = ${XDG_CONFIG_HOME}/player/secret?' player.profile
	grep -qx 'session.own = org.mpris.MediaPlayer2.player' player.profile
	grep -qx 'rlimit.nofile = 500' player.profile
	grep -qx '#   join-or-start player (.*)' player.profile
	# No network; what is not listed is not there; a line that is ignored is not read, nor a condition.
	! grep -e 'mode =' -e 'gpu' -e '\.else' -e '\.ssh' -e 'memory-deny' player.profile || false
	# It does what it says.
	mkdir -p "$HOME/.config/other" "$HOME/.config/player/secret"
	echo x >"$HOME/.config/player/secret/file"
	run "$HUTCH" run --profile ./player.profile sh -c 'echo y >~/.config/player/new; cat ~/.config/player/secret/file'
	[ "$status" -ne 0 ]
	[ -e "$HOME/.config/player/new" ]
	run "$HUTCH" run --profile ./player.profile touch "$HOME/.config/other/x"
	[ "$status" -ne 0 ]
	[ ! -e "$HOME/.config/other/x" ]
}

@test "import: circles, paths that lead away and files that are not there are said" {
	mkdir jail
	printf 'include one.profile\ninclude ../secret.profile\ninclude none.profile\n' >jail/one.profile
	printf 'whitelist ${HOME}/.secret\n' >secret.profile
	run "$HUTCH" profile import jail/one.profile
	[ "$status" -eq 0 ]
	[[ "$output" != *".secret"* ]]
	[[ "$output" == *"include ../secret.profile (only files beside this one are read)"* ]]
	[[ "$output" == *"include none.profile ("*"No such file or directory)"* ]]
	run "$HUTCH" profile import jail/absent.profile
	[ "$status" -eq 125 ]
	run "$HUTCH" profile import
	[ "$status" -eq 125 ]
	[[ "${lines[1]}" == *"hutch profile import /etc/firejail/NAME.profile"* ]]
}
