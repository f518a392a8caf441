# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests inside tests/net/world begin with.

bats_require_minimum_version 1.5.0

setup() {
	[ -n "${WORLD:-}" ] || skip "to be run by tests/net/world"
	"$HUTCH" explain --net internet true >/dev/null 2>&1 || skip "there is no hutch-net"
	T=$(mktemp -d)
	cd "$T"
	unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY no_proxy
}

teardown() {
	cd /
	[ -z "${T:-}" ] || rm -rf "$T"
	[ -z "${PROCESSES:-}" ] || kill $PROCESSES 2>/dev/null || true
}

# net OPTION… -- PROGRAM…: in a sandbox that has an internet and the directory of the test
net() {
	"$HUTCH" run --net internet --rw "$T" --ro "$WORLD" "$@"
}

need() {
	command -v "$1" >/dev/null || skip "there is no $1"
}

need_tun() {
	[ -r /dev/net/tun ] && [ -w /dev/net/tun ] || skip "/dev/net/tun can't be opened (chmod 0666 /dev/net/tun)"
}

# within SECONDS COMMAND…: it comes true in that time
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || { echo "not in time: $*"; return 1; }
		sleep 0.05
	done
}

# start COMMAND…: in the background; $started is its process, which ends with the test
start() {
	# The shell that runs a function would be the process, and the launcher a child that stays.
	[ "$1" != net ] || set -- "$HUTCH" run --net internet --rw "$T" --ro "$WORLD" "${@:2}"
	"$@" >"$T/out" 2>"$T/err" 3>&- &
	started=$!
	PROCESSES="${PROCESSES:-} $started"
}

# the helper of the launcher $1
helper_of() {
	pgrep -P "$1" -x hutch-net
}

look() {
	python3 -c 'import json, sys; j = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' "$1" "$2"
}
