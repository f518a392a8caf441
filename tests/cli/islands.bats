#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Protected paths inside a writable tree: they hold, also where they do not exist, and nothing is left of what holds them.

bats_require_minimum_version 1.5.0

RACES=${HUTCH_RACES:-50}

setup() {
	export HOME="$BATS_TEST_TMPDIR/home" XDG_CONFIG_HOME= XDG_CACHE_HOME=
	mkdir -p "$HOME" "$BATS_TEST_TMPDIR/project"
	cd "$BATS_TEST_TMPDIR/project"
}

teardown() {
	# What a test that failed left running
	local left
	left=$(jobs -p)
	[ -z "$left" ] || kill $left 2>/dev/null || true
	chmod -R u+rwX "$BATS_TEST_TMPDIR/project" || true
}

hutch() {
	timeout --foreground -k 2 20 "$HUTCH" "$@"
}

# Wait until what follows is true, two seconds at most
until_true() {
	local i
	for i in {1..200}; do
		"$@" && return 0
		sleep 0.01
	done
	echo "never true: $*"
	return 1
}

empty() {
	[ -z "$(ls -A)" ]
}

started() {
	[ -e started ]
}

# Everything that could be done to the path $1 of the project, as a program inside. Lists what worked. (Not mv(1), which
# copies where it cannot rename.)
attack() {
	cat <<-'END'
		import os, sys
		path, other = sys.argv[1], "other"
		def attempt(what, call, *arguments):
		    try:
		        call(*arguments)
		        print("WORKED:", what)
		    except OSError:
		        pass
		def write(name, flags=0):
		    os.write(os.open(name, os.O_WRONLY | flags), b"x")
		open(other, "w").close()
		os.mkdir("directory")
		attempt("write", write, path)
		attempt("create", write, path, os.O_CREAT)
		attempt("write below", write, path + "/below", os.O_CREAT)
		attempt("mkdir below", os.mkdir, path + "/below")
		attempt("chmod", os.chmod, path, 0o777)
		attempt("times", os.utime, path)
		attempt("unlink", os.unlink, path)
		attempt("rmdir", os.rmdir, path)
		attempt("rename over", os.rename, other, path)
		attempt("rename over, directory", os.rename, "directory", path)
		attempt("mkdir", os.mkdir, path)
		attempt("symlink", os.symlink, other, path)
		attempt("link", os.link, other, path)
		while path:
		    attempt("rename away " + path, os.rename, path, "away")
		    attempt("rmdir " + path, os.rmdir, path)
		    attempt("unlink " + path, os.unlink, path)
		    path = os.path.dirname(path)
		os.rmdir("directory")
		os.unlink(other)
		print("tried")
	END
}

# Run the attack on $1 in a sandbox with the options that follow: nothing works, and nothing is left of it
withstands() {
	local path=$1
	shift
	attack >"$BATS_TEST_TMPDIR/attack.py"
	run -0 hutch run --rw . --ro "$BATS_TEST_TMPDIR/attack.py" "$@" -- python3 "$BATS_TEST_TMPDIR/attack.py" "$path"
	[ "$output" = tried ]
}

@test "an absent file cannot come into being" {
	withstands .envrc --ro .envrc
	empty
}

@test "an absent directory cannot come into being" {
	withstands .tool --ro .tool/
	empty
}

@test "an absent file in absent directories cannot come into being" {
	withstands a/b/c --ro a/b/c
	empty
}

@test "an absent directory in absent directories cannot come into being" {
	withstands a/b/c --ro a/b/c/
	empty
}

@test "an absent file in directories that are there cannot come into being" {
	mkdir -p a/b
	withstands a/b/c --ro a/b/c
	[ "$(find . | sort | tr '\n' ' ')" = '. ./a ./a/b ' ]
}

@test "an absent path that is hidden cannot come into being" {
	withstands a/b --hide a/b
	withstands c --hide c/
	empty
}

@test "an absent place of a tmpfs is not left behind" {
	run -0 hutch run --rw . --tmpfs a/scratch -- sh -c 'echo x >a/scratch/file; cat a/scratch/file; ! mv a b 2>/dev/null'
	[ "$output" = x ]
	empty
}

@test "what is there is protected with its parents" {
	mkdir -p a/b
	echo kept >a/b/c
	withstands a/b/c --ro a/b/c
	[ "$(<a/b/c)" = kept ]
	withstands a/b --hide a/b
	[ "$(<a/b/c)" = kept ]
}

@test "a link on the way cannot be replaced, nor where it leads through" {
	mkdir -p real/deep
	echo kept >real/deep/file
	ln -s real/deep link
	ln -s "$PWD/link/file" last
	for rule in --ro --hide; do
		for path in link/file last; do
			withstands "$path" "$rule" "$path"
			withstands real/deep/file "$rule" "$path"
			[ "$(find . | sort | tr '\n' ' ')" = '. ./last ./link ./real ./real/deep ./real/deep/file ' ]
			[ "$(<link/file)" = kept ]
		done
	done
	run -0 hutch run --rw . --ro last -- cat last link/file
	[ "$output" = $'kept\nkept' ]
}

@test "directories that the program fills stay, with the permissions of new ones" {
	umask 027
	run -0 hutch run --rw . --ro .git/hooks/ --ro a/b/c -- sh -c 'echo x >.git/config; mkdir a/b/d'
	[ "$(find . -mindepth 1 | sort | tr '\n' ' ')" = './.git ./.git/config ./a ./a/b ./a/b/d ' ]
	[ "$(stat -c %a .git a a/b | tr '\n' ' ')" = '750 750 750 ' ]
}

@test "a directory that the program made private stays private" {
	run -0 hutch run --rw . --ro .git/hooks/ -- sh -c 'echo x >.git/config; chmod 700 .git'
	[ "$(stat -c %a .git)" = 700 ]
}

@test "directories that stay have the group of those above" {
	mkdir shared
	chmod g+s shared
	run -0 hutch run --rw . --ro shared/.git/hooks/ -- sh -c 'echo x >shared/.git/config'
	[ "$(stat -c %a shared/.git)" = "$(mkdir shared/other && stat -c %a shared/other)" ]
}

@test "the caller's permissions of new files do not matter" {
	umask 0777
	hutch run --rw . --ro a/b/c -- true
	umask 022
	empty
}

@test "where no guard can be made nothing runs and nothing is left" {
	mkdir -p real
	ln -s real link
	ln -s nowhere dangling
	touch file
	before=$(find . | sort)
	for path in link/absent dangling dangling/absent; do
		run hutch run --rw . --ro first/absent --ro "$path" -- echo RAN
		[ "$status" -eq 125 ]
		[[ "$output" == *"--ro $path: "*"/project/$path"*"symbolic link"* ]]
		[ "$(find . | sort)" = "$before" ]
	done
	run hutch run --rw . --ro first/absent --ro file/absent -- echo RAN
	[ "$status" -eq 125 ]
	[[ "$output" == *'--ro file/absent: '*'a file is where a directory would be'* ]]
	[ "$(find . | sort)" = "$before" ]
}

@test "a directory that may not be written to is told of" {
	((EUID)) || skip "root may write everywhere"
	mkdir -m 555 closed
	run hutch run --rw . --ro first/absent --ro closed/absent -- echo RAN
	[ "$status" -eq 125 ]
	[[ "$output" == *'--ro closed/absent: '*'Permission denied'*'share the directory'* ]]
	[ "$(ls -A)" = closed ]
}

@test "a read-only file system is told of" {
	unshare -Urm true || skip "no user namespaces"
	mkdir disk
	run unshare -Urm sh -ec 'mount -t tmpfs -o ro disk disk
		"$0" run --rw . --rw disk --ro first/absent --ro disk/absent -- echo RAN' "$HUTCH"
	[ "$status" -eq 125 ]
	[[ "$output" == *'--ro disk/absent: '*'Read-only file system'*'share the directory'* ]]
	[ "$(ls -A)" = disk ]
}

@test "two sandboxes with guards of the same directory" {
	"$HUTCH" run --rw . --ro a/b/c -- sh -c 'touch started; while [ ! -e go ]; do sleep 0.01; done; ! echo x >a/b/c' 3>&- 2>/dev/null &
	until_true started
	withstands a/b/d --ro a/b/d
	withstands a/b/c --ro a/b/c
	[ -e a/b/c ]
	[ ! -e a/b/d ]
	touch go
	wait $!
	rm go started
	empty
}

@test "sandboxes that start and end at the same time leave nothing" {
	for ((i = 0; i < RACES / 5; i++)); do
		for j in 1 2 3 4; do
			"$HUTCH" run --rw . --ro a/b/c --ro a/b/d/ -- sh -c '! echo x >a/b/c' 3>&- 2>/dev/null &
			pids[j]=$!
		done
		for j in 1 2 3 4; do
			wait "${pids[j]}"
		done
		empty
	done
}

@test "a guard of another run that goes while this one makes its plan is as good as absent" {
	strace -o /dev/null true 2>/dev/null || skip "strace does not work here"
	"$HUTCH" run --rw . --ro a/b/c -- sh -c 'touch started; while [ ! -e go ]; do sleep 0.01; done' 3>&- &
	first=$!
	until_true started
	# It was found once; before it is looked at again, it goes
	strace -f -o log -P "$PWD/a/b/c" -e trace=newfstatat -e inject=newfstatat:delay_enter=1000000:when=1 \
		"$HUTCH" run --rw . --ro a/b/c -- sh -c '! echo x >a/b/c' 3>&- &
	second=$!
	sleep 0.4
	touch go
	wait "$first"
	[ ! -e a ]
	wait "$second"
	rm go started log
	empty
}

@test "a guard that another run is about to remove is waited for" {
	# As the other's guardian has it between its lock and the removal, on a machine that lets it sleep there
	touch -d @234567890 kept
	exec {lock}<kept
	flock --exclusive "$lock"
	"$HUTCH" run --rw . --ro kept -- sh -c '! echo x >kept' 3>&- {lock}<&- &
	sleep 0.3
	kill -0 $!
	rm kept
	exec {lock}<&-
	wait $!
	empty
}

@test "a launcher killed at any moment leaves nothing" {
	for ((i = 0; i < RACES; i++)); do
		"$HUTCH" run --rw . --ro a/b/c --ro .git/hooks/ -- sleep 5 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 3))$((RANDOM % 10))"
		kill -KILL "$pid"
		wait "$pid" || true
		until_true empty
	done 2>/dev/null
}

@test "guards stay until the program of a killed launcher is gone" {
	local word=20.$$
	for ((i = 0; i < RACES / 25; i++)); do
		"$HUTCH" run --rw . --ro a/b/c -- sh -c "for i in \$(seq 50); do sleep $word & done; touch started; exec sleep $word" 3>&- &
		pid=$!
		until_true started
		rm started
		kill -KILL "$pid"
		for j in {1..5000}; do
			[ -e a ] || break
		done
		run -1 pgrep -f "^sleep $word"
		wait "$pid" || true
		until_true empty
	done
} 2>/dev/null

@test "pid 1 killed leaves nothing" {
	for ((i = 0; i < RACES / 25; i++)); do
		"$HUTCH" run --rw . --ro a/b/c -- sh -c 'touch started; exec sleep 20' 3>&- &
		pid=$!
		until_true started
		kill -KILL "$(pgrep -P "$pid" hutch-init)"
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq 137 ]
		rm started
		empty
	done
} 2>/dev/null

# The process that removes the guards of the launcher $1
guardian_of() {
	guardian=$(pgrep -P "$1" hutch-guard)
}

@test "what a crash leaves is nothing to the next run, which removes it" {
	"$HUTCH" run --rw . --ro a/b/c --ro .git/hooks/ --hide d -- sh -c 'touch started; exec sleep 20' 3>&- &
	pid=$!
	until_true started
	guardian_of "$pid"
	kill -KILL "$guardian" "$pid"
	wait "$pid" || true
	rm started
	[ -e a/b/c ]
	[ -e .git/hooks ]
	[ -e d ]
	withstands a/b/c --ro a/b/c --ro .git/hooks/ --hide d
	empty
} 2>/dev/null

@test "whoever removes the guards hears no signal and shows nothing of the caller" {
	SECRET=word-$$ "$HUTCH" run --rw . --ro a/b/c -- sh -c 'touch started; while [ ! -e go ]; do sleep 0.01; done' 3>&- &
	pid=$!
	until_true started
	guardian_of "$pid"
	for signal in HUP INT TERM QUIT USR1 PIPE; do
		kill -"$signal" "$guardian"
	done
	[ "$(tr -d '\0' </proc/$guardian/cmdline)" = hutch-guard ]
	! grep -q "word-$$" "/proc/$guardian/environ" || false
	[ "$(ps -o sid= "$guardian" | tr -d ' ')" = "$guardian" ]
	[ "$(readlink /proc/$guardian/cwd)" = / ]
	touch go
	wait "$pid"
	rm go started
	empty
}

@test "without guards there is no process for them" {
	"$HUTCH" run --rw . -- sh -c 'touch started; while [ ! -e go ]; do sleep 0.01; done' 3>&- &
	pid=$!
	until_true started
	run -1 guardian_of "$pid"
	touch go
	wait "$pid"
}

@test "hutch's own files stay as they are, wherever the home may be written to" {
	mkdir "$HOME/there"
	hutch run --home real sh -c 'touch ~/there/mine
		mkdir -p ~/.config/hutch/apps && exit 2
		mv ~/.config ~/else && exit 3
		for d in .config .cache .local/share .local/state; do touch ~/$d/hutch/x && exit 4; done; exit 0'
	[ -e "$HOME/there/mine" ]
	[ "$(ls -A "$HOME")" = there ]
	mkdir -p "$HOME/.config/hutch"
	echo '[profile]' >"$HOME/.config/hutch/default.local.profile"
	hutch run --rw "$HOME" sh -c '! echo "nested = yes" >>~/.config/hutch/default.local.profile'
	[ "$(cat "$HOME/.config/hutch/default.local.profile")" = '[profile]' ]
	# Who names it means it.
	hutch run --rw "$HOME/.config/hutch" sh -c 'echo "# mine" >>~/.config/hutch/default.local.profile'
	[ "$(tail -n1 "$HOME/.config/hutch/default.local.profile")" = '# mine' ]
}
