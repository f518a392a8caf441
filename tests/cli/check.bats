#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hutch check: what holds says so, and a layer that is taken away turns cells red.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$BATS_TEST_TMPDIR
	"$HUTCH" run true 2>/dev/null || skip "no sandbox can be made here"
}

# state NAME: the state of an attempt in the JSON output
state() {
	python3 -c 'import json, sys
print([a["state"] for a in json.load(sys.stdin)["attempts"] if a["name"] == sys.argv[1]][0])' "$1" <<<"$output"
}

@test "the default sandbox holds, and nothing is left behind" {
	before=$(ls -A "$HOME")
	run -0 "$HUTCH" check
	[[ $output == *" held, 0 did not; "* ]]
	[ "$(grep -c . <<<"$output")" -gt 100 ]
	[[ $output != *$'\e'* ]]
	[ "$(ls -A "$HOME")" = "$before" ]
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "without a filter cells are open, and the status says so" {
	run --separate-stderr "$HUTCH" check --seccomp none --json e60-denied e65-families e01-secret
	[ "$status" -eq 1 ]
	[ "$(state e60-denied)" = open ]
	[ "$(state e65-families)" = open ]
	[ "$(state e01-secret)" = held ]
	python3 -c 'import json, sys; assert json.load(sys.stdin)["holds"] is False' <<<"$output"
}

@test "what the options grant is open by design, and nothing else is" {
	run -0 --separate-stderr "$HUTCH" check --net host --home real --json e62-tcp e01-home e61-abstract-connect e01-secret
	[ "$(state e62-tcp)" = by-design ]
	[ "$(state e01-home)" = by-design ]
	[ "$(state e61-abstract-connect)" = held ]
	[ "$(state e01-secret)" = held ]
}

@test "without namespaces, which had to be allowed, cells are open" {
	refuse=$BATS_TEST_DIRNAME/refuse
	[ "$("$refuse" echo fine 2>/dev/null)" = fine ] || skip "no user namespace to try it in"
	run --separate-stderr "$refuse" "$HUTCH" check --allow-weaker namespaces --json e52-host-namespaces e01-secret
	[ "$status" -eq 1 ]
	[ "$(state e52-host-namespaces)" = open ]
	[ "$(state e01-secret)" = held ]
}

@test "a profile, and options that are wrong" {
	printf '[profile]\nnested = yes\n' >nested.profile
	run -0 --separate-stderr "$HUTCH" check --profile ./nested.profile --json e52-unshare-user
	[ "$(state e52-unshare-user)" = by-design ]
	[ "$(grep -c '"name"' <<<"$output")" = 1 ]
	run -125 "$HUTCH" check --profile ./none.profile
	[[ $output == *none.profile* ]]
	run -125 "$HUTCH" check program
	[[ $output == *"program: no attempt of that name"*"hutch check --json"* ]]
	run -125 "$HUTCH" check --ro /nonexistent
	[[ $output == *nonexistent* ]]
	[ -z "$(find "$TMPDIR" -name 'hutch-check.*')" ]
}
