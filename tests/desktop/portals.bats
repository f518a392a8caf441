#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The desktop's portals, with a real xdg-desktop-portal: they know the sandbox, hand over what was granted and
# nothing beside it, and open links outside.

load desktop

setup_file() {
	require xdg-dbus-proxy gdbus python3
	/usr/bin/python3 -c 'import dbus' 2>/dev/null || skip "there is no dbus for python3 (apt-get install python3-dbus)"
	desktop_begin
	mkdir -p "$HOME/.local/share/applications" "$HOME/.config"
	# Who opens links outside writes down what it got.
	printf '#!/bin/sh\necho "$1" >>"%s/opened"\n[ ! -f "$1" ] || cat "$1" >>"%s/opened"\n' "$D" "$D" >"$D/browser"
	chmod +x "$D/browser"
	printf '[Desktop Entry]\nType=Application\nName=Browser\nExec=%s %%u\nMimeType=x-scheme-handler/https;x-scheme-handler/hutch-test;text/plain;\n' \
		"$D/browser" >"$HOME/.local/share/applications/browser.desktop"
	printf '[Default Applications]\nx-scheme-handler/https=browser.desktop\ntext/plain=browser.desktop\n[Added Associations]\nx-scheme-handler/hutch-test=browser.desktop\n' \
		>"$HOME/.config/mimeapps.list"
	start_portals
	cat >"$D/grant.py" <<-'END'
		import dbus, os, sys
		documents = dbus.Interface(dbus.SessionBus().get_object("org.freedesktop.portal.Documents",
		    "/org/freedesktop/portal/documents"), "org.freedesktop.portal.Documents")
		fd = os.open(sys.argv[1], os.O_PATH | os.O_CLOEXEC)
		ids, extra = documents.AddFull([dbus.types.UnixFd(fd)], dbus.UInt32(4), sys.argv[2], sys.argv[3:],
		    signature="ahusas")
		print(ids[0])
	END
}

teardown_file() {
	desktop_end
}

setup() {
	cd "$D"
	"$HUTCH" run true 2>/dev/null || skip "no sandbox can be made here"
}

list='gdbus call --session -d org.freedesktop.portal.Documents -o /org/freedesktop/portal/documents -m org.freedesktop.portal.Documents.List ""'
portals='--dbus-talk=org.freedesktop.portal.*'

documents() {
	gdbus call --session -d org.freedesktop.portal.Documents -o /org/freedesktop/portal/documents \
		-m org.freedesktop.portal.Documents.GetMountPoint >/dev/null 2>&1 ||
		skip "there is no document portal (it needs /dev/fuse and fusermount3)"
}

@test "a portal knows the sandbox from a program outside" {
	documents
	run sh -c "$list"
	[ "$status" -eq 0 ]
	run "$HUTCH" run "$portals" sh -c "$list"
	[ "$status" -ne 0 ]
	[[ "$output" == *"Not allowed in sandbox"* ]]
	# Without the identity it is one outside: what the warning of explain says.
	run "$HUTCH" run "$portals" --dbus-identity=no sh -c "$list"
	[ "$status" -eq 0 ]
	run "$HUTCH" run "$portals" --dbus-identity=no test -e /.flatpak-info
	[ "$status" -ne 0 ]
}

@test "the sandbox is named after its profile, and nobody inside can say otherwise" {
	printf '[dbus]\nsession.talk = org.freedesktop.portal.*\n' >"$D/my+app.profile"
	run "$HUTCH" run --profile "$D/my+app.profile" cat /.flatpak-info
	[[ "$output" == *"name=io.hutch.file.my_2bapp_2eprofile"* ]]
	run "$HUTCH" run "$portals" sh -c 'echo x >/.flatpak-info || rm /.flatpak-info || mv /.flatpak-info /x'
	[ "$status" -ne 0 ]
}

@test "portals find the sandbox's first process, as long as it runs" {
	start waits "$HUTCH" run "$portals" sh -c 'cat /.flatpak-info; sleep 60'
	within 20 grep -q instance-id "$D/waits.log"
	instance=$(sed -n 's/^instance-id=//p' "$D/waits.log")
	info="$XDG_RUNTIME_DIR/.flatpak/$instance/bwrapinfo.json"
	child=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["child-pid"])' "$info")
	[ "$(awk '/^NSpid:/ { print $NF }' "/proc/$child/status")" -eq 1 ]
	[ "$(awk '/^PPid:/ { print $2 }' "/proc/$child/status")" -eq "$started" ]
	stop "$started"
	[ ! -e "$XDG_RUNTIME_DIR/.flatpak/$instance" ]
}

@test "a file that was granted is seen, for what it was granted for, and what is beside it is not" {
	documents
	mkdir -p "$HOME/secret"
	echo granted >"$HOME/secret/a.txt"
	echo sibling >"$HOME/secret/b.txt"
	id=$(/usr/bin/python3 "$D/grant.py" "$HOME/secret/a.txt" io.hutch.default read)
	other=$(/usr/bin/python3 "$D/grant.py" "$HOME/secret/b.txt" io.hutch.other read write)
	run "$HUTCH" run "$portals" cat "$XDG_RUNTIME_DIR/doc/$id/a.txt"
	[ "$output" = granted ]
	run "$HUTCH" run "$portals" sh -c "echo x >'$XDG_RUNTIME_DIR/doc/$id/a.txt'"
	[ "$status" -ne 0 ]
	run "$HUTCH" run "$portals" find "$XDG_RUNTIME_DIR/doc" -type f
	[ "$output" = "$XDG_RUNTIME_DIR/doc/$id/a.txt" ]
	# Nor what another program was granted, by whatever way.
	run "$HUTCH" run "$portals" sh -c "cat '$XDG_RUNTIME_DIR/doc/$other/b.txt' '$XDG_RUNTIME_DIR/doc/by-app/io.hutch.other/$other/b.txt'"
	[[ "$status" -ne 0 && "$output" != *sibling* ]]
	# Without a rule for portals there are no documents.
	run "$HUTCH" run --dbus-talk org.example.X ls "$XDG_RUNTIME_DIR/doc"
	[ "$status" -ne 0 ]
	[ "$(cat "$HOME/secret/a.txt")" = granted ]
}

@test "the word portals lets settings be read, and no interface that it does not name" {
	ask="gdbus call --session -d org.freedesktop.portal.Desktop -o /org/freedesktop/portal/desktop -m org.freedesktop.portal"
	run "$HUTCH" run --use portals sh -c "$ask.Settings.Read org.freedesktop.appearance color-scheme"
	[ "$status" -eq 0 ]
	run "$HUTCH" run --use notifications sh -c "$ask.Settings.Read org.freedesktop.appearance color-scheme"
	[ "$status" -ne 0 ]
	run "$HUTCH" run --use portals sh -c "$ask.Screenshot.Screenshot '' '{}'"
	[[ "$status" -ne 0 && "$output" == *AccessDenied* ]]
}

opened() { grep -q "$1" "$D/opened"; }

@test "xdg-open inside has a link opened outside, where the word open-links is" {
	[ -e /usr/bin/xdg-open ] || skip "there is no xdg-open on this host that could be covered"
	: >"$D/opened"
	run "$HUTCH" run --use open-links sh -c 'xdg-open "https://example.org/a?b=c#d"'
	[ "$status" -eq 0 ]
	within 20 opened '^https://example.org/a?b=c#d$'
	run "$HUTCH" run sh -c 'xdg-open https://example.org/without'
	[ "$status" -ne 0 ]
	run "$HUTCH" run --use notifications sh -c 'xdg-open https://example.org/without'
	[ "$status" -ne 0 ]
	# Files are handed over by descriptor: what is not there inside can't be asked for.
	echo "not inside" >"$HOME/outside.txt"
	run "$HUTCH" run --use open-links sh -c "xdg-open '$HOME/outside.txt'"
	[ "$status" -eq 2 ]
	run "$HUTCH" run --use open-links sh -c "xdg-open 'file://$HOME/outside.txt'"
	[ "$status" -eq 2 ]
	! opened without || false
	! opened outside || false
	run "$HUTCH" run --use open-links sh -c xdg-open
	[ "$status" -eq 1 ]
}

# press LEFT|RIGHT: the button at that end of the chooser's head
press() {
	local geometry x
	window 'Open With'
	geometry=$(xdotool getwindowgeometry --shell "$window")
	x=50
	[ "$1" = LEFT ] || x=$(($(sed -n 's/^WIDTH=//p' <<<"$geometry") - 50))
	xdotool mousemove --window "$window" "$x" 27 click 1
}

@test "with ask-links the user is asked about each, and what is not agreed to is not opened" {
	[ -e /usr/bin/xdg-open ] || skip "there is no xdg-open on this host that could be covered"
	require xdotool
	: >"$D/opened"
	start asked "$HUTCH" run --use ask-links sh -c 'xdg-open hutch-test:agreed; echo "status $?"'
	window 'Open With'
	! opened agreed || false
	press RIGHT
	within 20 opened '^hutch-test:agreed$'
	within 20 grep -qx 'status 0' asked.log
	# Also what was agreed to before.
	start refused "$HUTCH" run --use ask-links sh -c 'xdg-open hutch-test:refused; echo "status $?"'
	press LEFT
	within 20 grep -qx 'status 4' refused.log
	! opened refused || false
	# No file of outside, nothing that can't be read, and no way around.
	for what in file:///etc/passwd 'hutch-test:a b' hutch-test: "hutch-test:$(printf '%05000d' 0)" $'hutch-test:a\nb'; do
		run "$HUTCH" run --use ask-links sh -c 'xdg-open "$1"' sh "$what"
		[ "$status" -ne 0 ]
	done
	run "$HUTCH" run --use ask-links sh -c 'gdbus call --session -d org.freedesktop.portal.Desktop \
		-o /org/freedesktop/portal/desktop -m org.freedesktop.portal.OpenURI.OpenURI "" hutch-test:around "{}"'
	[ "$status" -ne 0 ]
	! opened around || false
	[ "$(wc -l <"$D/opened")" -eq 1 ]
}
