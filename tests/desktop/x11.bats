#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# X servers: what a sandbox reaches of them with each word, and without.

load desktop

setup_file() {
	desktop_begin
	start_x
	"$HUTCH" run true || skip "no sandbox works here (hutch doctor)"
}

teardown_file() {
	desktop_end
}

setup() {
	require xdpyinfo xwininfo
	cd "$D"
}

@test "without a word there is no X server, with the host's network neither" {
	# Named, and with the user's own cookie.
	run "$HUTCH" run --keep-env DISPLAY --env XAUTHORITY=/tmp/x --ro "$XAUTHORITY:/tmp/x" xdpyinfo
	[ "$status" -ne 0 ]
	# The abstract socket is there for whoever shares the network, were it not for Landlock.
	grep -q "@/tmp/.X11-unix/X${DISPLAY#:}" /proc/net/unix
	run "$HUTCH" run --net host --keep-env DISPLAY --env XAUTHORITY=/tmp/x --ro "$XAUTHORITY:/tmp/x" xdpyinfo
	[ "$status" -ne 0 ]
}

@test "x11 is the user's display, one socket and one cookie" {
	xauth -q -f "$XAUTHORITY" add :99 . "$(mcookie)"
	"$HUTCH" run --use x11 xdpyinfo | grep -q 'number of extensions'
	[ "$("$HUTCH" run --use x11 -- ls /tmp/.X11-unix)" = "X${DISPLAY#:}" ]
	[ "$("$HUTCH" run --use x11 -- xauth list | wc -l)" -eq 1 ]
}

# libxcb does not go on to the socket that it may use where it finds an abstract one that it may not.
@test "with the host's network both go on to work" {
	require Xephyr
	"$HUTCH" run --use x11 --net host xdpyinfo | grep -q 'number of extensions'
	"$HUTCH" run --use x11-isolated --net host xdpyinfo | grep -q 'number of extensions'
}

@test "x11-isolated sees no window, key or clipboard of the user's display" {
	require xterm Xephyr xclip
	start xterm xterm -T canary-window
	window canary-window
	echo canary-text | xclip -selection clipboard -i -loops 0 >/dev/null 2>&1 3>&- &
	clip=$!
	run "$HUTCH" run --use x11-isolated -- sh -c 'xwininfo -root -tree; xclip -selection clipboard -o; ls /tmp/.X11-unix'
	[[ $output == *"Root window"* ]]
	[[ $output != *canary* ]]
	run "$HUTCH" run --use x11 -- sh -c 'xwininfo -root -tree; xclip -selection clipboard -o'
	kill "$clip" 2>/dev/null || true
	[[ $output == *canary-window* ]]
	[[ $output == *canary-text* ]]
	stop "$started"
}

@test "the server of its own is in a sandbox too, and nothing of it stays" {
	require Xephyr
	start isolated "$HUTCH" run --use x11-isolated -- sleep 60
	server() { pgrep -f "^/usr/bin/Xephyr .*-title default" | grep -q .; }
	within 20 server
	pid=$(pgrep -f "^/usr/bin/Xephyr .*-title default" | head -n 1)
	[ "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$pid/status")" -eq 2 ]
	[ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]
	[ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
	stop "$started"
	no_server() { ! server; }
	within 10 no_server
	[ -z "$(find "$XDG_RUNTIME_DIR" -name 'hutch-x11-*')" ]
}

@test "what can't be had is said" {
	run env -u DISPLAY "$HUTCH" run --use x11 true
	[ "$status" -eq 125 ]
	[[ $output == *"--use x11: this host does not have"* ]]
	run env DISPLAY=:4711 "$HUTCH" run --use x11 true
	[ "$status" -eq 125 ]
}
