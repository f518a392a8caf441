#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "--help names every command and --version the version" {
	run "$HUTCH" --help
	[ "$status" -eq 0 ]
	[[ "$output" == "Usage: hutch"* ]]
	[[ "$output" == *" profile "* ]]
	[ "${#lines[@]}" -le 24 ]
	run "$HUTCH" --version
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^hutch\ [0-9]+\.[0-9]+ ]]
	[ "$output" = "$("$HUTCH" version)" ]
}

@test "help COMMAND and COMMAND --help tell its options" {
	run "$HUTCH" help profile
	[ "$status" -eq 0 ]
	[[ "$output" == *"--json"* ]]
	run "$HUTCH" profile --help
	[ "$status" -eq 0 ]
	[[ "$output" == "Usage: hutch profile"* ]]
	run "$HUTCH" profile list --help
	[ "$status" -eq 0 ]
	[[ "$output" == "Usage: hutch profile"* ]]
}

@test "a command that there is not names the nearest" {
	run "$HUTCH" profle
	[ "$status" -eq 125 ]
	[ "${lines[0]}" = "hutch: profle: unknown command" ]
	[ "${lines[1]}" = 'hutch: try: did you mean "hutch profile"?' ]
	run "$HUTCH" help profle
	[ "$status" -eq 125 ]
	run "$HUTCH"
	[ "$status" -eq 125 ]
	run "$HUTCH" kill web
	[ "$status" -eq 125 ]
	[ "${lines[1]}" = 'hutch: try: did you mean "hutch stop"?' ]
	run "$HUTCH" kil web
	[ "${lines[1]}" = 'hutch: try: did you mean "hutch stop"?' ]
	run "$HUTCH" --net none true
	[ "$status" -eq 125 ]
	[ "${lines[0]}" = "hutch: --net: options stand behind the command" ]
	[ "${lines[1]}" = "hutch: try: hutch run --net …" ]
	run "$HUTCH" firefox
	[ "$status" -eq 125 ]
	[ "${lines[1]}" = 'hutch: try: `hutch run firefox` runs a program; `hutch --help` lists the commands' ]
}

@test "the manual has every option that --help=all has, and renders without a warning" {
	[ -e "$PAGES/hutch-run.1" ] || skip "built without scdoc"
	command -v man >/dev/null || skip "no man"
	for page in "$PAGES"/*.[15]; do
		run bash -c 'man --warnings -l "$1" 2>&1 >/dev/null' - "$page"
		[ -z "$output" ]
	done
	for verb in run profile; do
		MANWIDTH=200 man -l "$PAGES/hutch-$verb.1" >page
		for option in $("$HUTCH" $verb --help=all | grep -o -- ' --[a-z][a-z-]*' | sort -u); do
			grep -q -e "$option" page || { echo "$verb: no $option"; false; }
		done
	done
}

@test "help that cannot be written is an error" {
	[ -e /dev/full ] || skip "no /dev/full here"
	run bash -c '"$HUTCH" --help >/dev/full'
	[ "$status" -eq 125 ]
}
