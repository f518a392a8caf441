#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# That desktop.bash gives what its head says, without a sandbox: what other tests stand on.

load desktop

setup() {
	desktop_begin
}

teardown() {
	desktop_end
}

@test "an X server that shows what is drawn, and lets in only who has the cookie" {
	require xterm xdpyinfo xdotool import convert
	start_x
	start xterm xterm -bg '#ff0000' -geometry 40x10+0+0
	window xterm
	red() { screenshot "$D/shot.png"; [ "$(pixels "$D/shot.png" 255,0,0)" -gt 10000 ]; }
	within 10 red
	run env XAUTHORITY=/dev/null xdpyinfo
	[ "$status" -ne 0 ]
	stop "$started"
	red_is_gone() { ! red; }
	within 10 red_is_gone
}

@test "a Wayland compositor that shows what is drawn" {
	require foot grim swaymsg convert
	start_wayland
	start foot foot --override=colors.background=0000ff cat
	blue() { screenshot "$D/shot.png"; [ "$(pixels "$D/shot.png" 0,0,255)" -gt 100000 ]; }
	within 20 blue
}

@test "sound is played into nothing, and can be recorded from there" {
	require parec pacat python3
	start_audio
	start record parec --latency-msec=20 -d test.monitor --file-format=wav recorded.wav
	recording() { pactl list short source-outputs | grep -q .; }
	within 10 recording
	python3 -c 'import math, struct, sys
sys.stdout.buffer.write(b"".join(struct.pack("<hh", *[int(9000 * math.sin(i / 20))] * 2) for i in range(44100)))' >tone
	pacat --latency-msec=20 tone
	stop "$started"
	[ "$(python3 -c 'import array; print(max(array.array("h", open("recorded.wav", "rb").read()[44:44 + 176400])))')" -gt 5000 ]
}

@test "buses that activate and answer, and the portal on one" {
	require gdbus
	start_x
	start_bus
	start_system_bus
	gdbus call --system -d org.freedesktop.DBus -o / -m org.freedesktop.DBus.ListNames | grep -q ":1."
	start_portals
	gdbus call --session -d org.freedesktop.portal.Desktop -o /org/freedesktop/portal/desktop \
		-m org.freedesktop.portal.Settings.Read org.freedesktop.appearance color-scheme
}

@test "at the end nothing of it is left" {
	require dbus-daemon Xvfb xterm
	start_x
	start_bus
	start xterm xterm
	window xterm
	directory=$D
	pids=$(cut -d ' ' -f 1 processes)
	[ "$(wc -w <<<"$pids")" -eq 3 ]
	desktop_end
	for pid in $pids; do
		[ -z "$(birth_of "$pid")" ]
	done
	[ ! -e "$directory" ]
}
