#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A twin for each word, named after it: with the word the thing that it stands for is reached, and without it is not.
# tests/style/promises holds that no word goes without. Devices are those of a made-up machine (tests/desktop/world).

load desktop

setup_file() {
	desktop_begin
	"$HUTCH" run true || skip "no sandbox works here (hutch doctor)"
	# Who connects is greeted by the socket's name.
	cat >"$D/greet.py" <<-'END'
		import os, socket, sys, threading
		def serve(path):
		    server = socket.socket(socket.AF_UNIX)
		    server.bind(path)
		    server.listen()
		    while True:
		        client = server.accept()[0]
		        client.sendall(os.path.basename(path).encode())
		        client.close()
		for path in sys.argv[1:]:
		    threading.Thread(target=serve, args=(path,)).start()
	END
	cat >"$D/hear.py" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		print("heard", s.recv(100).decode())
	END
	start greeters /usr/bin/python3 "$D/greet.py" "$D/cups.sock" "$D/pcscd.comm"
	within 20 test -S "$D/pcscd.comm"
	# A bus on which everything has an owner that answers whatever it is asked.
	if command -v dbus-daemon dbus-test-tool gdbus xdg-dbus-proxy >/dev/null; then
		start_bus
		for name in org.freedesktop.Notifications org.freedesktop.secrets org.freedesktop.portal.Desktop \
			org.freedesktop.portal.IBus org.freedesktop.ScreenSaver org.kde.StatusNotifierWatcher; do
			start "$name" dbus-test-tool echo --session --name="$name"
			gdbus wait --session --timeout 20 "$name"
		done
	fi
	start world "$SOURCE/tests/desktop/world" "$D" sh -c 'echo ready; exec sleep 600'
	export WORLD=$started
}

teardown_file() {
	desktop_end
}

setup() {
	cd "$D"
	machine=()
}

# on_the_machine: what follows runs on the machine with devices
on_the_machine() {
	within 30 grep -q ready world.log || skip "no machine can be made up here: $(tail -n 1 world.log)"
	machine=(nsenter --target "$WORLD" --user --preserve-credentials --mount --wd="$D")
}

# twin WORD COMMAND [OPTION…]: the command, for sh, comes to its end with the word and not without
twin() {
	local word=$1 command=$2
	shift 2
	run "${machine[@]}" "$HUTCH" run "$@" --use "$word" -- sh -c "$command && echo reached"
	echo "with: $output"
	[[ $status -eq 0 && $output == *reached* ]]
	run "${machine[@]}" "$HUTCH" run "$@" -- sh -c "echo began; $command && echo reached"
	echo "without: $output"
	[[ $output == began* && $output != *reached* ]]
}

# call NAME METHOD [PATH]: on the session's bus
call() {
	echo "dbus-send --session --print-reply --reply-timeout=5000 --dest=$1 ${3:-/x} $2"
}

own() {
	echo "dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.RequestName string:$1 uint32:0 | grep -q 'uint32 1'"
}

portal() {
	call org.freedesktop.portal.Desktop "org.freedesktop.portal.$1" /org/freedesktop/portal/desktop
}

on_the_bus() {
	[ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] || skip "there is no dbus-daemon, dbus-test-tool, gdbus or xdg-dbus-proxy"
}

# one_directory WORD NAME: of the user's home
one_directory() {
	mkdir -p "$HOME/$2"
	echo there >"$HOME/$2/file"
	twin "$1" "grep -q there ~/$2/file && echo x >~/$2/new"
	[ "$(cat "$HOME/$2/new")" = x ]
}

zeros() {
	echo "[ \"\$(head -c 4 $1 | od -An -tx1)\" = ' 00 00 00 00' ]"
}

@test "32-bit: a program for 32-bit processors" {
	[ "$(uname -m)" = x86_64 ] || skip "for x86-64"
	# exit(42) by the entry for 32 bits
	python3 - <<-'END'
		import os, struct
		code = b"\xb8\1\0\0\0\xbb\x2a\0\0\0\xcd\x80"
		base, size = 0x8048000, 52 + 32 + len(code)
		header = b"\x7fELF\1\1\1" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
		open("program32", "wb").write(header + struct.pack("<IIIIIIII", 1, 0, base, base, size, size, 5, 0x1000) + code)
		os.chmod("program32", 0o755)
	END
	run ./program32
	[ "$status" -eq 42 ] || skip "this kernel runs no 32-bit programs"
	twin 32-bit "{ $D/program32; [ \$? -eq 42 ]; }" --ro "$D"
}

@test "accessibility: the bus of screen readers, for what shows and not for who looks" {
	on_the_bus
	require at-spi2-core:/usr/libexec/at-spi-bus-launcher
	start a11y env -u NO_AT_BRIDGE /usr/libexec/at-spi-bus-launcher --launch-immediately
	gdbus wait --session --timeout 20 org.a11y.Bus
	at='gdbus call --address "$AT_SPI_BUS_ADDRESS"'
	registry="$at -d org.a11y.atspi.Registry -o /org/a11y/atspi/registry -m org.a11y.atspi.Registry"
	twin accessibility "$registry.GetRegisteredEvents"
	# Not what other programs have on their screens, nor what is typed.
	run "$HUTCH" run --use accessibility -- sh -c "$registry.RegisterEvent object:text-changed"
	[ "$status" -ne 0 ]
	run "$HUTCH" run --use accessibility -- sh -c "$at -d org.a11y.atspi.Registry -o /org/a11y/atspi/accessible/root \
		-m org.freedesktop.DBus.Properties.Get org.a11y.atspi.Accessible ChildCount"
	[ "$status" -ne 0 ]
	stop "$started"
}

sounding() {
	require pactl parec
	[ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] || skip "PipeWire's session manager needs a bus, and there is none"
	start_audio
}

# What it records, for a second or two, is more than nothing.
record='[ "$(timeout 3 parec --raw --latency-msec=20 -d test.monitor | head -c 1000 | wc -c)" -eq 1000 ]'

@test "ask-links: who asks the user about links is reached" {
	on_the_bus
	twin ask-links 'python3 -c "import socket; socket.socket(socket.AF_UNIX).connect(\"/run/hutch-links\")"'
	# And no portal.
	run "$HUTCH" run --use ask-links -- sh -c "$(portal OpenURI.OpenURI)"
	[ "$status" -ne 0 ]
}

@test "audio-playback: sound is played" {
	sounding
	head -c 20000 /dev/zero >silence
	twin audio-playback "pacat --raw $D/silence" --ro "$D/silence"
	run "$HUTCH" run --use audio-playback -- sh -c "$record"
	[ "$status" -ne 0 ]
}

@test "audio-record: sound is recorded" {
	sounding
	twin audio-record "$record"
}

@test "browser-sandbox: user namespaces, for a browser's own sandbox" {
	twin browser-sandbox 'unshare --user true'
}

@test "camera: a camera, and no radio of its family" {
	on_the_machine
	twin camera "$(zeros /dev/video0) && [ -e /sys/class/video4linux/video0/uevent ]"
	twin camera "[ ! -e /dev/radio0 ] && [ -e /dev/video0 ]"
}

@test "clipboard-only-by-portal: the portal is asked" {
	on_the_bus
	require Xephyr
	start_x
	twin clipboard-only-by-portal "$(portal Clipboard.RequestClipboard)"
}

@test "dconf-read: the database of settings, to read" {
	mkdir -p "$HOME/.config/dconf"
	echo there >"$HOME/.config/dconf/user"
	twin dconf-read 'grep -q there ~/.config/dconf/user && ! echo x >~/.config/dconf/user'
	[ "$(cat "$HOME/.config/dconf/user")" = there ]
}

@test "desktop-files: that directory" { one_directory desktop-files Desktop; }
@test "documents: that directory" { one_directory documents Documents; }
@test "downloads: that directory" { one_directory downloads Downloads; }
@test "music: that directory" { one_directory music Music; }
@test "pictures: that directory" { one_directory pictures Pictures; }
@test "public-files: that directory" { one_directory public-files Public; }
@test "templates: that directory" { one_directory templates Templates; }
@test "videos: that directory" { one_directory videos Videos; }

@test "fonts-and-themes: the user's fonts, to read" {
	mkdir -p "$HOME/.fonts"
	echo there >"$HOME/.fonts/file"
	twin fonts-and-themes 'grep -q there ~/.fonts/file && ! echo x >~/.fonts/file'
	[ "$(cat "$HOME/.fonts/file")" = there ]
}

@test "gamepad: a gamepad, and no keyboard" {
	on_the_machine
	twin gamepad "$(zeros /dev/input/event1) && $(zeros /dev/input/js0)"
	twin gamepad '[ ! -e /dev/input/event0 ] && [ -e /dev/input/event1 ]'
}

@test "git-config: the user's name for git" {
	require git
	git config --file "$HOME/.gitconfig" user.name twin
	twin git-config '[ "$(git config user.name)" = twin ] && ! git config --global user.name other'
}

@test "gpg-agent: signing, and no keys handed out" {
	require gpg gpg-agent gpgconf
	# GnuPG looks for its agent below /run/user, whatever XDG_RUNTIME_DIR says.
	on_the_machine
	export XDG_RUNTIME_DIR=/run/user/$(id -u)
	mkdir -m 0700 "$HOME/.gnupg"
	"${machine[@]}" gpg --batch --quiet --passphrase '' --quick-generate-key twin ed25519 sign never
	echo text >text
	twin gpg-agent "gpg --batch --armor --output - --local-user twin --sign $D/text | grep -q 'BEGIN PGP MESSAGE'" --ro "$D/text"
	run "${machine[@]}" "$HUTCH" run --use gpg-agent -- gpg --batch --armor --export-secret-keys twin
	[[ $output != *PRIVATE* ]]
	run "${machine[@]}" gpg --batch --armor --pinentry-mode loopback --passphrase '' --export-secret-keys twin
	[[ $output == *PRIVATE* ]]
	"${machine[@]}" gpgconf --kill gpg-agent
}

@test "gpu: the node that draws, not the one that switches" {
	on_the_machine
	twin gpu "$(zeros /dev/dri/renderD128) && grep -q 8086 /sys/class/drm/renderD128/device/vendor"
	twin gpu '[ ! -e /dev/dri/card0 ] && [ -e /dev/dri/renderD128 ]'
}

@test "input-method: the portal of input methods" {
	on_the_bus
	twin input-method "$(call org.freedesktop.portal.IBus org.freedesktop.IBus.Portal.CreateInputContext)"
}

@test "kvm: the hypervisor" {
	on_the_machine
	twin kvm "$(zeros /dev/kvm)"
}

@test "mpris: the name of a player" {
	on_the_bus
	twin mpris "$(own org.mpris.MediaPlayer2.twin)" --dbus-talk org.example.X
}

@test "nested-sandbox: user namespaces, and mounts in them" {
	twin nested-sandbox 'unshare --user --map-root-user --mount mount -t tmpfs tmpfs /tmp'
}

@test "network-host: what listens on this machine" {
	start server /usr/bin/python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True: s.accept()'
	within 20 grep -q . server.log
	twin network-host "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", $(cat server.log)), 5)'"
	stop "$started"
}

@test "no-secrets: takes away, so without it they are there" {
	mkdir -p "$HOME/.ssh" "$HOME/.aws"
	echo key | tee "$HOME/.ssh/id" >"$HOME/.aws/credentials"
	twin no-secrets '{ ! grep -rq key ~/.ssh ~/.aws; }' --home real
}

@test "notifications: the desktop's, by their methods alone" {
	on_the_bus
	twin notifications "$(call org.freedesktop.Notifications org.freedesktop.Notifications.Notify /org/freedesktop/Notifications)"
}

@test "open-links: the portal is asked to open, and nothing else" {
	on_the_bus
	twin open-links "$(portal OpenURI.OpenURI)"
	run "$HUTCH" run --use open-links -- sh -c "$(portal FileChooser.OpenFile)"
	[ "$status" -ne 0 ]
}

@test "portals: choosers and settings, and neither links nor the screen" {
	on_the_bus
	twin portals "$(portal FileChooser.OpenFile)"
	for other in OpenURI.OpenURI ScreenCast.CreateSession Screenshot.Screenshot RemoteDesktop.CreateSession; do
		run "$HUTCH" run --use portals -- sh -c "$(portal $other)"
		[ "$status" -ne 0 ]
	done
}

@test "printing: the socket of CUPS" {
	on_the_machine
	twin printing "python3 $D/hear.py /run/cups/cups.sock | grep -q 'heard cups.sock'" --ro "$D/hear.py"
}

@test "project: write in the working directory, but not where git obeys" {
	require git
	mkdir -p project
	cd project
	git init -q .
	twin project "[ -d .git ] && echo x >new && ! echo x >.git/hooks/pre-commit"
	[ -e new ]
	[ ! -e .git/hooks/pre-commit ]
}

@test "removable-media: what is plugged in" {
	on_the_machine
	twin removable-media 'grep -q "on the stick" /media/stick/file && echo x >/media/stick/new'
}

@test "runtime-directory: one of its own, empty" {
	twin runtime-directory "[ -w '$XDG_RUNTIME_DIR' ] && [ -z \"\$(ls -A '$XDG_RUNTIME_DIR')\" ] && [ \"\$XDG_RUNTIME_DIR\" = '$XDG_RUNTIME_DIR' ]"
}

@test "screen-share: the portal is asked for the screen, and not to type" {
	on_the_bus
	twin screen-share "$(portal ScreenCast.CreateSession)"
	run "$HUTCH" run --use screen-share -- sh -c "$(portal RemoteDesktop.CreateSession)"
	[ "$status" -ne 0 ]
}

@test "secrets: the keyring" {
	on_the_bus
	twin secrets "$(call org.freedesktop.secrets org.freedesktop.Secret.Service.SearchItems /org/freedesktop/secrets)"
}

@test "serial-ports: a port on the USB" {
	on_the_machine
	twin serial-ports "$(zeros /dev/ttyUSB0)"
}

@test "shared-memory: what others keep there" {
	file=$(mktemp /dev/shm/hutch-twin.XXXXXX)
	echo there >"$file"
	twin shared-memory "grep -q there $file" || failed=yes
	rm "$file"
	[ -z "${failed:-}" ]
}

@test "smartcard: the socket of pcscd" {
	on_the_machine
	twin smartcard "python3 $D/hear.py /run/pcscd/pcscd.comm | grep -q 'heard pcscd.comm'" --ro "$D/hear.py"
}

@test "ssh-agent: the keys that the agent has" {
	require ssh-agent ssh-add ssh-keygen
	ssh-keygen -q -t ed25519 -N '' -C twin-key -f "$D/key"
	start agent ssh-agent -D -a "$D/agent.sock"
	within 20 test -S "$D/agent.sock"
	export SSH_AUTH_SOCK=$D/agent.sock
	ssh-add -q "$D/key"
	twin ssh-agent "ssh-add -l | grep -q twin-key"
	# By its path neither.
	run "$HUTCH" run --env "SSH_AUTH_SOCK=$SSH_AUTH_SOCK" -- ssh-add -l
	[[ $status -ne 0 && $output != *twin-key* ]]
	stop "$started"
}

@test "stay-awake: the screen saver is held off, and neither locked nor asked" {
	on_the_bus
	twin stay-awake "$(call org.freedesktop.ScreenSaver org.freedesktop.ScreenSaver.Inhibit /org/freedesktop/ScreenSaver)"
	run "$HUTCH" run --use stay-awake -- sh -c "$(call org.freedesktop.ScreenSaver org.freedesktop.ScreenSaver.Lock)"
	[ "$status" -ne 0 ]
}

@test "tray: an icon in the panel" {
	on_the_bus
	twin tray "$(call org.kde.StatusNotifierWatcher org.kde.StatusNotifierWatcher.RegisterStatusNotifierItem /StatusNotifierWatcher)"
}

@test "u2f: a security key, and no keyboard" {
	on_the_machine
	twin u2f "$(zeros /dev/hidraw1)"
	twin u2f '[ ! -e /dev/hidraw0 ] && [ -e /dev/hidraw1 ]'
}

@test "usb: the devices on the bus" {
	on_the_machine
	twin usb "$(zeros /dev/bus/usb/001/001)"
}

@test "wayland: the compositor" {
	start compositor "$SOURCE/tests/desktop/fake-compositor" "$XDG_RUNTIME_DIR/wayland-9" good
	within 20 grep -q listening compositor.log
	export WAYLAND_DISPLAY=wayland-9
	# Where the user has it, and where the word has it.
	twin wayland "{ python3 $D/hear.py '$XDG_RUNTIME_DIR/wayland-9' || python3 $D/hear.py '$XDG_RUNTIME_DIR/wayland-0'; } | grep -q heard" --ro "$D/hear.py"
	stop "$started"
}

@test "x11: the user's display" {
	require xdpyinfo
	start_x
	twin x11 'DISPLAY=${DISPLAY:-'"$DISPLAY"'} xdpyinfo | grep -q "vendor string"' --ro "$XAUTHORITY"
}

@test "x11-isolated: a display, and not the user's" {
	require xdpyinfo Xephyr
	start_x
	twin x11-isolated 'DISPLAY=${DISPLAY:-'"$DISPLAY"'} xdpyinfo | grep -q "vendor string"' --ro "$XAUTHORITY"
}
