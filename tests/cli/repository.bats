#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What git obeys in the working directory: read-only under the word "project", in linked work trees too.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	command -v git >/dev/null || skip "no git"
	export HOME=$BATS_TEST_TMPDIR/home XDG_CONFIG_HOME= XDG_STATE_HOME=
	mkdir -p "$HOME/repo"
	cd "$HOME/repo"
	git init -q .
	git config user.email a@example.org
	git config user.name name
	echo one >file
	git add file
	git commit -qm one
}

teardown() {
	chmod -R u+rwX "$BATS_TEST_TMPDIR" || true
}

@test "git works, and its configuration and hooks stay as they are" {
	rm -rf .git/hooks
	"$HUTCH" run --use project sh -c 'echo two >>file && git commit -qam two'
	[ "$(git log --oneline | wc -l)" -eq 2 ]
	for attack in 'echo x >.git/config' 'mkdir .git/hooks && echo x >.git/hooks/pre-commit' 'echo x >.git/hooks/pre-commit' \
		'echo /tmp >.git/commondir' 'ln -s /tmp .git/commondir' 'rm .git/commondir' \
		'git config core.fsmonitor ./evil' 'mv .git g && mkdir -p .git/hooks' 'rm .git/config' 'ln -sf /tmp .git/hooks' \
		'echo x >.git/config.worktree && git config extensions.worktreeConfig true'; do
		run "$HUTCH" run --use project sh -c "$attack"
		[ "$status" -ne 0 ] || { echo "worked: $attack"; false; }
	done
	[ ! -e .git/hooks ]
	[ ! -e .git/commondir ]
	[ -z "$(git config core.fsmonitor)" ]
}

@test "two at once, and git on the host meanwhile, get along with the guard that says something" {
	"$HUTCH" run --use project --rw . sh -c 'echo >on; while [ ! -e go ]; do sleep 0.05; done; git commit -qam later' 3>&- &
	for _ in $(seq 100); do [ ! -e on ] || break; sleep 0.05; done
	[ "$(cat .git/commondir)" = . ]
	[ "$(stat -c %a .git/commondir)" = 444 ]
	"$HUTCH" run --use project sh -c 'git status --short >/dev/null && git log --oneline && [ "$(git config user.name)" = name ]'
	[ "$(cat .git/commondir)" = . ]
	echo host >>file
	git commit -qam host
	git fsck
	echo more >>file
	echo >go
	wait $!
	[ ! -e .git/commondir ]
	[ "$(git log --oneline | wc -l)" -eq 3 ]
}

@test "a directory of hooks in the work tree is read-only, one elsewhere is not shown" {
	mkdir .husky "$HOME/hooks"
	git config core.hooksPath .husky
	run "$HUTCH" run --use project sh -c 'echo x >.husky/pre-commit'
	[[ "$output" == *"Read-only file system"* ]]
	git config core.hooksPath "$HOME/hooks"
	run "$HUTCH" run --use project ls "$HOME/hooks"
	[[ "$output" == *"No such file"* ]]
}

@test "a submodule's configuration is read-only, its objects are not" {
	git init -q "$HOME/other"
	git -C "$HOME/other" -c user.email=a@b -c user.name=n commit -q --allow-empty -m one
	git -c protocol.file.allow=always submodule --quiet add "$HOME/other" sub
	for name in config commondir; do
		run "$HUTCH" run --use project sh -c "echo x >.git/modules/sub/$name"
		[[ "$output" == *"Read-only file system"* ]]
	done
	"$HUTCH" run --use project sh -c 'cd sub && git -c user.email=a@b -c user.name=n commit -q --allow-empty -m two'
}

@test "in a linked work tree git works, and the repository's other files are not there" {
	git worktree add -q "$HOME/linked" -b branch
	cd "$HOME/linked"
	"$HUTCH" run --use project sh -c 'echo three >more && git add more && git commit -qm three && [ ! -e ~/repo/file ]'
	[ "$(git log --oneline | wc -l)" -eq 2 ]
	for attack in 'echo x >.git' 'echo x >~/repo/.git/config' 'echo x >~/repo/.git/hooks/pre-commit' \
		'echo /tmp >~/repo/.git/worktrees/linked/commondir'; do
		run "$HUTCH" run --use project sh -c "$attack"
		[ "$status" -ne 0 ] || { echo "worked: $attack"; false; }
	done
}

@test "a file that only claims to be of a linked work tree shows nothing" {
	mkdir -p "$HOME/evil" "$HOME/victim/.git/worktrees/x"
	echo secret >"$HOME/victim/.git/secret"
	cd "$HOME/evil"
	echo "gitdir: $HOME/victim/.git/worktrees/x" >.git
	run "$HUTCH" run --use project sh -c "cat ~/victim/.git/secret"
	[[ "$output" == *"No such file"* ]]
	# nor where the way back is of another directory
	echo "$HOME/other/.git" >"$HOME/victim/.git/worktrees/x/gitdir"
	run "$HUTCH" run --use project sh -c "cat ~/victim/.git/secret"
	[[ "$output" == *"No such file"* ]]
	# and where it is right, it is
	echo "$HOME/evil/.git" >"$HOME/victim/.git/worktrees/x/gitdir"
	[ "$("$HUTCH" run --use project sh -c "cat ~/victim/.git/secret")" = secret ]
}

@test "the profile agent: writes in the project, knows no secrets, reaches only who is named" {
	mkdir -p "$HOME/.ssh" "$HOME/.aws"
	echo key >"$HOME/.ssh/id_ed25519"
	export GITHUB_TOKEN=secret AWS_SECRET_ACCESS_KEY=secret
	run "$HUTCH" run --net none --profile agent -- sh -c 'echo made >made; ls -A ~ | tr "\n" " "; env | grep -c -E "TOKEN|SECRET" || true'
	[ -e made ]
	[[ "$output" == *0 && "$output" != *.ssh* && "$output" != *.aws* ]]
	run "$HUTCH" explain --profile agent true
	[[ "$output" == *github.com* ]]
}

@test "--review keeps what is written aside" {
	run -0 "$HUTCH" run --review --use project sh -c 'echo new >made; echo x >>file; mkdir -p .git/hooks; echo x >.git/commondir' </dev/null
	[ ! -e made ]
	[ "$(cat file)" = one ]
	[ ! -e .git/commondir ]
	[[ "$output" == *made* && "$output" == *"hutch apply"* ]]
	"$HUTCH" diff | grep -q made
}
