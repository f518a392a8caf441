# SPDX-License-Identifier: GPL-2.0-or-later
"""Random changes, made directly and through `hutch shell` and `hutch apply`, give the same tree.

usage: random_apply.py HUTCH [OPERATIONS [SEED]]; HUTCH_TEST_LONG=1 for 10,000 operations
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import tree  # noqa: E402


def plain(found):
    return json.loads(json.dumps([[repr(k), repr(v)] for k, v in found.items()]))


def inside():
    top, seed, count, output = sys.argv[2:6]
    tree.Changes(top, int(seed)).run(int(count))
    with open(output, "w") as f:
        # Which names are one file, an overlay does not tell by inode numbers.
        json.dump(plain(tree.dump(top, times=True, links=False)), f)


def main():
    hutch = sys.argv[1]
    count, seed = tree.arguments(10000, 1500, 1)
    work = tempfile.mkdtemp(dir=os.environ.get("HUTCH_TEST_DIRECTORY"))
    try:
        home, direct = work + "/home", work + "/direct/home"
        os.makedirs(home + "/t")
        tree.fill(home + "/t", seed)
        subprocess.check_call(["cp", "-a", home, work + "/direct"] if os.path.isdir(work + "/direct")
                              else ["sh", "-c", 'mkdir "$1" && cp -a "$2" "$1"', "sh",
                                    work + "/direct", home])
        before = tree.dump(home + "/t", times=True)
        environment = dict(os.environ, HOME=home, XDG_STATE_HOME=work + "/state")

        def run(*words, status=(0,)):
            done = subprocess.run([hutch] + list(words), env=environment, cwd=home,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode not in status:
                print(done.stdout.decode(errors="replace"))
                raise SystemExit("hutch %s: status %d" % (" ".join(words), done.returncode))
            return done.stdout

        tree.Changes(direct + "/t", seed).run(count)
        run("shell", "--keep", "r", "--ro", HERE, "--", "python3", "-B",
            HERE + "/random_apply.py", "--inside", home + "/t", str(seed), str(count),
            home + "/seen.json")
        if tree.dump(home + "/t", times=True) != before:
            raise SystemExit("the session changed the host")
        run("apply", "r")
        with open(home + "/seen.json") as f:
            seen = json.load(f)
        now = tree.dump(home + "/t", times=True, links=False)
        if seen != plain(now):
            theirs, ours = dict(map(tuple, seen)), dict(map(tuple, plain(now)))
            for path in sorted(set(theirs) | set(ours)):
                if theirs.get(path) != ours.get(path):
                    print(path, "\n  in the session:", str(theirs.get(path))[:300],
                          "\n  on the host:   ", str(ours.get(path))[:300])
            raise SystemExit("the host is not as the session was")
        found = tree.differences(tree.dump(direct + "/t"), tree.dump(home + "/t"))
        if found:
            raise SystemExit("not as made directly: " + "\n".join(found))
        if run("diff", "r") != b"nothing changed\n":
            raise SystemExit("something is left to apply")
        run("undo", "r")
        found = tree.differences(before, tree.dump(home + "/t", times=True))
        if found:
            raise SystemExit("not as before after undo: " + "\n".join(found))
        print("%d operations, %d files: the same tree" % (count, len(now)))
    finally:
        shutil.rmtree(work, ignore_errors=True)


if sys.argv[1] == "--inside":
    inside()
else:
    main()
