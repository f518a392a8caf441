#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Applications under their own profiles do what they are for: pages, documents and pictures of known colours
# come to the screen, sound to the loudspeaker; browsers with their own sandboxes on.

load desktop

setup_file() {
	desktop_begin
	start_x
	start_bus
	"$HUTCH" run true || skip "no sandbox works here (hutch doctor)"
	cp "$SOURCE/tests/desktop/page.html" "$D"
	mkdir "$HOME/Downloads" "$HOME/Pictures" "$HOME/Videos" "$HOME/Music"
}

teardown_file() {
	desktop_end
}

setup() {
	cd "$D"
}

# hutch_chromium ARGUMENT…: Chromium does not run as root, in a sandbox neither
need_chromium() {
	require chromium
	[ "$(id -u)" -ne 0 ] || skip "Chromium does not run as root"
}

# page_is FILE: a picture of page.html, 400x300
page_is() {
	[ "$(pixels "$1" 255,0,0)" -eq 30000 ]
	[ "$(pixels "$1" 0,0,255)" -eq 30000 ]
	[ "$(pixels "$1" 0,255,0)" -eq 60000 ]
}

# A PDF of one page, all of it in one colour ("1 0 0" is red)
pdf() {
	printf '%%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Contents 4 0 R>> endobj
4 0 obj <</Length 30>> stream
%s rg 0 0 400 300 re f       
endstream endobj
trailer <</Root 1 0 R>>
' "$1"
}

# On the screen of the test there are COUNT pixels of that colour
shown() {
	screenshot "$D/screen.png"
	[ "$(pixels "$D/screen.png" "$1")" -ge "$2" ]
}

not_shown() {
	! shown "$@"
}

# status_of PID KEY: from /proc/PID/status
status_of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# descendants of a process whose command line has TEXT
inside() {
	local pid child
	for pid in $(pgrep -P "$1"); do
		if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -e "$2"; then
			echo "$pid"
		fi
		inside "$pid" "$2"
	done
}

found_inside() {
	found=$(inside "$@" | head -n 1)
	[ -n "$found" ]
}

# confined MAIN PART: in PART, the browser's own filters stand on top of ours, and no capability is left
confined() {
	[ "$(status_of "$1" Seccomp)" -eq 2 ]
	[ "$(status_of "$2" Seccomp)" -eq 2 ]
	[ "$(status_of "$2" Seccomp_filters)" -gt "$(status_of "$1" Seccomp_filters)" ]
	[ "$(status_of "$2" NoNewPrivs)" -eq 1 ]
}

@test "Firefox renders a page" {
	require firefox-esr
	timeout 60 "$HUTCH" run firefox-esr --headless --screenshot "$HOME/Downloads/firefox.png" --window-size=400,300 \
		"file://$D/page.html"
	page_is "$HOME/Downloads/firefox.png"
}

@test "Firefox's own sandbox is on" {
	require firefox-esr
	start firefox "$HUTCH" run firefox-esr --headless "file://$D/page.html"
	# The process for pages of files is as confined as those for the web, but for reading files.
	within 40 found_inside "$started" '-contentproc .*tab'
	content=$found
	found_inside "$started" 'firefox-esr --headless'
	main=$(inside "$started" 'firefox-esr --headless' | tail -n 1)
	own_filter() { confined "$main" "$content"; }
	within 20 own_filter
	# In a user namespace of its own, which is how it gets an empty root and no network.
	[ "$(readlink "/proc/$content/ns/user")" != "$(readlink "/proc/$main/ns/user")" ]
	[ "$(readlink "/proc/$content/ns/net")" != "$(readlink "/proc/$main/ns/net")" ]
	[ "$(status_of "$content" CapEff)" = 0000000000000000 ]
	stop "$started"
}

@test "Chromium renders a page" {
	need_chromium
	timeout 60 "$HUTCH" run chromium --headless=new --disable-gpu --no-first-run --window-size=400,300 \
		--screenshot="$HOME/Downloads/chromium.png" "file://$D/page.html" 2>"$D/chromium.log"
	page_is "$HOME/Downloads/chromium.png"
}

@test "Chromium's own sandbox is on" {
	need_chromium
	start chromium "$HUTCH" run chromium --headless=new --disable-gpu --no-first-run --remote-debugging-port=0 "file://$D/page.html"
	within 40 found_inside "$started" '--type=renderer'
	renderer=$found
	main=$(inside "$started" 'chromium --headless' | grep -vxF "$(inside "$started" '--type=')" | tail -n 1)
	own_filter() { confined "$main" "$renderer"; }
	within 20 own_filter
	[ "$(readlink "/proc/$renderer/ns/user")" != "$(readlink "/proc/$main/ns/user")" ]
	[ "$(readlink "/proc/$renderer/ns/pid")" != "$(readlink "/proc/$main/ns/pid")" ]
	[ "$(readlink "/proc/$renderer/ns/net")" != "$(readlink "/proc/$main/ns/net")" ]
	# One PID namespace more than the browser itself is in.
	[ "$(status_of "$renderer" NSpid | wc -w)" -gt "$(status_of "$main" NSpid | wc -w)" ]
	[ "$(status_of "$renderer" CapEff)" = 0000000000000000 ]
	stop "$started"
}

@test "Chromium refuses where it may make no sandbox" {
	need_chromium
	run timeout 60 "$HUTCH" run --nested=no chromium --headless=new --disable-gpu --no-first-run \
		--screenshot="$HOME/Downloads/refused.png" "file://$D/page.html"
	[ "$status" -ne 0 ]
	[[ $output == *"No usable sandbox"* ]]
	[ ! -e "$HOME/Downloads/refused.png" ]
}

@test "a second Chromium opens its page in the first" {
	need_chromium
	start chromium "$HUTCH" run chromium --disable-gpu --no-first-run "file://$D/page.html"
	within 40 shown 255,0,0 20000
	run timeout 60 "$HUTCH" run chromium --disable-gpu --no-first-run about:blank
	[[ $output == *"existing browser session"* ]]
	within 20 not_shown 255,0,0 20000
	stop "$started"
}

@test "Firefox shows a page in a window" {
	require firefox-esr
	start firefox "$HUTCH" run firefox-esr "file://$D/page.html"
	within 40 shown 255,0,0 20000
	within 10 shown 0,0,255 20000
	stop "$started"
}

@test "Zathura shows a document" {
	require zathura
	pdf '1 0 0' >red.pdf
	start zathura "$HUTCH" run zathura red.pdf
	within 30 shown 255,0,0 50000
	stop "$started"
	within 10 not_shown 255,0,0 50000
}

@test "Evince shows a document" {
	require evince
	pdf '0 0 1' >blue.pdf
	start evince "$HUTCH" run evince blue.pdf
	within 30 shown 0,0,255 20000
	stop "$started"
}

@test "KeePassXC opens its window" {
	require keepassxc
	start keepassxc "$HUTCH" run keepassxc
	many_colours() { screenshot "$D/screen.png"; [ "$(colours "$D/screen.png")" -gt 200 ]; }
	within 30 many_colours
	stop "$started"
}

@test "xterm draws, with the word for a display of its own" {
	require xterm
	start xterm "$HUTCH" run --use x11-isolated xterm -bg '#ff00ff' -geometry 60x20
	within 30 shown 255,0,255 50000
	stop "$started"
}

@test "mpv shows a picture, with a display and without sound" {
	require mpv
	convert -size 200x150 'xc:#00ffff' cyan.png
	start mpv "$HUTCH" run mpv --no-terminal --ao=null --vo=x11 --image-display-duration=inf cyan.png
	within 30 shown 0,255,255 20000
	stop "$started"
}

@test "GIMP shows a picture" {
	require gimp
	convert -size 200x150 'xc:#ffff00' yellow.png
	start gimp "$HUTCH" run gimp --no-splash yellow.png
	within 60 shown 255,255,0 20000
	stop "$started"
}

@test "foot draws on Wayland" {
	require foot
	(
		unset DISPLAY
		start_wayland
		start foot "$HUTCH" run --use wayland foot --override=colors.background=ff8000 cat
		within 30 shown 255,128,0 100000
		stop "$started"
	)
}

@test "mpv is heard, with the word for it, and not without" {
	require mpv parec
	start_audio
	python3 -c 'import math, struct, wave
w = wave.open("tone.wav", "wb"); w.setnchannels(2); w.setsampwidth(2); w.setframerate(44100)
w.writeframes(b"".join(struct.pack("<hh", *[int(12000 * math.sin(i / 20))] * 2) for i in range(88200)))'
	# as loud as the loudest thing that was heard while COMMAND ran
	loudest() {
		local recorder
		start record parec --latency-msec=20 -d test.monitor --file-format=wav recorded.wav
		recorder=$started
		recording() { pactl list short source-outputs | grep -q .; }
		within 10 recording
		"$@" >"$D/mpv.log" 2>&1 || true
		stop "$recorder"
		python3 -c 'import array; d = open("recorded.wav", "rb").read()[44:]; print(max(array.array("h", d[:len(d) // 4 * 4]), default=0))'
	}
	[ "$(loudest "$HUTCH" run mpv --no-video --ao=pulse tone.wav)" -gt 8000 ]
	[ "$(loudest "$HUTCH" run --profile base-viewer mpv --no-video --ao=pulse tone.wav)" -lt 100 ]
}
