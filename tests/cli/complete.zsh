#!/usr/bin/zsh -f
# SPDX-License-Identifier: GPL-2.0-or-later
# What zsh offers for a command line, one a line. Usage: complete.zsh DIRECTORY PATH LINE
# A zsh on a terminal of its own types the line and a tab; compadd tells what it is given.
zmodload zsh/zpty
zpty shell zsh -f -i
ask() {
	zpty -w shell "$1"
}
ask "PS1= PS2= RPS1=; unsetopt beep; path=($2 \$path); fpath=($1 \$fpath); autoload -U compinit; compinit -u -D"
ask 'compadd() {
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return $?
	fi
	local -a offered
	builtin compadd -A offered "$@"
	(( $#offered )) && print -rl -- ${offered/#/OFFERED:}
	builtin compadd "$@"
}'
ask "bindkey '^I' complete-word; zstyle ':completion:*' verbose no; PS1='REA''DY>'"
# Typed before there is a prompt, a tab would be a tab.
zpty -r shell output '*READY>*'
zpty -w -n shell "$3"$'\t'
zpty -w -n shell $'\C-u''print -r -- DO''NE'$'\n'
output=
while zpty -r shell line; do
	output+=$line
	[[ $line == *DONE$'\r'* && $line != *print* ]] && break
done
zpty -d shell
print -r -- $output | tr -d '\r' | sed -n 's/.*OFFERED://p' | sort -u
