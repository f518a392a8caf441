#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Menu entries: `hutch integrate`.

bats_require_minimum_version 1.5.0

setup() {
	T=$(mktemp -d -p "${HUTCH_TEST_DIRECTORY:-/var/tmp}")
	chmod 0755 "$T"
	mkdir -p "$T/home/.config/hutch" "$T/system/applications" "$T/system/dbus-1/services"
	mkdir -m 0700 "$T/runtime"
	export HOME=$T/home XDG_DATA_DIRS=$T/system XDG_RUNTIME_DIR=$T/runtime
	unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_STATE_HOME
	DATA=$HOME/.local/share
	OWN=$DATA/applications
	SYSTEM=$T/system/applications
	cd "$HOME"
	printf '[profile]\ndescription = test\n' >"$HOME/.config/hutch/fox.profile"
	cat >"$SYSTEM/fox.desktop" <<-'END'
		[Desktop Entry]
		Type=Application
		Name=Fox
		Name[de]=Fuchs
		Icon=fox
		Categories=Network;
		MimeType=text/html;
		StartupWMClass=Fox
		Exec=fox --class "a b" %U
		Actions=new;

		[Desktop Action new]
		Name=New
		Exec=fox --new
	END
}

teardown() {
	cd /
	[ -z "$T" ] || rm -rf "$T"
}

tree() {
	(cd "$DATA" 2>/dev/null && find . -type f -printf '%p %m %s %T@ ' -exec cksum {} \; -o -type l -printf '%p %l\n' | sort) || true
}

@test "add wraps every Exec, marks names and keeps data; remove undoes it" {
	run -0 "$HUTCH" integrate add fox
	[ -z "$output" ] || [[ "$output" == *update-desktop-database* ]]
	grep -qx 'Exec=/.*/hutch run -- fox --class "a b" %U' "$OWN/fox.desktop"
	grep -qx 'Exec=/.*/hutch run -- fox --new' "$OWN/fox.desktop"
	grep -qx 'Name=Fox (hutch)' "$OWN/fox.desktop"
	grep -qxF 'Name[de]=Fuchs (hutch)' "$OWN/fox.desktop"
	grep -qx 'MimeType=text/html;' "$OWN/fox.desktop"
	grep -qx 'StartupWMClass=Fox' "$OWN/fox.desktop"
	if command -v desktop-file-validate >/dev/null; then
		desktop-file-validate "$OWN/fox.desktop"
	fi
	[ "$("$HUTCH" integrate list --names)" = fox.desktop ]
	"$HUTCH" integrate remove fox
	[ -z "$(tree)" ]
	[ -z "$("$HUTCH" integrate list)" ]
	run -125 "$HUTCH" integrate remove fox
}

@test "an entry of the user's own is the one that is wrapped, and comes back as it was" {
	mkdir -p "$OWN"
	sed 's/Name=Fox/Name=Mine/' "$SYSTEM/fox.desktop" >"$OWN/fox.desktop"
	touch -d '2001-02-03 04:05:06' "$OWN/fox.desktop"
	chmod 0640 "$OWN/fox.desktop"
	before=$(tree)
	"$HUTCH" integrate add fox
	grep -qx 'Name=Mine (hutch)' "$OWN/fox.desktop"
	"$HUTCH" integrate add fox # again: from the user's, not from hutch's
	grep -qx 'Name=Mine (hutch)' "$OWN/fox.desktop"
	"$HUTCH" integrate status
	"$HUTCH" integrate remove fox
	[ "$(tree)" = "$before" ]
	# a link is put back as a link
	mv "$OWN/fox.desktop" "$T/elsewhere.desktop"
	ln -s "$T/elsewhere.desktop" "$OWN/fox.desktop"
	"$HUTCH" integrate add fox
	[ ! -L "$OWN/fox.desktop" ]
	grep -qx 'Name=Mine' "$T/elsewhere.desktop"
	"$HUTCH" integrate remove fox
	[ "$(readlink "$OWN/fox.desktop")" = "$T/elsewhere.desktop" ]
}

@test "status tells what an update changed, and add makes it anew with the same options" {
	"$HUTCH" integrate add --home work fox
	grep -q -- 'hutch run --home work -- fox' "$OWN/fox.desktop"
	run -0 "$HUTCH" integrate status
	[[ "$output" == "fox.desktop "*" current "* ]]
	echo 'Keywords=web;' >"$T/more"
	sed -i "/^Icon/r $T/more" "$SYSTEM/fox.desktop"
	run -1 "$HUTCH" integrate status fox
	[[ "$output" == *" changed "* ]]
	"$HUTCH" integrate add fox
	grep -qx 'Keywords=web;' "$OWN/fox.desktop"
	grep -q -- 'hutch run --home work -- fox' "$OWN/fox.desktop"
	"$HUTCH" integrate status --json | python3 -c 'import json, sys
one, = json.load(sys.stdin)
assert one["state"] == "current" and one["home"] == "work"'
	rm "$SYSTEM/fox.desktop"
	run -1 "$HUTCH" integrate status
	[[ "$output" == *" gone "* ]]
	"$HUTCH" integrate remove fox
	[ -z "$(tree)" ]
}

@test "what somebody changed since is not dropped" {
	"$HUTCH" integrate add fox
	echo '# mine' >>"$OWN/fox.desktop"
	run -1 "$HUTCH" integrate status
	[[ "$output" == *" edited "* ]]
	run -125 "$HUTCH" integrate remove fox
	[[ "$output" == *"changed since"*"--force"* ]]
	run -125 "$HUTCH" integrate add fox
	"$HUTCH" integrate add --force fox
	"$HUTCH" integrate status
	rm "$OWN/fox.desktop"
	run -1 "$HUTCH" integrate status
	"$HUTCH" integrate remove fox
	[ -z "$(tree)" ]
}

@test "D-Bus activation starts the sandbox, too" {
	sed -i 's/^Icon/DBusActivatable=true\nIcon/; s/Exec=fox.*U/Exec=fox %U/' "$SYSTEM/fox.desktop"
	mv "$SYSTEM/fox.desktop" "$SYSTEM/org.fox.Fox.desktop"
	printf '[D-BUS Service]\nName=org.fox.Fox\nExec=/usr/bin/fox --service\nSystemdService=fox.service\n' \
		>"$T/system/dbus-1/services/org.fox.Fox.service"
	"$HUTCH" integrate add fox
	grep -qx DBusActivatable=false "$OWN/org.fox.Fox.desktop"
	grep -qx 'Exec=/.*/hutch run -- /usr/bin/fox --service' "$DATA/dbus-1/services/org.fox.Fox.service"
	! grep -q Systemd "$DATA/dbus-1/services/org.fox.Fox.service" || false
	# By the name of the program, whether the package is still there or not
	rm "$SYSTEM/org.fox.Fox.desktop"
	run -1 "$HUTCH" integrate status fox
	[[ "$output" == *" gone "* ]]
	"$HUTCH" integrate remove fox
	[ -z "$(tree)" ]
}

@test "programs without a profile, and those that another program starts, are refused" {
	rm "$HOME/.config/hutch/fox.profile"
	sed -i 's/fox --/vixen-x --/' "$SYSTEM/fox.desktop"
	run -125 "$HUTCH" integrate add fox
	[[ "$output" == *"no profile for vixen-x"* ]]
	[ -z "$(tree)" ]
	sed -i 's/vixen-x --/pkexec fox --/' "$SYSTEM/fox.desktop"
	run -125 "$HUTCH" integrate add fox
	run -125 "$HUTCH" integrate add nothing-like-it
	run -125 "$HUTCH" integrate add
	run -125 "$HUTCH" integrate ad fox
	[[ "$output" == *'did you mean "hutch integrate add"'* ]]
}

@test "--all-known takes what there is a profile for, and asks" {
	sed 's/Exec=fox/Exec=unknown-program/' "$SYSTEM/fox.desktop" >"$SYSTEM/unknown.desktop"
	[[ "$("$HUTCH" integrate list --all-known --names)" == fox.desktop ]]
	run -125 "$HUTCH" integrate add --all-known </dev/null
	[[ "$output" == *"--yes"* ]]
	[ -z "$(tree)" ]
	"$HUTCH" integrate add --all-known --yes
	[ "$("$HUTCH" integrate list --names)" = fox.desktop ]
	"$HUTCH" integrate remove --all-known
	[ -z "$(tree)" ]
}

@test "what a menu starts from it is in the sandbox" {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	command -v gio >/dev/null || skip "no gio"
	gio help launch >/dev/null 2>&1 || skip "gio cannot launch"
	mkdir "$HOME/out"
	echo private >"$HOME/secret"
	printf '#!/bin/sh\ntest -e ~/secret && echo seen >~/out/seen\necho "$@" >~/out/arguments\n' >"$T/fox"
	chmod 0755 "$T/fox"
	printf '[filesystem]\nrw = ~/out\n' >"$HOME/.config/hutch/fox.profile"
	sed -i "s,=fox --class,=$T/fox --class," "$SYSTEM/fox.desktop"
	"$HUTCH" integrate add fox
	gio launch "$OWN/fox.desktop" "$HOME/out/page.html" 3>&-
	for i in {1..200}; do [ ! -e "$HOME/out/arguments" ] || break; sleep 0.05; done
	[[ "$(cat "$HOME/out/arguments")" == "--class a b "*page.html ]]
	[ ! -e "$HOME/out/seen" ]
}
