# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of throwaway sessions share: a home of the test's own, with some files in it.

session_setup() {
	unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME
	# Not in /tmp, which is private inside.
	T=$(mktemp -d -p "${HUTCH_TEST_DIRECTORY:-/var/tmp}")
	export HOME=$T/home XDG_STATE_HOME=$T/home/.local/state
	mkdir -p "$HOME/project/sub" "$HOME/.ssh" "$HOME/.config/gh"
	echo key >"$HOME/.ssh/id"
	echo token >"$HOME/.config/gh/hosts.yml"
	printf 'one\ntwo\nthree\n' >"$HOME/project/text"
	echo sub >"$HOME/project/sub/file"
	cd "$HOME/project"
	"$HUTCH" shell --rm -- true 2>/dev/null || skip "hutch shell does not work here (hutch doctor)"
}

session_teardown() {
	cd /
	[ -z "$T" ] || { chmod -R u+rwx "$T" 2>/dev/null || true; rm -rf "$T"; }
}

# in_session NAME SCRIPT: change something
in_session() {
	"$HUTCH" shell --keep "$1" -- sh -ec "$2" 2>"$T/summary"
}

# state of everything but the sessions
tree() {
	(cd "${1:-$HOME}" && find . -path ./.local -prune -o -printf '%p %y %m %n %s %l\n' -type f -exec cksum {} \; | sort)
}
