#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The profiles of applications: all of them as text, and those whose programs are here by starting them.

load desktop

setup_file() {
	desktop_begin
	start_x
	start_bus
	"$HUTCH" run true || skip "no sandbox works here (hutch doctor)"
}

teardown_file() {
	desktop_end
}

# The profiles that are for a program of their name.
programs() {
	"$HUTCH" profile list --names profiles | grep -v -e '^base-' -e '^default$' -e '^shell$' -e '^agent$'
}

@test "at least 60 programs have a profile, and each is without fault" {
	[ "$(programs | wc -l)" -ge 60 ]
	run "$HUTCH" profile check "$SOURCE"/profiles/apps/*.profile "$SOURCE"/profiles/words/*.profile
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "the programs that people look for are among them" {
	for name in firefox firefox-esr chromium google-chrome google-chrome-stable brave brave-browser tor-browser \
		thunderbird signal-desktop element-desktop discord telegram-desktop libreoffice evince zathura okular eog feh \
		vlc mpv rhythmbox keepassxc code emacs vim vi view vimdiff gimp inkscape blender krita audacity steam wine lutris \
		transmission-gtk filezilla git ssh curl wget npm pip cargo go make yt-dlp ffmpeg pandoc; do
		[ -e "$SOURCE/profiles/apps/$name.profile" ] || { echo "$name"; false; }
	done
}

@test "each has one line that says what it is, and no two programs the same one" {
	cd "$SOURCE/profiles/apps"
	[ -z "$(grep -L '^description = ' -- *.profile)" ]
	[ -z "$(sed -n 's/^description = //p' -- *.profile | sort | uniq -d)" ]
}

@test "explain of each names no missing word" {
	mkdir -p empty
	cd empty
	for name in $(programs); do
		run "$HUTCH" explain --profile "$name" -- true
		[ "$status" -eq 0 ] || { echo "$name: $output"; false; }
		if grep -i -e "no such word" -e "unknown word" <<<"$output"; then
			echo "$name"
			false
		fi
	done
}

@test "no profile has in it what is known to lead out, without saying so" {
	cd "$SOURCE/profiles"
	# Words that say themselves how a program gets out with them are for the user to add.
	for word in $(grep -l '^escape = ' words/*.profile | sed 's@.*/@@; s@\.profile$@@'); do
		run grep -lE "^use = (.*[ |])?$word([ |]|$)" apps/*.profile
		[ "$status" -eq 1 ] || { echo "$word: $output"; false; }
	done
	run grep -nE '^(session|system)\.(talk|own|call) = .*(systemd1|StatusNotifierWatcher|freedesktop\.secrets|ca\.desrt\.dconf|portal\.Desktop\b)' apps/*.profile
	[ "$status" -eq 1 ] || { echo "$output"; false; }
}

@test "a program without a network has no link opened unasked, by which it could say something to somebody" {
	for name in $(programs); do
		"$HUTCH" explain --json --profile "$name" -- true >"$D/plan" || continue
		python3 - "$name" "$D/plan" <<-'END'
			import json, sys
			plan = json.load(open(sys.argv[2]))
			opens = "OpenURI" in json.dumps(plan["buses"])
			assert not (opens and plan["network"]["value"] == "none"), sys.argv[1]
		END
	done
}

@test "what is installed starts under its profile" {
	list=() absent=() faults=()
	mkdir -p project
	cd project
	while read -r program arguments; do
		case $program in '#'* | '') continue ;; esac
		path=$(command -v "$program" || true)
		# A profile of ours is not for what is in a home directory.
		case $(readlink -f "${path:-/none}") in /usr/* | /bin/* | /opt/*) ;; *) absent+=("$program"); continue ;; esac
		if timeout 60 "$HUTCH" run "$program" $arguments >"$D/output" 2>&1 </dev/null; then
			list+=("$program")
		else
			faults+=("$program")
			echo "--- $program $arguments: status $?"
			head -n 20 "$D/output"
		fi
	done <"$SOURCE/tests/desktop/programs"
	echo "# started (${#list[@]}): ${list[*]}" >&3
	echo "# not installed (${#absent[@]}): ${absent[*]}" >&3
	[ "${#list[@]}" -gt 5 ]
	[ "${#faults[@]}" -eq 0 ] || { echo "failed: ${faults[*]}"; false; }
}

@test "an editor may change the file that it is given, and no other; a viewer none" {
	require vim
	mkdir -p texts
	cd texts
	printf 'one\n' >a
	printf 'one\n' >b
	for editor in vim vi; do
		command -v "$editor" >/dev/null || continue
		"$HUTCH" run "$editor" -es -c 'normal Gotwo' -c 'wq' a
		[ "$(tail -n 1 a)" = two ]
		"$HUTCH" run "$editor" -es -c 'write! b' -c 'quit!' a || true
		[ "$(cat b)" = one ]
	done
	before=$(cat a)
	"$HUTCH" run view -es -c 'normal Gothree' -c 'wq!' a || true
	[ "$(cat a)" = "$before" ]
}

@test "a text that is opened can't reach the user's other files" {
	require vim
	mkdir -p texts
	echo secret >"$HOME/secret"
	echo x >texts/c
	run "$HUTCH" run vim -es -c "read $HOME/secret" -c 'print' -c 'quit!' texts/c
	[[ $output != *secret* ]]
	"$HUTCH" run vim -es -c "call writefile(['x'], '$HOME/.vimrc')" -c 'quit!' texts/c || true
	[ ! -e "$HOME/.vimrc" ]
}

@test "a package that is installed finds no tokens and leaves nothing in shared caches" {
	require npm
	mkdir -p project/package "$HOME/.npm"
	echo "//registry.npmjs.org/:_authToken=canary" >"$HOME/.npmrc"
	cat >project/package/package.json <<-'END'
		{"name": "x", "version": "1.0.0", "scripts": {"install": "cat ~/.npmrc; echo x >~/.npm/planted; echo x >~/.profile; echo ran >ran; true"}}
	END
	cd project/package
	run timeout 100 "$HUTCH" run npm install --offline --foreground-scripts
	[[ $output != *canary* ]]
	[ "$(cat ran)" = ran ]
	[ ! -e "$HOME/.npm/planted" ]
	[ ! -e "$HOME/.profile" ]
}
