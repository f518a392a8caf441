#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whoever may write where hutch is at work exchanges a directory for a link, again and again; and deaths at every step.
# HUTCH_TEST_LONG=1 for 10,000 launches, and a death at every single call.

load launch
RACES=${HUTCH_TEST_LONG:+5000}
RACES=${RACES:-24}

teardown() {
	[ -z "${racer-}" ] || kill "$racer" 2>/dev/null || true
	chmod -R u+rwX "$dir" 2>/dev/null || true
}

race() {
	"$RACER" "$@" >"$dir/raced" 3>&- &
	racer=$!
}

# It was at it the whole time, and is put an end to; $exchanged is how often
raced() {
	kill -0 "$racer"
	kill "$racer"
	wait "$racer" || true
	racer=
	exchanged=$(<"$dir/raced")
}

# raced_through LAUNCHES: and so often that each of them had several
raced_through() {
	raced
	((exchanged > 10 * $1)) || { echo "exchanged only $exchanged times during $1 launches"; false; }
	echo "exchanged $exchanged times during $1 launches" >&3
}

@test "E11: exchanging a directory and a link while the sandbox is made leads nowhere" {
	mkdir l
	ln -s "$dir/outside" m
	race l m
	launches() {
		hutch run --rw "$dir/project:/data" --tmpfs /data/l/tmpfs --ro "$dir/attack:/data/l/file" -- true
		hutch run --rw . --ro l/absent -- true
	}
	many "$((RACES / 2))" launches >"$dir/log" 2>&1
	raced_through "$((RACES / 2 * 2))"
	untouched
}

@test "E11: exchanging a shared directory and a link shows one or the other, read-only" {
	mkdir l
	echo inner >l/word
	mkdir "$dir/other"
	echo outer >"$dir/other/word"
	ln -s "$dir/other" m
	race l m
	many "$((RACES / 2))" hutch run --ro l -- sh -c 'touch l/made 2>/dev/null; exec cat l/word' >"$dir/log" 2>/dev/null
	raced_through "$((RACES / 2))"
	[[ ! -e l/made && ! -e m/made ]]
	# The look was at what changes: in so many launches both have their turn
	inner=$(grep -c '^inner$' "$dir/log") || true
	outer=$(grep -c '^outer$' "$dir/log") || true
	echo "shown: the directory $inner times, what the link leads to $outer times" >&3
	((RACES < 1000 || (inner && outer)))
}

@test "E11: the middle of a long way is exchanged while overlays, guards and covers are put below it" {
	mkdir -p a/b/c/d
	echo text >a/b/c/d/file
	ln -s "$dir/outside" m
	race a/b m
	launches() {
		hutch run --rw . --overlay "$PWD/a/b/c" --hide a/b/c/d -- sh -c 'echo x >a/b/c/new'
		hutch run --rw . --ro a/b/c/absent --ro a/b/.tool/config -- true
		hutch run --rw "$dir/project:/p" --tmpfs /p/a/b/c/x --symlink /p/a/b/c/y:/etc -- true
	}
	many "$((RACES / 6))" launches >"$dir/log" 2>&1
	raced_through "$((RACES / 6 * 3))"
	untouched
	[[ ! -e a/b/c/new && ! -e m/c/new ]]
}

@test "apply and undo: the session's directories exchanged for links lead nowhere" {
	export HOME=$dir/home XDG_STATE_HOME=$dir/state
	mkdir -p "$HOME/project/l/sub" "$XDG_STATE_HOME"
	cd "$HOME/project"
	for n in {1..60}; do echo old >"l/sub/$n"; done
	"$HUTCH" shell --rm -- true 2>/dev/null || skip "hutch shell does not work here (hutch doctor)"
	# What the link leads to looks the same
	mkdir -p "$dir/victim/sub"
	for n in {1..60}; do echo victim >"$dir/victim/sub/$n"; done
	victim() { find "$dir/victim" -printf '%p %s %T@ %C@ %m\n' | sort; }
	before=$(victim)
	ln -s "$dir/victim" m
	applied=0 left=0
	for ((i = 0; i < RACES / 100 + 1; i++)); do
		"$HUTCH" shell --keep "s$i" -- sh -c \
			"mkdir l/new$i; for n in \$(seq 60); do echo new$i >l/sub/\$n; echo new$i >l/new$i/\$n; done; rm l/sub/7; ln -s x l/link$i" 2>"$dir/log"
		race l m
		timeout 60 "$HUTCH" apply --on-conflict theirs "s$i" >"$dir/log" 2>&1 || true
		read -r _ done _ out _ < <(grep -E '^hutch: [0-9]+ applied, [0-9]+ left out' "$dir/log" | tr -d ,) || done=0 out=0
		((applied += done, left += out)) || true
		timeout 60 "$HUTCH" undo --force "s$i" >>"$dir/log" 2>&1 || true
		raced
		[[ ! -L l ]] || { mv l x; mv m l; mv x m; }
		[[ $(victim) == "$before" ]] || { cat "$dir/log"; diff <(echo "$before") <(victim); false; }
	done
	[[ $(ls "$dir/victim") == sub ]]
	# In so many rounds both have their turn
	((RACES < 1000 || (applied && left))) || { cat "$dir/log"; false; }
	echo "$applied changes applied, $left left out for a link in the way" >&3
}

@test "an image: directories of what is unpacked exchanged for links lead nowhere" {
	command -v python3 >/dev/null || skip "no python3"
	export XDG_DATA_HOME=$dir/data
	python3 - <<-'END'
		import io, tarfile
		with tarfile.open('image.tar', 'w') as archive:
		    for d in range(20):
		        # the same directory again and again, so that it is looked up anew
		        for n in range(100):
		            entry = tarfile.TarInfo(f'd/e/f{d}.{n}')
		            entry.size = 5
		            archive.addfile(entry, io.BytesIO(b'inner'))
		        link = tarfile.TarInfo(f'd/e/l{d}')
		        link.type, link.linkname = tarfile.LNKTYPE, 'd/e/f0.0'
		        archive.addfile(link)
	END
	staging=$XDG_DATA_HOME/hutch/images/staging
	mkdir -p -m 0700 "$staging"
	total=0
	for ((i = 0; i < RACES / 100 + 1; i++)); do
		rm -rf "$dir/link"
		ln -s "$dir/outside" "$dir/link"
		# The worker's own directories, by the name that is the first layer's
		race --in "$staging" 0 "$dir/link"
		timeout 60 "$HUTCH" image import image.tar >"$dir/log" 2>&1 || true
		raced
		((total += exchanged)) || true
		untouched
		rm -rf "$XDG_DATA_HOME/hutch/images/layers/"*
	done
	for ((i = 0; i < RACES / 100 + 1; i++)); do
		rm -rf "$dir/link" "$XDG_DATA_HOME/hutch/images"
		mkdir -p -m 0700 "$staging"
		ln -s "$dir/outside" "$dir/link"
		timeout 60 "$HUTCH" image import image.tar >"$dir/log" 2>&1 3>&- &
		import=$!
		for j in {1..100}; do
			top=$(find "$staging" -mindepth 1 -maxdepth 1 -print -quit)
			[[ ! $top ]] || break
			sleep 0.01
		done
		race --in "${top:-$staging}" d "$dir/link"
		wait "$import" || true
		raced
		((total += exchanged)) || true
		untouched
	done
	((RACES < 1000 || total > i)) || { echo "exchanged only $total times"; false; }
	echo "exchanged $total times while $((2 * i)) images were unpacked" >&3
}

@test "an image: the store's own directories exchanged for links lead nowhere" {
	export XDG_DATA_HOME=$dir/data
	mkdir -p tree/bin
	cp "$ATTACK_PROGRAM" tree/bin/attack
	tar -cf image.tar -C tree .
	for name in staging layers roots sources; do
		rm -rf "$XDG_DATA_HOME" "$dir/link"
		mkdir -p -m 0700 "$XDG_DATA_HOME/hutch/images/$name"
		ln -s "$dir/outside" "$dir/link"
		for ((i = 0; i < RACES / 200 + 1; i++)); do
			race "$XDG_DATA_HOME/hutch/images/$name" "$dir/link"
			timeout 60 "$HUTCH" image import image.tar >"$dir/log" 2>&1 || true
			timeout 60 "$HUTCH" image prune >>"$dir/log" 2>&1 || true
			raced
			untouched
		done
	done
}

@test "E38: SIGKILL of the launcher, or of pid 1, at each of its system calls leaves nobody and nothing" {
	"$KILLER" launcher 1 "$HUTCH" run -- true 2>/dev/null || skip "nothing can be traced here"
	faults=0 NEVER=100000
	# fault TEXT: a few tell enough, and each takes the seconds that were waited for an end
	fault() {
		echo "$which $n: $*"
		((++faults < 3)) || exit 1
	}
	# deadly WHICH N SCRIPT: one death, and what is left of it is a fault; 1 when it did not come so far
	deadly() {
		local which=$1 n=$2 status=0 i
		timeout --preserve-status 3 "$KILLER" "$which" "$n" "$HUTCH" run --rw . --ro .envrc --ro .tool/config --hide x -- \
			sh -c "setsid sleep 1000 & grep -q 'Seccomp:.2' /proc/self/status || touch weak; echo up; $3" >"$dir/log" 2>&1 3>&- &
		if ((n == NEVER)); then
			for i in {1..100}; do
				! grep -q '^up$' "$dir/log" || break
				sleep 0.02
			done
			sleep 0.1
			kill "$!" 2>/dev/null || true
		fi
		wait "$!" || status=$?
		[[ $status == 0 || $status == 3 ]] || fault "$status $(<"$dir/log")"
		[[ ! -e weak ]] || fault "ran half-confined"
		[[ ! $(ls -A) ]] || fault "left: $(ls -A)"
		[[ $status != 3 ]]
	}
	# What is made before there is anybody in the sandbox, one in so many; the rest each, from the end
	step=$((RACES >= 1000 ? 1 : 60))
	for which in launcher child; do
		# How far it comes until it only waits
		deadly "$which" "$NEVER" 'exec sleep 1000' || true
		read -r _ last _ < <(grep '^killer: .* calls$' "$dir/log")
		((last > 50))
		killed=0 missed=0
		for ((n = 1; n <= last; n += n < last - 15 ? step : 1)); do
			# Not every run has as many calls as the first
			if deadly "$which" "$n" 'exec sleep 1000'; then ((++killed)); elif ((++missed > 2)); then break; fi
		done
		# And how it ends
		for ((n = last - 5; n < last + 200; n += 1 + step / 10)); do
			deadly "$which" "$n" 'exit 7' || break
			((++killed))
		done
		echo "$which: killed at $killed of $n calls" >&3
		((killed > 3))
	done
	((faults == 0))
}

@test "E38: a storm of SIGKILLs over everything that hutch started leaves nobody and nothing" {
	word=$(unique)
	for ((i = 0; i < RACES / 40 + 1; i++)); do
		for j in 1 2 3 4; do
			"$HUTCH" run --rw . --ro .envrc --ro .tool/config -- sh -c "setsid sleep $word & sleep $word" >/dev/null 2>&1 3>&- &
		done
		sleep "0.0$((RANDOM % 5))$((RANDOM % 10))"
		for pid in $(jobs -p); do
			kill -KILL "$pid" $(pgrep -P "$pid") 2>/dev/null || true
		done
		wait || true
	done 2>/dev/null
	gone "$word"
	# Launcher and guardian killed at once: that guard is the next run's, which removes it, unless one of the others is
	# still at it, who then does
	"$HUTCH" run --rw . --ro .envrc --ro .tool/config -- true
	for ((i = 0; i < 200; i++)); do
		[[ $(ls -A) ]] || break
		sleep 0.01
	done
	[[ ! $(ls -A) ]] || { ls -lA . .tool; false; }
}
