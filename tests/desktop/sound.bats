#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a program reaches of the sound server: with audio-playback it plays, and does nothing else; with audio-record it records
# too. PipeWire is asked, or the server that SOUND_SERVER names with its options: PulseAudio, where it is installed.

load desktop

setup_file() {
	require parec pacat pactl python3 xdg-dbus-proxy
	desktop_begin
	"$HUTCH" run true || skip "no sandbox works here (hutch doctor)"
	if [ -n "${SOUND_SERVER:-}" ]; then
		export PULSE_SOCKET=$XDG_RUNTIME_DIR/pulse/native
		mkdir -m 0700 "$XDG_RUNTIME_DIR/pulse"
		start server $SOUND_SERVER -n --daemonize=no --exit-idle-time=-1 --disable-shm=no -L "module-native-protocol-unix" \
			-L "module-null-sink sink_name=test" -L module-filter-apply
		sound_server_does info
	else
		start_audio
	fi
	python3 -c 'import math, struct, sys
sys.stdout.buffer.write(b"".join(struct.pack("<hh", *[int(9000 * math.sin(i / 20))] * 2) for i in range(44100 * 3)))' >"$D/tone"
}

teardown_file() {
	desktop_end
}

setup() {
	cd "$D"
}

# loudest FILE: the highest value of 16 bits in it; 0 where it is empty
loudest() {
	python3 -c 'import array, sys; print(max(array.array("h", open(sys.argv[1], "rb").read()[:300000 // 2 * 2]), default=0))' "$1"
}

plays() {
	pactl list short sink-inputs | grep -q .
}

# of_tone COMMAND…: the loudest of what is heard while it runs
of_tone() {
	rm -f heard
	start ear parec --latency-msec=20 -d test.monitor --raw
	within 20 listens
	"$@" || true
	stop "$started"
	mv "$D/ear.log" heard
	echo "heard $(loudest heard)"
}

listens() {
	pactl list short source-outputs | grep -q .
}

inside() { # WORD COMMAND…
	local word=$1
	shift
	"$HUTCH" run --use "$word" --ro "$D/tone" -- "$@"
}

@test "what it plays is heard" {
	run of_tone inside audio-playback pacat --raw --latency-msec=20 "$D/tone"
	echo "$output"
	[ "${output##*heard }" -gt 5000 ]
}

@test "recording is refused, of microphones as of what others play; with audio-record it is not" {
	start tone pacat --raw "$D/tone"
	within 20 plays
	run inside audio-playback timeout 5 parec --raw -d test.monitor
	[[ "$output" == *"Access denied"* ]]
	run inside audio-playback timeout 5 parec --raw
	[[ "$output" == *"Access denied"* ]]
	stop "$started" || true
	start tone pacat --raw "$D/tone"
	within 20 plays
	inside audio-record sh -c 'timeout 2 parec --raw --latency-msec=20 -d test.monitor || true' >recorded
	[ "$(loudest recorded)" -gt 5000 ]
	stop "$started" || true
}

@test "microphones are not even listed without audio-record" {
	run inside audio-playback pactl list short sources
	[[ "$status" -ne 0 && "$output" == *"Access denied"* ]]
	inside audio-record pactl list short sources | grep -q test.monitor
	inside audio-playback pactl list short sinks | grep -q test
}

@test "modules are loaded with neither word" {
	for word in audio-playback audio-record; do
		run inside $word pactl load-module module-null-sink sink_name=planted
		[[ "$status" -ne 0 && "$output" == *"Access denied"* ]]
		run inside $word pactl unload-module module-null-sink
		[ "$status" -ne 0 ]
		# Nor by what a stream says of itself.
		inside $word pacat --raw --property=filter.want=echo-cancel --property=media.class=Audio/Source \
			--property=media.title=titled --property=node.name=chosen --client-name=namely "$D/tone" &
		within 20 plays
		pactl list sink-inputs >streams
		wait
		! grep -q -e filter.want -e Audio/Source -e 'node.name = "chosen"' streams || false
		grep -q titled streams
	done
	! pactl list short sinks | grep -q planted || false
	! pactl list short modules | grep -q echo-cancel
}

@test "of streams it sees and changes its own" {
	start tone pacat --raw --property=media.title=private "$D/tone"
	within 20 plays
	inside audio-playback pactl info >/dev/null
	run inside audio-playback pactl list sink-inputs
	[[ "$status" -ne 0 && "$output" != *private* ]]
	number=$(pactl list short sink-inputs | head -n 1 | cut -f 1)
	run inside audio-playback pactl set-sink-input-mute "$number" 1
	[ "$status" -ne 0 ]
	pactl list sink-inputs | grep -q 'Mute: no'
	run inside audio-playback pactl set-sink-volume test 1%
	[ "$status" -ne 0 ]
	for other in "list clients" "list modules" "kill-client 1" "set-default-sink test" "suspend-sink test 1" \
		"send-message /core list-handlers"; do
		run inside audio-playback pactl $other
		[ "$status" -ne 0 ] || { echo "$other: $output"; false; }
	done
	stop "$started" || true
}

@test "what is no message of the protocol ends the connection, and no one else's" {
	cat >"$D/wrong.py" <<-'END'
		import os, socket, struct, sys
		def frame(body, channel=0xffffffff, flags=0):
		    return struct.pack(">IIIII", len(body), channel, 0, 0, flags) + body
		auth = frame(b"L" + struct.pack(">I", 8) + b"L" + bytes(4) + b"L" + struct.pack(">I", 0xc0000023) + b"x" + struct.pack(">I", 256) + bytes(256))
		def connect():
		    s = socket.socket(socket.AF_UNIX)
		    s.settimeout(10)
		    s.connect(os.environ["PULSE_SERVER"].removeprefix("unix:"))
		    s.sendall(auth)
		    answer = s.recv(4096)
		    # "L" REPLY "L" 0 "L" version, without the bits that offer memory
		    assert answer[20:30] == b"L" + struct.pack(">I", 2) + b"L" + bytes(4), answer
		    assert struct.unpack(">I", answer[31:35])[0] < 0x10000, answer
		    return s
		good = connect()
		for wrong in (frame(b"nonsense"), frame(b"L", flags=0x80000000), frame(b"x" * 100, 0, 0x80000000), frame(b"x", 0xffffffff, 1),
		    struct.pack(">IIIII", 0x7fffffff, 0xffffffff, 0, 0, 0), struct.pack(">IIIII", 0, 0, 0, 0, 0),
		    frame(b"L" + struct.pack(">I", 9) + b"L" + bytes(4) + b"?"), frame(b"L" + struct.pack(">I", 9) + b"L" + bytes(4) + b"tno end"),
		    frame(b"L" + struct.pack(">I", 9) + b"L" + bytes(4) + b"PtX\0L" + struct.pack(">I", 9) + b"x" + struct.pack(">I", 8) + bytes(8) + b"N")):
		    s = connect()
		    s.sendall(wrong)
		    try:
		        rest = s.recv(4096)
		    except ConnectionResetError:
		        rest = b""
		    assert rest == b"", (wrong, rest)
		good.sendall(frame(b"L" + struct.pack(">I", 51) + b"L" + struct.pack(">I", 7) + b"tmodule-null-sink\0t\0"))
		assert good.recv(4096) == frame(b"L" + bytes(4) + b"L" + struct.pack(">I", 7) + b"L" + struct.pack(">I", 1))
		print("fine")
	END
	run inside audio-playback true
	run "$HUTCH" run --use audio-playback --ro "$D/wrong.py" -- python3 "$D/wrong.py"
	echo "$output"
	[ "$output" = fine ]
}

@test "the filter has nothing but its sockets, and ends with the launcher, by whatever" {
	start waits "$HUTCH" run --use audio-playback -- sh -c 'pactl info >/dev/null && echo ready; sleep 60'
	within 20 grep -q ready waits.log
	filter=$(pgrep -P "$started" -x hutch-sound)
	birth=$(birth_of "$filter")
	grep -q '^NoNewPrivs:.1' "/proc/$filter/status"
	grep -q '^Seccomp:.2' "/proc/$filter/status"
	grep -q '^CapEff:.0000000000000000' "/proc/$filter/status"
	[ "$(tr -d '\0' <"/proc/$filter/environ" | wc -c)" -eq 0 ]
	# The socket has no name outside any more.
	[ -z "$(find "$XDG_RUNTIME_DIR" -name 'hutch-sound-*')" ]
	kill -KILL "$started"
	within 10 ended "$filter" "$birth"
}

@test "no server, or something else in its place, is said" {
	run env PULSE_SERVER=unix:/nonexistent "$HUTCH" run --use audio-playback true
	[ "$status" -eq 125 ]
	printf '[sound]\nplay = %s\n' "$D/tone" >"$D/wrong.profile"
	run "$HUTCH" run --profile "$D/wrong.profile" true
	[ "$status" -eq 125 ]
	[[ "${lines[0]}" == *"wrong.profile:2: play $D/tone: no sound server listens there" ]]
	run "$HUTCH" explain --use audio-record true
	[[ "$output" == *"sound        plays and records, through a filter, at $PULSE_SOCKET"* ]]
	[[ "$output" != *warning* ]]
}

@test "a filter that is killed takes the sound away, and the launcher says so" {
	start lost "$HUTCH" run --use audio-playback --ro "$D" sh -c \
		"pactl info >/dev/null && echo first; while [ ! -e '$D/go' ]; do sleep 0.05; done; timeout 5 pactl info || echo lost"
	within 20 grep -q first "$D/lost.log"
	kill -KILL "$(pgrep -P "$started" hutch-sound)"
	within 20 grep -q "hutch-sound was ended by signal 9; the program goes on without sound" "$D/lost.log"
	touch "$D/go"
	within 20 grep -q '^lost' "$D/lost.log"
	rm "$D/go"
}
