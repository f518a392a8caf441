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
	[ -z "$(ls -A "$XDG_RUNTIME_DIR/hutch-x11")" ]
}

@test "what a launcher left that was killed with all its processes is removed by the next" {
	require Xephyr
	start killed "$HUTCH" run --use x11-isolated -- sh -c 'echo ready; sleep 60'
	within 20 grep -q ready killed.log
	left=$(ls "$XDG_RUNTIME_DIR/hutch-x11")
	# The living stay.
	"$HUTCH" run --use x11-isolated true
	[ "$(ls "$XDG_RUNTIME_DIR/hutch-x11")" = "$left" ]
	birth=$(birth_of "$started")
	kill -KILL "$started"
	within 10 ended "$started" "$birth"
	[ -e "$XDG_RUNTIME_DIR/hutch-x11/$left/cookie" ]
	"$HUTCH" run --use x11-isolated true
	[ -z "$(ls -A "$XDG_RUNTIME_DIR/hutch-x11")" ]
}

# size_inside NAME: of the screen of the server of its own
size_inside() {
	"$HUTCH" exec "$1" xdpyinfo | sed -n 's/^ *dimensions: *\([0-9x]*\) .*/\1/p'
}

@test "its screen is as large as its window" {
	require Xephyr xdotool
	start sized "$HUTCH" run --name sized --use x11-isolated -- sh -c 'echo ready; sleep 60'
	within 20 grep -q ready sized.log
	[ "$(size_inside sized)" = 1024x768 ]
	window '\(hutch\)'
	xdotool windowsize "$window" 640 480
	is_small() { [ "$(size_inside sized)" = 640x480 ]; }
	within 10 is_small
	stop "$started"
}

@test "the clipboard goes in and out when the user says so" {
	require Xephyr xclip
	start copied "$HUTCH" run --name copied --use x11-isolated -- sh -c 'echo ready; sleep 60'
	within 20 grep -q ready copied.log
	echo in | xclip -selection clipboard -i 3>&-
	run -1 "$HUTCH" exec copied xclip -selection clipboard -o
	# As the manual has it.
	xclip -selection clipboard -o | "$HUTCH" exec copied xclip -selection clipboard -i 3>&-
	[ "$("$HUTCH" exec copied xclip -selection clipboard -o)" = in ]
	echo out | "$HUTCH" exec copied xclip -selection clipboard -i 3>&-
	[ "$(xclip -selection clipboard -o)" = in ]
	"$HUTCH" exec copied xclip -selection clipboard -o | xclip -selection clipboard -i 3>&-
	[ "$(xclip -selection clipboard -o)" = out ]
	stop "$started"
}

@test "on a Wayland desktop without an X server the server of its own is Xwayland" {
	require Xwayland xterm grim
	unset DISPLAY XAUTHORITY
	start_wayland
	start xterm "$HUTCH" run --use x11-isolated -- xterm -bg '#ff0000'
	red() { screenshot "$D/shot.png"; [ "$(pixels "$D/shot.png" 255,0,0)" -gt 10000 ]; }
	within 20 red
	stop "$started"
	gone() { ! red; }
	within 10 gone
	run -0 "$HUTCH" run --use x11-isolated -- sh -c 'xwininfo -root -tree; ls -A /tmp/.X11-unix; env; ls -A "$1"; true' sh "$XDG_RUNTIME_DIR"
	[[ $output == *"Root window"* ]]
	[[ $output != *WAYLAND_DISPLAY* && $output != *wayland-* ]]
	run "$HUTCH" run --use x11 true
	[ "$status" -eq 125 ]
}

@test "what can't be had is said" {
	run env -u DISPLAY "$HUTCH" run --use x11 true
	[ "$status" -eq 125 ]
	[[ $output == *"--use x11: this host does not have"* ]]
	run env DISPLAY=:4711 "$HUTCH" run --use x11 true
	[ "$status" -eq 125 ]
}
