#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# [display] wayland: a security context where the compositor has them, else its plain socket and a line that says so.
# The compositor with contexts is a fake one, that says what it was asked (fake-compositor); the one without is sway.

load desktop

setup() {
	desktop_begin
	isolated=(--profile "$D/isolated.profile")
	printf '[profile]\ndescription = test\n[display]\nwayland = isolated\n' >isolated.profile
	printf '[profile]\ndescription = test\n[display]\nwayland = plain\n' >plain.profile
}

teardown() {
	desktop_end
}

# fake HOW: the fake compositor; what it was asked is in $D/fake.log
fake() {
	require python3:/usr/bin/python3
	start fake "$SOURCE/tests/desktop/fake-compositor" "$XDG_RUNTIME_DIR/wayland-9" "$1"
	within 20 grep -q listening fake.log
	export WAYLAND_DISPLAY=wayland-9
}

says() {
	echo "says: $output"
	[[ "$output" == *"$1"* ]]
}

# What a client is told when it connects
GREETING='import os, socket
s = socket.socket(socket.AF_UNIX)
s.connect(os.path.join(os.environ["XDG_RUNTIME_DIR"], os.environ["WAYLAND_DISPLAY"]))
print(s.recv(100).decode())'

nothing_left() {
	[ -z "$(find "$XDG_RUNTIME_DIR" -name 'hutch-wayland*')" ]
}

@test "the compositor is told who it is, and serves the sandbox on a socket of its own" {
	fake good
	run -0 "$HUTCH" run --use wayland --report report.json -- /usr/bin/python3 -c "$GREETING"
	[ "$output" = hello ]
	cat fake.log
	grep -qx 'bind 7 wp_security_context_manager_v1 1' fake.log
	grep -qx 'create_listener 2 descriptors, listening' fake.log
	grep -qx 'set_sandbox_engine io.hutch' fake.log
	grep -qx 'set_app_id io.hutch.default' fake.log
	grep -qE '^set_instance_id [0-9a-f]+$' fake.log
	grep -qx 'a client of the sandbox' fake.log
	run ! grep unexpected fake.log
	# Twice: while the plan is made, and as the sandbox is.
	[ "$(grep -cx commit fake.log)" -eq 1 ]
	within 5 grep -qx 'the sandbox is gone' fake.log
	nothing_left
	run -0 python3 -c 'import json; print(json.load(open("report.json"))["layers"]["wayland"])'
	says "'enforced': True"
}

@test "it learns that the sandbox is gone also where hutch is killed" {
	fake good
	start sandbox "$HUTCH" run "${isolated[@]}" -- sleep 100
	within 10 grep -qx commit fake.log
	within 10 nothing_left
	run ! grep -x 'the sandbox is gone' fake.log
	kill -KILL "$started"
	within 10 grep -qx 'the sandbox is gone' fake.log
	nothing_left
}

@test "inside is that socket alone, and the variables for it" {
	fake good
	run -0 "$HUTCH" run "${isolated[@]}" -- sh -c 'ls -A $XDG_RUNTIME_DIR; stat -c %a $XDG_RUNTIME_DIR; env | sort'
	[ "${lines[0]}" = wayland-0 ]
	[ "${lines[1]}" = 700 ]
	says "WAYLAND_DISPLAY=wayland-0"
	says "XDG_SESSION_TYPE=wayland"
	says "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"
	[[ "$output" != *DISPLAY=:* ]]
}

@test "without the word there is no socket and no variable" {
	fake good
	run -0 "$HUTCH" run -- sh -c 'env; ls -d "$1"/* 2>&1; true' sh "$XDG_RUNTIME_DIR"
	[[ "$output" != *WAYLAND_DISPLAY* ]]
	says "No such file"
	run ! grep commit fake.log
}

@test "explain says which of the two it will be, and asks for nothing" {
	fake good
	run -0 "$HUTCH" explain "${isolated[@]}" true
	says "Wayland      in a security context, as io.hutch.file.isolated_2eprofile, at $XDG_RUNTIME_DIR/wayland-0  [$D/isolated.profile:4: wayland isolated]"
	run -0 "$HUTCH" explain --json "${isolated[@]}" true
	says '"access":"isolated"'
	run ! grep -x commit fake.log
	run -0 "$HUTCH" explain --profile "$D/plain.profile" true
	says "the compositor's own socket, as any other client"
}

@test "a compositor without security contexts: its socket, and one line" {
	fake absent
	run --separate-stderr "$HUTCH" run "${isolated[@]}" --report report.json -- sh -c 'test -S "$XDG_RUNTIME_DIR/$WAYLAND_DISPLAY" && echo there'
	[ "$status" -eq 0 ]
	[ "$output" = there ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == *"isolated.profile:4: wayland isolated: the compositor has no security contexts"* ]]
	run -0 python3 -c 'import json; print(json.load(open("report.json"))["layers"]["wayland"])'
	says "'enforced': False"
	# Who asked for no more gets no line.
	run --separate-stderr "$HUTCH" run --profile "$D/plain.profile" -- true
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "a compositor that has them and refuses: nothing runs" {
	fake refuse
	run "$HUTCH" run "${isolated[@]}" -- touch "$D/ran"
	[ "$status" -eq 125 ]
	says 'the compositor refused: no such \x1b[31mclients here'
	says "wayland = plain"
	nothing_left
}

@test "one that hangs up, or does not answer, while it is set up: nothing runs" {
	for how in hangup late; do
		fake "$how"
		run "$HUTCH" run "${isolated[@]}" -- echo it ran
		echo "$how: $output"
		[ "$status" -eq 125 ]
		[[ "$output" != *"it ran"* ]]
		nothing_left
		stop "$started"
		rm "$XDG_RUNTIME_DIR/wayland-9"
	done
}

@test "what is no message of Wayland's, or none at all: nothing runs, and it is not waited for without end" {
	for how in silent short long string flood; do
		fake "$how"
		run timeout 20 "$HUTCH" run "${isolated[@]}" -- echo it ran
		echo "$how: $output"
		[ "$status" -eq 125 ]
		[[ "$output" != *"it ran"* ]]
		[[ "$output" == *"isolated.profile:4: wayland isolated: Wayland: "* ]]
		stop "$started"
		rm "$XDG_RUNTIME_DIR/wayland-9"
	done
}

@test "no compositor, or something else by its name: nothing runs" {
	run "$HUTCH" run "${isolated[@]}" -- echo it ran
	[ "$status" -eq 125 ]
	says "there is no Wayland compositor"
	touch "$XDG_RUNTIME_DIR/wayland-9"
	WAYLAND_DISPLAY=wayland-9 run "$HUTCH" run "${isolated[@]}" -- echo it ran
	[ "$status" -eq 125 ]
	says "there is no Wayland compositor"
}

@test "foot maps its window on sway, which is shown; without the word it can't" {
	require foot grim swaymsg convert
	start_wayland
	start foot "$HUTCH" run --use wayland -- foot --override=colors.background=00ff00 cat
	green() { screenshot "$D/shot.png"; [ "$(pixels "$D/shot.png" 0,255,0)" -gt 100000 ]; }
	within 20 green
	grep -q "no security contexts" foot.log
	stop "$started"
	gone() { ! green; }
	within 10 gone
	run "$HUTCH" run -- foot cat
	[ "$status" -ne 0 ]
	! green
}

# sway has had them since 1.9. With an older one installed, SWAY may say how another is started: bwrap --dev-bind /root/of/it /
# --dev /dev --proc /proc --bind /var/tmp /var/tmp sway
@test "a real compositor with contexts gives a sandbox windows, and no pictures of the screen" {
	require foot grim wayland-info convert
	start_wayland
	wayland-info >"$D/outside"
	grep -q wp_security_context_manager_v1 outside || skip "this sway has no security contexts"
	"$HUTCH" run --use wayland --report report.json -- wayland-info >"$D/inside"
	run -0 python3 -c 'import json; print(json.load(open("report.json"))["layers"]["wayland"])'
	says "'enforced': True"
	for name in zwlr_screencopy_manager_v1 wp_security_context_manager_v1 zwlr_data_control_manager_v1 \
		zwp_virtual_keyboard_manager_v1 zwlr_layer_shell_v1; do
		grep -q "$name" outside
		! grep -q "$name" inside || false
	done
	grep -q xdg_wm_base inside
	start foot "$HUTCH" run --use wayland -- foot --override=colors.background=00ff00 cat
	green() { screenshot "$D/shot.png"; [ "$(pixels "$D/shot.png" 0,255,0)" -gt 100000 ]; }
	within 20 green
	run "$HUTCH" run --use wayland -- grim /tmp/shot.png
	[ "$status" -ne 0 ]
	# As any other client it could.
	run "$HUTCH" run --profile "$D/plain.profile" -- grim /tmp/shot.png
	[ "$status" -eq 0 ]
	nothing_left
}
