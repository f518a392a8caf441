#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A program twice at once, each in a home of its own.

load desktop

setup() {
	desktop_begin
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	HOMES=$HOME/.local/share/hutch/homes
	cd "$D"
}

teardown() {
	desktop_end
}

browsing() { # HOME: Firefox has a profile of its own there, which it has open
	[ -n "$(find "$HOMES/$1" -path '*mozilla/firefox/*' -name lock)" ]
}

@test "two Firefoxes in two homes know nothing of each other" {
	require firefox-esr
	echo '<h1>page</h1>' >"$D/page.html"
	start one "$HUTCH" run --home one firefox-esr --headless "file://$D/page.html"
	one=$started
	start two "$HUTCH" run --home two firefox-esr --headless "file://$D/page.html"
	two=$started
	within 60 browsing one
	within 60 browsing two
	# Both run, as two programs: the second did not hand its page to the first.
	kill -0 "$one" && kill -0 "$two"
	[ "$("$HUTCH" ps --json | grep -Ec '"home": ?"(one|two)"')" -eq 2 ]
	[ ! -e "$HOME/.mozilla" ]
	[ ! -e "$HOME/.config/mozilla" ]
	run -125 "$HUTCH" home remove --force one
	stop "$one"
	stop "$two"
	# What Firefox made is still there.
	[ -n "$(find "$HOMES/one" -path '*mozilla/firefox/*' -name 'compatibility.ini')" ]
}
