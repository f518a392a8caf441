#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults that other sandboxes had, each as it was found there; those that are an attempt are in expected.tsv.

load launch

# A root file system with one thing in it that leads out
hostile_root() {
	rm -rf "$dir/root"
	mkdir -p "$dir/root"/{bin,etc,proc,dev,sys,tmp,run,home,usr}
	cp "$ATTACK_PROGRAM" "$dir/root/bin/attack"
}

@test "a root whose proc, dev, sys, tmp or run is a link (CVE-2026-41579, CVE-2026-47766, CVE-2019-18837, CVE-2023-27561)" {
	for name in proc dev sys tmp run home etc; do
		for target in "$dir/outside" "../../../../../../..$dir/outside" /proc/self/root"$dir/outside"; do
			hostile_root
			rmdir "$dir/root/$name"
			ln -s "$target" "$dir/root/$name"
			run hutch run --root "$dir/root" -- /bin/attack e01-secret
			untouched
			[[ $status != 0 ]]
		done
	done
}

@test "what is masked is a link in the root (CVE-2025-31133, CVE-2025-52565, CVE-2021-30465)" {
	for name in null console ptmx pts shm tty; do
		hostile_root
		ln -s "$dir/outside" "$dir/root/dev/$name"
		run hutch run --root "$dir/root" -- /bin/attack e01-secret
		untouched
		[[ $status != 0 ]]
	done
}

@test "nothing is made on the host for a destination that is absent (CVE-2024-45310)" {
	run hutch run --rw "$dir/project:/data" --ro "$dir/attack:/data/a/b/c" -- true
	[[ ! -e $dir/project/a ]]
}

@test "names of sandboxes are no paths" {
	for name in ../x /x . .. a/b '' $'a\nb'; do
		run hutch run --name "$name" -- true
		[[ $status == 125 ]] || { echo "$name: $status"; false; }
	done
}

@test "nothing of hutch is setuid or has capabilities (CVE-2016-8659, CVE-2020-5291, CVE-2026-41163)" {
	for file in "$HUTCH" "$ATTACK_PROGRAM" "$(dirname "$HUTCH")"/helpers/*/hutch-*; do
		[[ -f $file && -x $file ]] || continue
		[[ ! -u $file && ! -g $file ]]
		! command -v getcap >/dev/null || [[ ! $(getcap "$file") ]]
	done
}

@test "a narrower word wins over a wider one, in whatever order (CVE-2022-21682)" {
	mkdir sub
	echo key >sub/key
	run hutch run --hide sub --rw . -- cat sub/key
	[[ $output != key ]]
	run hutch run --rw . --hide sub -- cat sub/key
	[[ $output != key ]]
}

@test "values with a shell's characters are only values (CVE-2017-5207, CVE-2020-17367, CVE-2020-17368)" {
	for value in '$(touch outside/x)' ';touch outside/x' '`touch outside/x`' '|touch outside/x'; do
		cd "$dir"
		run hutch run --report "$value" --hostname "$value" -- true
		run hutch run --net internet --net-limit-up "$value" -- true
		rm -f "$value" 2>/dev/null || true
		untouched
	done
}

@test "a descriptor of a directory shows what was opened, not what has its name now (E13, CVE-2026-34078)" {
	bwrap=$(dirname "$HUTCH")/hutch-bwrap
	mkdir good
	echo good >good/file
	echo other >"$dir/outside.file"
	exec 8<good
	mv good moved
	ln -s "$dir" good
	run timeout 20 "$bwrap" --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
		--bind-fd 8 /shared cat /shared/file
	exec 8<&-
	[[ $status == 0 && $output == good ]] || { echo "$status $output"; false; }
}

@test "without Landlock nothing runs, unless that is allowed, and then it is said (E74)" {
	run_under=$here/../../build/tests/seccomp/run_under
	[[ -x ${RUN_UNDER:-$run_under} ]] || skip "no run_under"
	printf '@denylist\nlandlock_create_ruleset: return ENOSYS\n' >policy
	run timeout 20 "${RUN_UNDER:-$run_under}" ./policy "$HUTCH" run -- echo ran
	[[ $status == 125 && $output != *ran* ]] || { echo "$status $output"; false; }
	[[ $output == *andlock* ]] || { echo "$output"; false; }
}

@test "an entry whose process is gone is nobody's, and its number another's (E79, CVE-2022-31214)" {
	unshare -Urpf --mount-proc true 2>/dev/null || skip "no namespaces for the test itself"
	mkdir -m 0700 "$dir/runtime"
	cat >"$dir/host" <<-'END'
		"$HUTCH" run --name reused -- sleep 100 &
		launcher=$!
		for i in $(seq 100); do "$HUTCH" exec reused true 2>/dev/null && break; sleep 0.05; done
		kill -KILL $launcher
		wait $launcher
		sleep 0.2
		echo $((launcher - 1)) >/proc/sys/kernel/ns_last_pid || exit 77
		sleep 101 &
		[ $! = $launcher ] || exit 77
		"$HUTCH" stop --grace none reused
		"$HUTCH" exec reused sh -c 'echo entered' && echo ENTERED
		kill -0 $! && echo alive
		kill $!
	END
	run env HUTCH="$HUTCH" XDG_RUNTIME_DIR="$dir/runtime" timeout 30 unshare -Urpf --mount-proc bash "$dir/host"
	[[ $status != 77 ]] || skip "no number can be chosen here"
	[[ $output == *alive* && $output != *ENTERED* && $output != *entered* ]] || { echo "$output"; false; }
}
