#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a program reaches of the message buses: nothing, then what rules name, and no more.

load desktop

setup_file() {
	require xdg-dbus-proxy dbus-send dbus-monitor gdbus dbus-test-tool pgrep python3
	desktop_begin
	start_bus
	# Services of the host. What answers to systemd1 here would start any program on a real desktop.
	for name in org.example.Echo org.example.Other org.freedesktop.systemd1 org.freedesktop.Notifications; do
		start "$name" dbus-test-tool echo --session --name="$name"
		gdbus wait --session --timeout 20 "$name"
	done
}

teardown_file() {
	desktop_end
}

setup() {
	cd "$D"
	"$HUTCH" run true 2>/dev/null || skip "no sandbox can be made here"
}

# call NAME [PATH [METHOD]]: what a program inside says to it
call() {
	echo "dbus-send --session --print-reply --reply-timeout=5000 --dest=$1 ${2:-/x} ${3:-org.example.Iface.Method}"
}

names="dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames"

@test "without a rule there is no bus: no socket, no variable, no name to connect to" {
	run "$HUTCH" run --keep-env XDG_RUNTIME_DIR --keep-env DBUS_SESSION_BUS_ADDRESS sh -c "ls -A '$XDG_RUNTIME_DIR'; $names"
	[ "$status" -ne 0 ]
	[[ "$output" != *org.example* ]]
	[[ "$output" == *"No such file"* ]]
	run "$HUTCH" run env
	[[ "$output" != *DBUS* ]]
	[ ! -e "$XDG_RUNTIME_DIR/hutch-bus" ] || [ -z "$(ls -A "$XDG_RUNTIME_DIR/hutch-bus")" ]
}

@test "only names that a rule lets see are listed" {
	run --separate-stderr "$HUTCH" run --dbus-talk org.example.Echo sh -c "$names"
	[ "$status" -eq 0 ]
	[[ "$output" == *org.example.Echo* ]]
	[[ "$output" != *org.example.Other* && "$output" != *systemd1* && "$output" != *Notifications* ]]
	# What this host does have, seen from outside: the test would notice a proxy that shows all.
	run sh -c "$names"
	[[ "$output" == *org.example.Other* && "$output" == *systemd1* ]]
	run "$HUTCH" run --dbus-talk 'org.example.*' sh -c "$names"
	[[ "$output" == *org.example.Echo* && "$output" == *org.example.Other* && "$output" != *systemd1* ]]
}

@test "a service is called where a rule says talk, and is unknown otherwise" {
	run "$HUTCH" run --dbus-talk org.example.Echo sh -c "$(call org.example.Echo)"
	[ "$status" -eq 0 ]
	for rule in talk=org.example.Other own=org.example.Mine; do
		run "$HUTCH" run "--dbus-${rule%=*}" "${rule#*=}" sh -c "$(call org.example.Echo)"
		[ "$status" -ne 0 ]
		[[ "$output" == *ServiceUnknown* ]]
	done
	# Seen is not called.
	run "$HUTCH" run --dbus-see org.example.Echo sh -c "$(call org.example.Echo)"
	[ "$status" -ne 0 ]
	[[ "$output" == *AccessDenied* ]]
}

@test "a rule for single methods lets those be called, at their path" {
	rule=org.example.Echo=org.example.Iface.Method@/a
	run "$HUTCH" run --dbus-call "$rule" sh -c "$(call org.example.Echo /a)"
	[ "$status" -eq 0 ]
	run "$HUTCH" run --dbus-call "$rule" sh -c "$(call org.example.Echo /b)"
	[[ "$status" -ne 0 && "$output" == *AccessDenied* ]]
	run "$HUTCH" run --dbus-call "$rule" sh -c "$(call org.example.Echo /a org.example.Iface.Methods)"
	[[ "$status" -ne 0 && "$output" == *AccessDenied* ]]
	# An interface with an asterisk is that interface, not those whose names go on.
	run "$HUTCH" run --dbus-call 'org.example.Echo=org.example.Iface.*@/a/*' sh -c "$(call org.example.Echo /a/b)"
	[ "$status" -eq 0 ]
	run "$HUTCH" run --dbus-call 'org.example.Echo=org.example.Iface.*@/a/*' sh -c \
		"$(call org.example.Echo /a/b org.example.Iface.More.Method)"
	[[ "$status" -ne 0 && "$output" == *AccessDenied* ]]
}

@test "systemd's user manager is out of reach, also by having it started" {
	run "$HUTCH" run --dbus-talk org.example.Echo sh -c \
		"$(call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager.ListUnits)"
	[[ "$status" -ne 0 && "$output" == *ServiceUnknown* ]]
	run "$HUTCH" run --dbus-talk org.example.Echo dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
		org.freedesktop.DBus.StartServiceByName string:org.freedesktop.systemd1 uint32:0
	[ "$status" -ne 0 ]
	run "$HUTCH" run --dbus-talk org.example.Echo dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
		org.freedesktop.DBus.UpdateActivationEnvironment dict:string:string:PATH,/tmp/evil
	[ "$status" -ne 0 ]
	# By the connection's number, which a program may guess.
	owner=$(gdbus call --session -d org.freedesktop.DBus -o / -m org.freedesktop.DBus.GetNameOwner org.freedesktop.systemd1)
	owner=${owner#*\'}
	run "$HUTCH" run --dbus-talk org.example.Echo sh -c "$(call "${owner%%\'*}")"
	[ "$status" -ne 0 ]
}

@test "a name is owned only where a rule says so" {
	request="dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.RequestName"
	run "$HUTCH" run --dbus-talk org.example.Echo sh -c "$request string:org.example.Mine uint32:0"
	[ "$status" -ne 0 ]
	run "$HUTCH" run --dbus-own org.example.Mine sh -c "$request string:org.example.Mine uint32:0"
	[ "$status" -eq 0 ]
	run "$HUTCH" run --dbus-own 'org.example.Mine.*' sh -c "$request string:org.example.Mine.instance1 uint32:0"
	[ "$status" -eq 0 ]
	run "$HUTCH" run --dbus-own org.example.Mine sh -c "$request string:org.example.Mine2 uint32:0"
	[ "$status" -ne 0 ]
}

@test "dbus-monitor inside hears nothing but what rules let in" {
	inside='dbus-monitor --session & sleep 0.5; echo ready >&2; sleep 1.5; kill $!'
	for rules in "--dbus-talk org.example.Other" \
		"--dbus-broadcast org.freedesktop.DBus=org.freedesktop.DBus.NameOwnerChanged" \
		"--dbus-talk org.example.Sender"; do
		start monitor "$HUTCH" run $rules sh -c "$inside"
		within 20 grep -q ready "$D/monitor.log"
		# A name that is taken, a call among others, a signal to all: all of it in the session.
		gdbus emit --session --object-path /secret --signal org.example.Secret.Signal "'SECRET'"
		dbus-send --session --print-reply --dest=org.example.Echo /secret org.example.Secret.Call string:SECRET >/dev/null
		within 20 ended "$started" "$(birth_of "$started")"
		! grep -q -i secret "$D/monitor.log" || false
	done
}

@test "what was refused is told once, with the line that allows it" {
	run "$HUTCH" run --dbus-talk org.example.Other --dbus-log sh -c \
		"$(call org.example.Echo /a/b); $(call org.example.Echo /a/b); dbus-send --session --print-reply \
		--dest=org.freedesktop.DBus / org.freedesktop.DBus.RequestName string:org.example.Mine uint32:0"
	[ "$(grep -c 'org.example.Iface.Method at /a/b' <<<"$output")" -eq 1 ]
	line=$(sed -n 's/^hutch: try: \[dbus\] \(session.call = .*\)/\1/p' <<<"$output")
	own=$(sed -n 's/^hutch: try: \[dbus\] \(session.own = .*\)/\1/p' <<<"$output")
	[ "$own" = "session.own = org.example.Mine" ]
	printf '[dbus]\n%s\n' "$line" >"$D/allowed.profile"
	run "$HUTCH" run --profile "$D/allowed.profile" sh -c "$(call org.example.Echo /a/b)"
	[ "$status" -eq 0 ]
	# Without it, nothing is said.
	run "$HUTCH" run --dbus-talk org.example.Other sh -c "$(call org.example.Echo) 2>/dev/null; true"
	[ -z "$output" ]
	# Of what leads out, the advice says so.
	run "$HUTCH" run --dbus-talk org.example.Other --dbus-log sh -c "$(call org.freedesktop.systemd1); true"
	[[ "$output" == *"session.call = org.freedesktop.systemd1="*"(but starts any program outside"* ]]
}

@test "a proxy that is killed takes the bus away, and the launcher says so" {
	start lost "$HUTCH" run --ro "$D" --dbus-talk org.example.Echo sh -c \
		"$(call org.example.Echo) >/dev/null && echo first; while [ ! -e '$D/go' ]; do sleep 0.05; done
		 $(call org.example.Echo) || echo lost"
	within 20 grep -q first "$D/lost.log"
	proxy=$(pgrep -P "$started" -f xdg-dbus-proxy)
	kill -KILL "$proxy"
	within 20 grep -q "the proxy was ended by signal 9; the program goes on without the session bus" "$D/lost.log"
	touch "$D/go"
	within 20 grep -q lost "$D/lost.log"
	rm "$D/go"
}

@test "the proxy ends with the launcher, and what it left is removed by the next start" {
	start killed "$HUTCH" run --dbus-talk org.example.Echo sh -c "$(call org.example.Echo) >/dev/null && echo first; sleep 60"
	within 20 grep -q first "$D/killed.log"
	proxy=$(pgrep -P "$started" -f xdg-dbus-proxy)
	birth=$(birth_of "$proxy")
	[ "$(ls "$XDG_RUNTIME_DIR/hutch-bus" | wc -l)" -eq 1 ]
	left=$(ls "$XDG_RUNTIME_DIR/hutch-bus")
	[ -f "$XDG_RUNTIME_DIR/.flatpak/$left/bwrapinfo.json" ]
	# flatpak's own sweep leaves it alone as long as that lock is held.
	python3 -c '
import fcntl, struct, sys
f = open(sys.argv[1], "r+")
try:
    fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(0)
sys.exit("not locked")' "$XDG_RUNTIME_DIR/.flatpak/$left/.ref"
	# Another sandbox does not sweep the living.
	"$HUTCH" run --dbus-talk org.example.Echo true
	[ -f "$XDG_RUNTIME_DIR/.flatpak/$left/bwrapinfo.json" ]
	kill -KILL "$started"
	within 10 ended "$proxy" "$birth"
	"$HUTCH" run --dbus-talk org.example.Echo true
	[ ! -e "$XDG_RUNTIME_DIR/.flatpak/$left" ]
	[ -z "$(ls -A "$XDG_RUNTIME_DIR/hutch-bus")" ]
}

@test "the proxy has no privileges, no descriptors of others and none of the user's files" {
	exec 8<"$0"
	start idle "$HUTCH" run --dbus-talk org.example.Echo sh -c "$(call org.example.Echo) >/dev/null && echo first; sleep 60"
	exec 8<&-
	within 20 grep -q first "$D/idle.log"
	proxy=$(pgrep -P "$started" -f xdg-dbus-proxy)
	grep -q '^NoNewPrivs:.1' "/proc/$proxy/status"
	grep -q '^Seccomp:.2' "/proc/$proxy/status"
	grep -q '^CapEff:.0000000000000000' "/proc/$proxy/status"
	grep -q '^CapBnd:.0000000000000000' "/proc/$proxy/status"
	[ "$(tr -d '\0' <"/proc/$proxy/environ" | wc -c)" -eq 0 ]
	run ls -l "/proc/$proxy/fd"
	[[ "$output" != *"$D"* && "$output" != *.bats* ]]
	[ "$(ls "/proc/$proxy/root" | tr '\n' ' ')" = "$(cd /; ls -d bin bus etc gnu lib lib32 lib64 libx32 nix proxy sbin usr 2>/dev/null | tr '\n' ' ' | sed 's/^bin /bin bus /; s/ sbin/ proxy sbin/')" ]
	grep -q '^name=io.hutch.default$' "/proc/$proxy/root/.flatpak-info"
	stop "$started"
}

@test "the system's bus is another one, behind rules of its own" {
	start_system_bus
	start system-echo env DBUS_SESSION_BUS_ADDRESS="$DBUS_SYSTEM_BUS_ADDRESS" dbus-test-tool echo --session --name=org.example.System
	within 20 dbus-send --system --print-reply --dest=org.example.System /x org.example.I.M
	ask="dbus-send --system --print-reply --dest=org.example.System /x org.example.I.M"
	run "$HUTCH" run --dbus-system-talk org.example.System sh -c "$ask"
	[ "$status" -eq 0 ]
	run "$HUTCH" run --dbus-talk org.example.System sh -c "$ask"
	[ "$status" -ne 0 ]
	run "$HUTCH" run --dbus-system-talk org.example.Other sh -c "$ask"
	[[ "$status" -ne 0 && "$output" == *ServiceUnknown* ]]
	run "$HUTCH" run --dbus-system-talk org.example.System sh -c "$(call org.example.Echo)"
	[ "$status" -ne 0 ]
}

@test "a wrong rule is an error with its place, and nothing runs" {
	printf '[dbus]\n\nsession.talk = org.example.Fine org..wrong\n' >"$D/wrong.profile"
	run "$HUTCH" run --profile "$D/wrong.profile" touch "$D/ran"
	[ "$status" -eq 125 ]
	[[ "${lines[0]}" == *"wrong.profile:3: session.talk org..wrong: not a name on a bus" ]]
	[ ! -e "$D/ran" ]
	run "$HUTCH" run --dbus-call org.example.Echo true
	[[ "$status" -eq 125 && "${lines[0]}" == "hutch: --dbus-call org.example.Echo: no rule behind the name" ]]
}

@test "none takes away what stands before it" {
	printf '[dbus]\nsession.talk = org.example.Echo\n' >"$D/echo.profile"
	run "$HUTCH" run --profile "$D/echo.profile" sh -c "$(call org.example.Echo)"
	[ "$status" -eq 0 ]
	run "$HUTCH" run --profile "$D/echo.profile" --dbus-session none sh -c "$(call org.example.Echo)"
	[ "$status" -ne 0 ]
	run "$HUTCH" run --profile "$D/echo.profile" --dbus-session none --dbus-talk org.example.Other sh -c "$(call org.example.Echo)"
	[[ "$status" -ne 0 && "$output" == *ServiceUnknown* ]]
}

@test "where there is no session bus a profile's rules are passed over, and an option is an error" {
	printf '[dbus]\nsession.talk = org.example.Echo\n' >"$D/echo.profile"
	DBUS_SESSION_BUS_ADDRESS="unix:path=$D/none" run "$HUTCH" run --profile "$D/echo.profile" echo ran
	[ "$output" = ran ]
	DBUS_SESSION_BUS_ADDRESS="unix:path=$D/none" run "$HUTCH" run --dbus-talk org.example.Echo echo ran
	[ "$status" -eq 125 ]
	[ "${lines[0]}" = "hutch: --dbus-talk org.example.Echo: you have no session bus" ]
}

@test "explain warns of what leads out, whichever rule grants it" {
	for rule in "talk org.freedesktop.systemd1" "talk org.freedesktop.*" "call org.freedesktop.systemd1=*" \
		"own org.freedesktop.systemd1"; do
		run "$HUTCH" explain "--dbus-${rule% *}" "${rule#* }" true
		[[ "$output" == *"warning"*"org.freedesktop.systemd1 starts any program outside"* ]]
	done
	run "$HUTCH" explain --dbus-call 'ca.desrt.dconf=ca.desrt.dconf.Writer.Init' true
	[[ "$output" == *"warning"*"settings of other programs"* ]]
	run "$HUTCH" explain --dbus-talk org.example.Echo --dbus-see 'org.freedesktop.*' \
		--dbus-call 'ca.desrt.dconf=org.freedesktop.DBus.Peer.*' true
	[[ "$output" != *warning* ]]
	run "$HUTCH" explain --dbus-talk org.freedesktop.portal.Desktop true
	[[ "$output" != *warning* ]]
	run "$HUTCH" explain --dbus-talk org.freedesktop.portal.Desktop --dbus-identity=no true
	[[ "$output" == *"warning"*"takes the program for one outside"* ]]
}

@test "what the bus activates for an integrated program is the sandbox" {
	local ran=$HOME/ran
	export XDG_DATA_DIRS=$D/host-data XDG_DATA_HOME=$D/own-data
	mkdir -p "$XDG_DATA_DIRS/applications" "$XDG_DATA_DIRS/dbus-1/services" "$HOME/.config/hutch" "$ran"
	printf '[profile]\ndescription = test\n[filesystem]\nrw = ~/ran\n[dbus]\nsession.own = org.example.Fox\n' \
		>"$HOME/.config/hutch/fox.profile"
	printf '#!/bin/sh\nreadlink /proc/self/ns/mnt >~/ran/namespace\ntest ! -e ~/private || echo seen >~/ran/seen\n%s\n' \
		'exec dbus-test-tool echo --session --name=org.example.Fox' >"$D/fox"
	chmod 0755 "$D/fox"
	echo private >"$HOME/private"
	printf '[Desktop Entry]\nType=Application\nName=Fox\nExec=%s %%U\nDBusActivatable=true\n' "$D/fox" \
		>"$XDG_DATA_DIRS/applications/org.example.Fox.desktop"
	printf '[D-BUS Service]\nName=org.example.Fox\nExec=%s --service\n' "$D/fox" \
		>"$XDG_DATA_DIRS/dbus-1/services/org.example.Fox.service"
	"$HUTCH" integrate add fox
	# A bus that finds both, like the one of a login; the user's own come first
	ready_pipe activating
	start activating dbus-daemon --session --nofork --nopidfile --print-address="$ready" \
		--address="unix:path=$XDG_RUNTIME_DIR/activating"
	heard activating
	export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/activating
	dbus-send --session --print-reply --reply-timeout=20000 --dest=org.example.Fox /x org.example.Iface.Method
	[ -s "$ran/namespace" ]
	[ "$(cat "$ran/namespace")" != "$(readlink /proc/self/ns/mnt)" ]
	[ ! -e "$ran/seen" ]
	"$HUTCH" integrate remove fox
	stop "$started"
}
