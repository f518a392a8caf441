#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The completions that were built, as the shells themselves load them.

setup() {
	export HOME="$BATS_TEST_TMPDIR/home" XDG_CONFIG_HOME= PATH="${HUTCH%/*}:$PATH"
	mkdir -p "$HOME/.config/hutch/words"
	printf '[profile]\ndescription = x\n' >"$HOME/.config/hutch/zzz-mine.profile"
	printf '[network]\nmode = host\n' >"$HOME/.config/hutch/words/zzz-word.profile"
	cd "$BATS_TEST_TMPDIR"
	touch a-file
}

# What a shell offers for a line, one a line.
offer_bash() {
	bash --norc -c '
		. /usr/share/bash-completion/bash_completion
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		read -ra COMP_WORDS <<<"$2"
		[[ $2 == *" " ]] && COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_hutch hutch "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' - "$COMPLETIONS/hutch" "$1"
}

offer_zsh() {
	timeout 30 zsh -f "$SOURCE/tests/cli/complete.zsh" "$COMPLETIONS" "${HUTCH%/*}" "$1"
}

offer_fish() {
	fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$COMPLETIONS/hutch.fish" "$1" | cut -f1
}

expect() { # OUTPUT WORD…: each is a line of it
	local output=$1 word
	shift
	for word; do
		grep -qxF -e "$word" <<<"$output" || { echo "no $word in: $output"; return 1; }
	done
}

check_shell() {
	local offer=offer_$1 all

	all=$($offer 'hutch ')
	expect "$all" run profile help
	all=$($offer 'hutch run --r')
	expect "$all" --ro --rw --root --rlimit --report
	! grep -q -e '--json' <<<"$all" || false
	expect "$($offer 'hutch run --home ')" private overlay real
	all=$($offer 'hutch run --profile ')
	expect "$all" make default zzz-mine
	! grep -q zzz-word <<<"$all" || false
	all=$($offer 'hutch run --use ')
	expect "$all" project zzz-word
	! grep -q zzz-mine <<<"$all" || false
	expect "$($offer 'hutch run --seccomp ')" default strict none
	expect "$($offer 'hutch profile ')" list show check
	if "$HUTCH" run true 2>/dev/null; then
		"$HUTCH" run --name zzz-running sleep 100 3>&- &
		sleep 0.3
		for verb in info pause resume wait stop logs exec; do
			expect "$($offer "hutch $verb ")" zzz-running
		done
		"$HUTCH" stop zzz-running
		wait
	fi
	expect "$($offer 'hutch profile show ')" make zzz-mine zzz-word
	# The words of the program are its own.
	! $offer 'hutch run true --r' | grep -q -e '--rw' || false
	expect "$($offer 'hutch run --rw a-fi')" a-file
}

@test "bash" {
	[ -e /usr/share/bash-completion/bash_completion ] || skip "no bash-completion"
	check_shell bash
	expect "$(offer_bash 'hutch run --net host ech')" echo
}

@test "zsh" {
	command -v zsh >/dev/null || skip "no zsh"
	check_shell zsh
	expect "$(offer_zsh 'hutch run --net=h')" host
	expect "$(offer_zsh 'hutch run --net host ech')" echo
}

@test "fish" {
	command -v fish >/dev/null || skip "no fish"
	check_shell fish
	expect "$(offer_fish 'hutch run --net=h')" --net=host
	expect "$(offer_fish 'hutch run --net host ech')" echo
}

@test "every shell parses its file without a word" {
	run bash -n "$COMPLETIONS/hutch"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	if command -v zsh >/dev/null; then
		run zsh -n "$COMPLETIONS/_hutch"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	fi
	if command -v fish >/dev/null; then
		run fish --no-execute "$COMPLETIONS/hutch.fish"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	fi
}
