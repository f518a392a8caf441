#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a hostile program says to the helpers that it reaches, and what comes out behind them. What is tried against each with
# real servers is elsewhere (tests/net, tests/desktop, tests/cli); docs/threat-model.md says where. Here servers are
# helpers.py's, which do whatever they are told and note it, so that what a helper should have held back is seen.

load launch

# HELPER	ATTEMPT	WHAT IT HEARS	WHAT ARRIVES; with "!" what must not, and does where no helper stands between
table() {
	cat <<-'END'
		sound	own-stream	reply reply reply	sound: look 41
		sound	tag-twice	reply error reply error	!sound: kill 9
		sound	descriptor	reply reply	!sound: a descriptor
		bus	allowed	served	bus: call Ask org.example.Allowed
		bus	begin-with-more	served	!bus: call Ask org.example.Other
		bus	begin-with-blank	served	!bus: call Ask org.example.Other
		bus	signal-to-one	served	!bus: signal Told org.example.Other
		bus	answer-unasked	served	!bus: return org.example.Other
		bus	error-unasked	served	!bus: error org.example.Other
		links	file	refused	-
		links	nul	hung up	-
		links	control	refused	-
		links	option	refused	-
		links	long	hung up	-
		links	empty	refused	-
		links	asked	opened	bus: asks
	END
}

setup_file() {
	[ -x /usr/bin/python3 ] || skip "no python3"
	"$HUTCH" run true 2>/dev/null || skip "no sandbox can be made here (hutch doctor)"
}

setup() {
	here=$BATS_TEST_DIRNAME
	dir=$(realpath "$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")")
	cd "$dir"
	mkdir -m 0700 runtime
	export XDG_RUNTIME_DIR=$dir/runtime PULSE_SERVER=unix:$dir/runtime/sound DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/runtime/bus
	/usr/bin/python3 "$here/helpers.py" stand "$dir/runtime" 3>&- &
	servers=$!
	for i in {1..200}; do
		[[ ! -S runtime/sound || ! -S runtime/bus ]] || break
		sleep 0.02
	done
}

teardown() {
	kill "$servers" || true
}

attempts_of() {
	table | awk -F '\t' -v helper="$1" '$1 == helper { print $2 }'
}

arrived() {
	grep -qxF -- "$1" runtime/arrived
}

# holds HELPER OPTION…: every attempt on it, in one sandbox, comes to what the table says
holds() {
	local helper=$1 name heard arrives faults=0
	shift
	timeout 60 "$HUTCH" run "$@" --ro "$here/helpers.py" -- /usr/bin/python3 "$here/helpers.py" try "$helper" $(attempts_of "$helper") >heard
	while IFS=$'\t' read -r _ name heard arrives; do
		grep -qxF "$name: $heard" heard || { echo "$name: not $heard but $(grep "^$name: " heard)"; faults=1; }
		case $arrives in
		-) ;;
		!*) ! arrived "${arrives#!}" || { echo "$name: there arrived ${arrives#!}"; faults=1; } ;;
		*) arrived "$arrives" || { echo "$name: there did not arrive $arrives"; faults=1; } ;;
		esac
	done < <(table | awk -F '\t' -v helper="$helper" '$1 == helper')
	((faults == 0)) || { cat runtime/arrived; false; }
}

# works HELPER: where no helper stands between, all that must not arrive does
works() {
	local arrives
	timeout 60 /usr/bin/python3 "$here/helpers.py" try "$1" $(attempts_of "$1")
	while read -r arrives; do
		arrived "$arrives" || { echo "did not work without a helper: $arrives"; return 1; }
	done < <(table | awk -F '\t' -v helper="$1" '$1 == helper && sub("^!", "", $4) { print $4 }')
}

@test "sound: the answer to one command makes no stream of somebody else's its own, and no descriptor goes through" {
	holds sound --use audio-playback
	works sound
}

@test "the message bus: what is said past the handshake, or unasked, goes to nobody else (CVE-2018-6560)" {
	command -v xdg-dbus-proxy >/dev/null || skip "no xdg-dbus-proxy"
	holds bus --dbus-talk org.example.Allowed
	works bus
}

@test "links: what is no address that can be read is not asked about, and what is one never goes unasked" {
	[ -e /usr/bin/xdg-open ] || skip "there is no xdg-open on this host that could be covered"
	holds links --use ask-links
	! arrived "bus: does not ask" || false
	[ "$(grep -c OpenURI runtime/arrived)" = 1 ]
}

# Scopes would keep them from the bus; the rest of Landlock need not go with those
@test "a bus on an abstract name: who filters it, and who asks about links, are kept from files all the same" {
	command -v strace >/dev/null && command -v xdg-dbus-proxy >/dev/null || skip "no strace, or no xdg-dbus-proxy"
	[ -e /usr/bin/xdg-open ] || skip "there is no xdg-open on this host that could be covered"
	DBUS_SESSION_BUS_ADDRESS=unix:abstract=$dir/runtime/bus timeout 60 strace -f -qq -o trace -e trace=execve,landlock_restrict_self \
		"$HUTCH" run --dbus-talk org.example.Allowed --use ask-links --ro "$here/helpers.py" -- \
		/usr/bin/python3 "$here/helpers.py" try links empty >heard || skip "strace does not work here"
	[ "$(<heard)" = "empty: refused" ] # so it serves
	grep -q landlock_restrict_self trace || skip "no Landlock"
	for program in '/xdg-dbus-proxy"' '"hutch-open", "--serve"'; do
		# A call may stand on two lines, with others between them
		process=$(grep -F -m1 -- "$program" trace | cut -d ' ' -f 1)
		[ "$process" ] || { echo "no $program"; false; }
		grep -q "^$process .*landlock_restrict_self" trace || { echo "$program without Landlock"; false; }
	done
}

# Who else may write there could exchange a socket that a sandbox is to have for his own
@test "E79: in a runtime directory that is not the user's alone no helper listens" {
	chmod 0777 runtime
	for word in audio-playback ask-links wayland x11-isolated; do
		run --separate-stderr env WAYLAND_DISPLAY="$dir/runtime/bus" DISPLAY=:0 timeout 20 "$HUTCH" run --use "$word" -- sh -c '
			for socket in "${PULSE_SERVER#unix:}" /run/hutch-links "$XDG_RUNTIME_DIR/wayland-0" /tmp/.X11-unix/*; do
				[ ! -S "$socket" ] || echo "there is $socket"
			done
			echo ran'
		[[ $status == 125 || $output == ran ]] || { echo "$word: $output"; false; }
		[[ $status != 125 || $stderr == *"no runtime directory of yours alone"* || $stderr == *"no Wayland compositor"* || $stderr == *"neither"* ]] ||
			{ echo "$word: $stderr"; false; }
		[ "$(ls runtime)" = "$(printf 'arrived\nbus\nsound')" ]
	done
	[ ! -s runtime/arrived ]
}
