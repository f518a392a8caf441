# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of desktop applications share: a desktop of the test's own, without a screen, a sound
# card or anything of the machine's real desktop. Works as an ordinary user and as root.
#
#	load desktop
#	setup_file() { desktop_begin; start_x; start_bus; }	# once for a file (or in setup, once for a test)
#	teardown_file() { desktop_end; }
#	setup() { require xterm; cd "$D"; }
#	@test "…" {
#		start xterm "$HUTCH" run xterm	# in the background; its output is in $D/xterm.log
#		window xterm			# it is there, mapped; $window is its number
#		screenshot shot.png
#		[ "$(pixels shot.png 255,0,0)" -gt 1000 ]
#	}
#
# desktop_begin makes the directory $D, and in it $HOME and $XDG_RUNTIME_DIR, and takes every variable away
# that leads to another desktop. It lies below /var/tmp: /tmp is private inside a sandbox. Then, as needed:
#
#	start_x			Xvfb: $DISPLAY, $XAUTHORITY
#	start_wayland		sway without a screen: $WAYLAND_DISPLAY
#	start_audio		PipeWire, with the PulseAudio socket: $PULSE_SOCKET; one sink, named "test"
#	start_bus		a session bus: $DBUS_SESSION_BUS_ADDRESS
#	start_system_bus	another as system bus: $DBUS_SYSTEM_BUS_ADDRESS
#	start_portals		the desktop portal with the GTK backend, on the session bus and the X server
#
# Each returns when the server answers, which the server says itself where it can, and skips the test
# (or, in setup_file, the file) where it isn't installed. desktop_end ends all that `start` began.

bats_require_minimum_version 1.5.0

# require PACKAGE-COMMAND…: skip unless all are there: a program (dbus-daemon), or PACKAGE:PATH
require() {
	local each
	for each; do
		case $each in
		*:/*) [ -e "${each#*:}" ] || skip "there is no ${each#*:} (apt-get install ${each%%:*})" ;;
		*) command -v "$each" >/dev/null || skip "there is no $each" ;;
		esac
	done
}

desktop_begin() {
	D=$(mktemp -d "/var/tmp/hutch-desktop.XXXXXX")
	unset "${!XDG_@}" "${!DBUS_@}" "${!PULSE_@}" "${!PIPEWIRE_@}" "${!GTK_@}" "${!QT_@}" "${!WLR_@}"
	unset DISPLAY WAYLAND_DISPLAY XAUTHORITY SESSION_MANAGER SSH_AUTH_SOCK GPG_AGENT_INFO SWAYSOCK
	export D HOME=$D/home XDG_RUNTIME_DIR=$D/run LANG=C.UTF-8
	# Toolkits look for a bus and a settings daemon, and wait for them.
	export NO_AT_BRIDGE=1 GSETTINGS_BACKEND=memory
	mkdir -m 0700 "$HOME" "$XDG_RUNTIME_DIR"
	: >"$D/processes"
	cd "$D"
}

desktop_end() {
	local pid birth
	[ -d "${D:-}" ] || return 0
	cd /
	# Where the document portal is slow to end, its file system would outlive it.
	fusermount3 -u -z "$D/run/doc" 2>/dev/null || true
	# The last one first: clients before their servers.
	while read -r pid birth; do
		[ "$(birth_of "$pid")" = "$birth" ] || continue
		kill -- "-$pid" 2>/dev/null || true
		within 5 ended "$pid" "$birth" || kill -KILL -- "-$pid" || true
	done < <(tac "$D/processes")
	rm -rf "$D"
}

# A process's number may be another's after it; with the time of its start it is the same one.
birth_of() {
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	set -- ${stat##*) }
	[ "$1" = Z ] || echo "${20}"
}

ended() {
	[ "$(birth_of "$1")" != "$2" ]
}

# start NAME COMMAND…: in the background and a process group of its own; $started is its process
start() {
	local name=$1
	shift
	setsid "$@" >"$D/$name.log" 2>&1 3>&- </dev/null &
	started=$!
	echo "$started $(birth_of "$started")" >>"$D/processes"
}

# stop PID: what `start` began, now
stop() {
	local birth
	birth=$(birth_of "$1")
	[ -n "$birth" ] || return 0
	kill "$1"
	within 10 ended "$1" "$birth"
}

# within SECONDS COMMAND…: it comes true in that time
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "not in time: $*"; return 1; }
		sleep 0.05
	done
}

# A pipe on which a server says that it is ready: opened as $ready, read by heard NAME.
ready_pipe() {
	mkfifo "$D/$1.ready"
	exec {ready}<>"$D/$1.ready"
}

heard() {
	local name=$1
	heard=
	read -r -t 20 -u "$ready" heard || { echo "$name is not ready:"; cat "$D/$name.log"; return 1; }
	exec {ready}<&-
	rm "$D/$name.ready"
}

# start_x [OPTION…]: a screen of 800x600; without -noreset it would forget its cookies with its last client
start_x() {
	local cookie
	require Xvfb xauth mcookie
	[ -d /tmp/.X11-unix ] || mkdir -m 1777 /tmp/.X11-unix 2>/dev/null || true
	# The display's number is known only when it is there; the cookie is needed before.
	cookie=$(mcookie)
	export XAUTHORITY=$D/Xauthority
	: >"$XAUTHORITY"
	xauth -q -f "$XAUTHORITY" add ":0" . "$cookie" 2>/dev/null
	ready_pipe Xvfb
	start Xvfb Xvfb -displayfd "$ready" -auth "$XAUTHORITY" -screen 0 800x600x24 -nolisten tcp -noreset "$@"
	heard Xvfb
	export DISPLAY=:$heard
	xauth -q -f "$XAUTHORITY" add "$DISPLAY" . "$cookie"
}

# start_wayland [LINE…]: sway, or what SWAY says in its place; the lines are added to its configuration
start_wayland() {
	require sway
	ready_pipe sway
	{
		printf 'output HEADLESS-1 resolution 800x600 background #404040 solid_color\n'
		printf 'default_border none\nxwayland disable\n'
		[ "$#" -eq 0 ] || printf '%s\n' "$@"
		printf 'exec echo "$WAYLAND_DISPLAY $SWAYSOCK" >"%s"\n' "$D/sway.ready"
	} >"$D/sway.config"
	set --
	# sway does not run as root, but as somebody who is root outside.
	[ "$(id -u)" -ne 0 ] || set -- unshare --map-user=1000 --map-group=1000
	start sway "$@" env WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 ${SWAY:-sway} -c "$D/sway.config"
	heard sway
	export WAYLAND_DISPLAY=${heard% *} SWAYSOCK=${heard#* } XDG_SESSION_TYPE=wayland
}

start_bus() {
	require dbus-daemon
	ready_pipe bus
	# What it activates finds the display, when there is one.
	start bus dbus-daemon --session --nofork --nopidfile --print-address="$ready" --address="unix:path=$XDG_RUNTIME_DIR/bus"
	heard bus
	export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
}

# A bus with the rules of the session's, where clients look for the system's
start_system_bus() {
	require dbus-daemon
	ready_pipe system-bus
	start system-bus dbus-daemon --session --nofork --nopidfile --print-address="$ready" \
		--address="unix:path=$D/system_bus_socket"
	heard system-bus
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$D/system_bus_socket
}

# sound_server_does COMMAND…: a connection to a server that has just begun may never be answered
sound_server_does() { within 20 timeout 3 pactl "$@"; }

start_audio() {
	require pipewire wireplumber pipewire-pulse pactl
	export PULSE_SOCKET=$XDG_RUNTIME_DIR/pulse/native
	mkdir -p "$HOME/.config" "$HOME/.local/state"
	# The session manager does not start without a bus.
	[ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] || start_bus
	start pipewire pipewire
	within 20 test -S "$XDG_RUNTIME_DIR/pipewire-0"
	start wireplumber wireplumber
	start pipewire-pulse pipewire-pulse
	sound_server_does info
	sound_server_does load-module module-null-sink sink_name=test
	sound_server_does set-default-sink test
}

start_portals() {
	require xdg-desktop-portal:/usr/libexec/xdg-desktop-portal xdg-desktop-portal-gtk:/usr/libexec/xdg-desktop-portal-gtk \
		gdbus dbus-update-activation-environment
	[ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] || start_bus
	[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || start_x
	export XDG_CURRENT_DESKTOP=GNOME GTK_USE_PORTAL=0
	dbus-update-activation-environment --all
	start permission-store /usr/libexec/xdg-permission-store
	gdbus wait --session --timeout 20 org.freedesktop.impl.portal.PermissionStore
	# Needs FUSE; without, there are no documents.
	if [ -w /dev/fuse ] && command -v fusermount3 >/dev/null; then
		start document-portal /usr/libexec/xdg-document-portal
		gdbus wait --session --timeout 20 org.freedesktop.portal.Documents
	fi
	start portal-gtk /usr/libexec/xdg-desktop-portal-gtk
	gdbus wait --session --timeout 20 org.freedesktop.impl.portal.desktop.gtk
	start portal /usr/libexec/xdg-desktop-portal
	gdbus wait --session --timeout 20 org.freedesktop.portal.Desktop
}

# window TEXT [SECONDS]: a mapped window has it in its class, name or title; $window is its number
window() {
	require xdotool
	window=$(timeout "${2:-20}" xdotool search --sync --onlyvisible "$1" 2>/dev/null | head -n 1)
	[ -n "$window" ] || { echo "no window: $1"; xwininfo -root -tree; tail -n 20 "$D"/*.log; return 1; }
}

# screenshot FILE [WINDOW]: of the X server's screen, or of sway's where there is no X server
screenshot() {
	if [ -n "${DISPLAY:-}" ]; then
		require import
		import -silent -window "${2:-root}" "$1"
	else
		require grim
		grim "$1"
	fi
}

# pixels FILE RED,GREEN,BLUE: how many have about that colour, each 0 to 255
pixels() {
	require convert
	convert "$1" -alpha off -depth 8 -format '%c' histogram:info: | tr -s '():' ' ' | awk -v want="$2" '
		function off(a, b) { return a > b ? a - b : b - a }
		BEGIN { split(want, w, ",") }
		{ split($2, c, ","); if (off(c[1], w[1]) < 8 && off(c[2], w[2]) < 8 && off(c[3], w[3]) < 8) n += $1 }
		END { print n + 0 }'
}

# colours FILE: how many different ones
colours() {
	require convert
	convert "$1" -alpha off -format '%k' info:
}
