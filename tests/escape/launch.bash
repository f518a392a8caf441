# SPDX-License-Identifier: GPL-2.0-or-later
# What the .bats files share: the programs, a directory of one's own, and how to look for what must not be there.

bats_require_minimum_version 1.5.0

here=$BATS_TEST_DIRNAME
HUTCH=$(realpath -m "${HUTCH:-$here/../../build/hutch}")
ATTACK_PROGRAM=$(realpath -m "${ATTACK_PROGRAM:-$here/../../build/helpers/attempts/hutch-attempts}")
RACER=$(realpath -m "${RACER:-$here/../../build/tests/escape/racer}")
KILLER=$(realpath -m "${KILLER:-$here/../../build/tests/escape/killer}")
# Rounds of each race
RACES=${HUTCH_RACES:-100}

setup() {
	dir=$(realpath "$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")")
	# Where nothing may ever appear
	mkdir "$dir/outside" "$dir/project"
	touch -d 2001-01-01 "$dir/outside"
	cp "$ATTACK_PROGRAM" "$dir/attack"
	cd "$dir/project" || return
}

hutch() {
	timeout --foreground -k 2 20 "$HUTCH" "$@"
}

# Nothing is there, and nothing was for a moment
untouched() {
	local found
	found=$(find "$dir/outside" -newermt 2002-01-01 -o ! -path "$dir/outside")
	[[ ! $found ]] || { echo "appeared outside: $found"; return 1; }
}

# Whether a process with this word in its command line lives
alive() {
	pgrep -f -- "$1" >/dev/null
}

# Waits up to a second for it to be gone
gone() {
	local i
	for i in {1..50}; do
		alive "$1" || return 0
		sleep 0.02
	done
	echo "still there: $(pgrep -af -- "$1")"
	return 1
}

# A word for a command line that is nobody else's
unique() {
	echo "$((RANDOM + 100000)).$$$RANDOM"
}

# many N COMMAND…: so often, a few at a time, with the number of the time behind it
many() {
	local lane lanes=() i
	for lane in 0 1 2 3; do
		for ((i = lane; i < $1; i += 4)); do "${@:2}" "$i" || true; done &
		lanes+=("$!")
	done
	wait "${lanes[@]}"
}
