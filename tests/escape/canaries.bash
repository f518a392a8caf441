# SPDX-License-Identifier: GPL-2.0-or-later
# Finds the programs and starts the canaries, for run and faults. Sets hutch, attack, dir, named, ATTACK.
build=${BUILD:-$here/../../build}
hutch=$(realpath -m "${HUTCH:-$build/hutch}")
attack=${ATTACK_PROGRAM:-$build/helpers/attempts/hutch-attempts}

for program in "$hutch" "$attack"; do
	[[ -x $program ]] || { echo "$0: $program is missing: build it first" >&2; exit 2; }
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/hutch-escape.XXXXXX") || exit 2
dir=$(realpath "$dir")
chmod 755 "$dir"
name=$(basename "$dir")
finish() {
	[[ ${canary_in:-} ]] && exec {canary_in}>&-
	[[ ${canary_pid:-} ]] && wait "$canary_pid"
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM

# A copy, so that the program is the user's own file, which is the worst case
cp "$attack" "$dir/attack"
coproc watch { exec "$attack" --canary "$dir" "$name"; }
canary_pid=$watch_PID canary_out=${watch[0]} canary_in=${watch[1]}
read -r ATTACK <&"$canary_out" || { echo "run: no canaries" >&2; exit 2; }
export HUTCH_ESCAPE_TOKEN=${ATTACK#token=}
HUTCH_ESCAPE_TOKEN=${HUTCH_ESCAPE_TOKEN%% *}
named=$dir/tree/named

# Sets state: "ok", or what was touched
ask_canaries() {
	echo check >&"$canary_in"
	IFS= read -r -t 10 state <&"$canary_out" || state="the canaries are dead"
}
