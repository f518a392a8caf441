# SPDX-License-Identifier: GPL-2.0-or-later
"""`hutch apply` and `hutch undo` are killed at random system calls. Said again, the tree is wholly the
new one; after undo, wholly the old one.

usage: crash_apply.py HUTCH [ROUNDS [SEED]]; HUTCH_TEST_LONG=1 for 200 rounds
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import tree  # noqa: E402


def inside():
    tree.Changes(sys.argv[2], int(sys.argv[3])).run(int(sys.argv[4]))


def works(*words):
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def main():
    hutch = sys.argv[1]
    rounds, seed = tree.arguments(200, 12, 5)
    if not shutil.which("strace") or not works("strace", "-o", "/dev/null", "true"):
        print("SKIP: no strace that works here")
        raise SystemExit(77)
    r = random.Random(seed)
    work = tempfile.mkdtemp(dir=os.environ.get("HUTCH_TEST_DIRECTORY"))
    # Another file system for what is kept: saving is then copying.
    other = tempfile.mkdtemp(dir="/dev/shm") if os.access("/dev/shm", os.W_OK) else None
    try:
        for where in [work + "/state"] + ([other + "/state"] if other else []):
            one_place(hutch, work, where, rounds, seed, r)
        # As network file systems have it; and some of FUSE, without hard links.
        refused = ["renameat2:error=EINVAL"]
        for refused in refused, refused + ["linkat:error=EPERM"]:
            one_place(hutch, work, work + "/state", rounds // 2, seed, r, refused)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if other:
            shutil.rmtree(other, ignore_errors=True)


def one_place(hutch, work, state, rounds, seed, r, refused=()):
    home = work + "/home"
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home + "/t")
    tree.fill(home + "/t", seed, 60)
    environment = dict(os.environ, HOME=home, XDG_STATE_HOME=state)

    injections = [w for i in refused for w in ("-e", "inject=" + i)]

    def run(*words, killed=None):
        command = [hutch] + list(words)
        if killed:
            command = ["strace", "-o", "/dev/null", "-e", "trace=all"] + injections + \
                ["-e", "inject=%s:signal=SIGKILL:when=%d" % killed] + command
        elif refused and words[0] in ("apply", "undo"):
            command = ["strace", "-o", "/dev/null", "-e", "trace=renameat2,linkat"] + \
                injections + command
        return subprocess.run(command, env=environment, cwd=home, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)

    def must(*words):
        done = run(*words)
        if done.returncode:
            print(done.stdout.decode(errors="replace"))
            raise SystemExit("hutch %s: status %d" % (" ".join(words), done.returncode))

    def calls(*words):
        """Each system call, as the how manieth of its name it is: what strace counts by."""
        log = work + "/calls"
        subprocess.run(["strace", "-o", log] + injections + [hutch] + list(words),
                       env=environment, cwd=home,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        found, counts = [], {}
        with open(log, "rb") as f:
            for line in f:
                name = line.split(b"(")[0].decode()
                if name.isidentifier() and name not in ("execve", "exit_group") and \
                        not any(i.startswith(name + ":") for i in refused):
                    counts[name] = counts.get(name, 0) + 1
                    found.append((name, counts[name]))
        return found

    def same(expected, what):
        found = tree.differences(expected, tree.dump(home + "/t", times=True))
        if found:
            raise SystemExit("%s:\n%s" % (what, "\n".join(found)))

    old = tree.dump(home + "/t", times=True)
    must("shell", "--keep", "c", "--ro", HERE, "--", "python3", "-B", HERE + "/crash_apply.py",
         "--inside", home + "/t", str(seed), "60")
    apply_calls = calls("apply", "c")
    new = tree.dump(home + "/t", times=True)
    undo_calls = calls("undo", "c")
    same(old, "undo, not broken off")
    hits = 0
    for i in range(rounds):
        at = r.choice(apply_calls)
        hits += run("apply", "c", killed=at).returncode != 0
        if i % 3 == 0:
            must("apply", "c")
            same(new, "apply killed at %s %d, said again" % at)
            at = r.choice(undo_calls)
            hits += run("undo", "c", killed=at).returncode != 0
        elif i % 3 == 1 and os.path.exists(state + "/hutch/sessions/c/apply/plan"):
            # The way there is killed, too.
            run("apply", "c", killed=r.choice(apply_calls))
        if any(os.path.exists(state + "/hutch/sessions/c/apply/" + n) for n in ("plan", "applied")):
            must("undo", "c")
        same(old, "apply killed at %s %d, and undo" % at)
    must("apply", "c")
    same(new, "at the end")
    left = [n for d, ns, fs in os.walk(home) for n in ns + fs if n.startswith(".hutch-")]
    if left:
        raise SystemExit("left behind: %s" % left)
    must("discard", "c")
    print("%d rounds in %s%s, %d killed: wholly new or wholly old" % (
        rounds, state, " without " + " ".join(refused) if refused else "", hits))


if sys.argv[1] == "--inside":
    inside()
else:
    main()
