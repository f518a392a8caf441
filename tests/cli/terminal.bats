#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Terminals, tried by a program that emulates one. The cases are in the two Python files.

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	[ -e /dev/ptmx ] || skip "no terminals here"
	T=$(mktemp -d)
	cd "$T"
}

teardown() {
	[ -z "$T" ] || rm -rf "$T"
}

@test "all that holds for a terminal of its own holds with hutch run" {
	run python3 "$SOURCE/tests/unit/test_terminal.py" "$HUTCH" run
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "hutch run: shells, editors, job control, limits, signals, a shared terminal" {
	run python3 "$SOURCE/tests/cli/terminal_run.py" "$HUTCH"
	echo "$output"
	[ "$status" -eq 0 ]
}
