# SPDX-License-Identifier: GPL-2.0-or-later
"""What the host changes while a session's changes wait, and while they are being applied, is never lost,
and is told.

usage: conflict_apply.py HUTCH [ROUNDS [SEED]]; HUTCH_TEST_LONG=1 for 200 rounds of each
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import tree  # noqa: E402


def dump(top):
    return {os.fsdecode(k): repr(v) for k, v in tree.dump(top, times=True, links=False).items()}


def inside():
    top, seed, count, output = sys.argv[2:6]
    changes = tree.Changes(top, int(seed))
    changes.run(int(count))
    found = dump(top)
    with open(output, "w") as f:
        json.dump([found, sorted(os.path.relpath(p, top) for p in changes.replaced)], f)


class Place:
    """A home with a tree in it, and a session that changed it."""

    def __init__(self, hutch, work, seed, files):
        self.hutch, self.top = hutch, work + "/home/t"
        tree.remove_closed(work + "/home")
        tree.remove_closed(work + "/state")
        os.makedirs(self.top)
        tree.fill(self.top, seed, files)
        self.environment = dict(os.environ, HOME=work + "/home", XDG_STATE_HOME=work + "/state")
        self.old = dump(self.top)
        self.layers = work + "/state/hutch/sessions/c/layers"
        self.run("shell", "--keep", "c", "--ro", HERE, "--", "python3", "-B",
                 HERE + "/conflict_apply.py", "--inside", self.top, str(seed), str(files),
                 work + "/home/seen.json")
        upper = os.path.join(self.layers, os.listdir(self.layers)[0], "upper")
        with open(upper + "/seen.json") as f:
            self.session, self.replaced = json.load(f)
        os.unlink(upper + "/seen.json")
        self.upper = upper + "/t/"

    def run(self, *words, status=(0,)):
        done = subprocess.run([self.hutch] + list(words), env=self.environment, cwd=self.top,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode not in status:
            print(done.stdout.decode(errors="replace"))
            raise SystemExit("hutch %s: status %d" % (" ".join(words), done.returncode))
        return done.stdout.decode(errors="replace")

    def inode(self, path):
        try:
            return os.lstat(self.upper + path).st_ino
        except OSError:
            return path

    def is_replaced(self, path):
        """Whether the session put another file there, or this one in the place of another."""
        return self.inode(path) in [self.inode(other) for other in self.replaced]


def told(output, path):
    """Whether the output names the path, or a directory it is in."""
    lines = [line for line in output.splitlines() if "left out" in line]
    while path:
        shown = "".join(chr(b) if 32 <= b < 127 and b != 92 else "\\" for b in os.fsencode(path))
        shown = shown.split("\\")[0]
        if any("/t/" + shown in line for line in lines):
            return True
        path = os.path.dirname(path)
    return False


def short(found, path):
    return found[path][:60] + "…" + found[path][-30:] if path in found else None


def before_apply(hutch, work, seed):
    """Edits on the host between leaving the session and applying it."""
    place = Place(hutch, work, seed, 60)
    tree.Changes(place.top, seed + 1000).run(12)
    host = dump(place.top)
    edited = {p for p in set(host) | set(place.old) if host.get(p) != place.old.get(p)}
    changed = {p for p in set(place.session) | set(place.old)
               if place.session.get(p) != place.old.get(p)}
    output = place.run("apply", "c", status=(0, 1))
    now = dump(place.top)
    both = 0
    for path in sorted(edited):
        # Another file under the old name cannot be told from a new one, nor which of its names it had.
        if path not in host and place.is_replaced(path):
            continue
        if now.get(path) != host.get(path):
            raise SystemExit("seed %d: %r: %s on the host, %s in the session; now %s\n%s" % (
                seed, path, short(host, path), short(place.session, path), short(now, path),
                output))
        if path in changed and place.session.get(path) != host.get(path):
            both += 1
            # Of what is gone on both sides, or is a directory, its contents are told of.
            if not told(output, path):
                raise SystemExit("seed %d: %r: not told: %s on the host, %s in the session\n%s" % (
                    seed, path, short(host, path), short(place.session, path), output))
    for path in sorted(changed - edited):
        if now.get(path) not in (place.session.get(path), host.get(path)):
            raise SystemExit("seed %d: %r: %s, wanted %s or %s" % (
                seed, path, short(now, path), short(place.session, path), short(host, path)))
        if now.get(path) != place.session.get(path) and not told(output, path):
            raise SystemExit("seed %d: %r: not applied, and not told\n%s" % (seed, path, output))
    return both


class Editor(threading.Thread):
    """Puts files of its own in the place of the host's, as editors do, and remembers the last one."""

    def __init__(self, top, seed, paths):
        super().__init__()
        self.top, self.random, self.paths = top, random.Random(seed), paths
        self.last, self.done, self.count = {}, threading.Event(), 0

    def run(self):
        while not self.done.is_set() and self.count < 20000:
            self.count += 1
            path = self.random.choice(self.paths)
            full = os.path.join(self.top, path)
            text = "editor %d" % self.count
            try:
                with open(self.top + "/../new", "w") as f:
                    f.write(text)
                os.rename(self.top + "/../new", full)
                self.last[path] = text
            except OSError:
                # Its directory is gone, or it is one by now.
                pass


def during_apply(hutch, work, seed):
    """Edits on the host while it is being applied."""
    place = Place(hutch, work, seed, 150)
    names = sorted(p for p in set(place.session) | set(place.old)
                   if not os.path.isdir(os.path.join(place.top, p)))
    editor = Editor(place.top, seed, names)
    editor.start()
    output = place.run("apply", "c", status=(0, 1))
    editor.done.set()
    editor.join()
    for path, text in editor.last.items():
        try:
            with open(os.path.join(place.top, path)) as f:
                found = f.read()
        except OSError as e:
            found = str(e)
        if found != text:
            raise SystemExit("seed %d: %r: %s, where %s was put\n%s" % (seed, path, found, text,
                                                                       output))
    left = [n for d, ns, fs in os.walk(place.top) for n in ns + fs if n.startswith(".hutch-")]
    if left:
        raise SystemExit("left behind: %s\n%s" % (left, output))
    return editor.count


def main():
    rounds, seed = tree.arguments(200, 3, 1)
    work = tempfile.mkdtemp(dir=os.environ.get("HUTCH_TEST_DIRECTORY"))
    try:
        both = sum(before_apply(sys.argv[1], work, seed + i) for i in range(rounds))
        print("%d rounds: %d files changed on both sides, all as on the host, and told" % (
            rounds, both))
        edits = sum(during_apply(sys.argv[1], work, seed + i) for i in range(rounds))
        print("%d rounds: %d edits during apply, none lost" % (rounds, edits))
    finally:
        tree.remove_closed(work)


if sys.argv[1] == "--inside":
    inside()
else:
    main()
