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
    top, seed, count, output, go = sys.argv[2:7]
    changes = tree.Changes(top, int(seed))
    # While the host changes, too: said when to, over a pipe that is open already.
    if go == "go":
        print(flush=True)
        sys.stdin.readline()
    changes.run(int(count))
    found = dump(top)
    with open(output, "w") as f:
        json.dump([found, sorted(os.path.relpath(p, top) for p in changes.replaced)], f)


class Place:
    """A home with a tree in it, and a session that changed it, and @meanwhile, called while it runs."""

    def __init__(self, hutch, work, seed, files, meanwhile=None):
        self.hutch, self.top = hutch, work + "/home/t"
        tree.remove_closed(work + "/home")
        tree.remove_closed(work + "/state")
        os.makedirs(self.top)
        os.mkdir(work + "/home/spare")
        tree.fill(self.top, seed, files)
        # The same names once more with other contents, to be put in the place of these.
        tree.fill(work + "/home/spare", seed, files)
        for directory, _, names in os.walk(work + "/home/spare"):
            for path in (os.path.join(directory, name) for name in names):
                if not os.path.islink(path):
                    with open(path, "a") as f:
                        f.write("spare")
        self.environment = dict(os.environ, HOME=work + "/home", XDG_STATE_HOME=work + "/state")
        self.old = dump(self.top)
        self.layers = work + "/state/hutch/sessions/c/layers"
        words = ["shell", "--keep", "c", "--ro", HERE, "--", "python3", "-B",
                 HERE + "/conflict_apply.py", "--inside", self.top, str(seed), str(files),
                 work + "/home/seen.json"]
        if meanwhile:
            shell = subprocess.Popen([hutch] + words + ["go"], env=self.environment, cwd=self.top,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
            shell.stdout.readline()
            # Some names are looked up and remembered before that, some not.
            meanwhile(self)
            output = shell.communicate(b"\n")[0].decode(errors="replace")
            if shell.returncode:
                raise SystemExit("hutch shell: status %d\n%s" % (shell.returncode, output))
        else:
            self.run(*words, "now")
        upper = os.path.join(self.layers, os.listdir(self.layers)[0], "upper")
        with open(upper + "/seen.json") as f:
            self.session, self.replaced = json.load(f)
        os.unlink(upper + "/seen.json")

    def run(self, *words, status=(0,)):
        done = subprocess.run([self.hutch] + list(words), env=self.environment, cwd=self.top,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode not in status:
            print(done.stdout.decode(errors="replace"))
            raise SystemExit("hutch %s: status %d" % (" ".join(words), done.returncode))
        return done.stdout.decode(errors="replace")


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


def remove_replaced(place, seed):
    """What the session put another file in the place of goes, which its layer does not tell of."""
    r = random.Random(seed)
    for path in place.replaced:
        full = os.path.join(place.top, path)
        if r.random() < 0.5 and os.path.lexists(full):
            tree.remove(full)


def replace_directory(place, seed):
    """A directory makes place for another one, with files in it that are older than the session."""
    listing = sorted(d for d, _, _ in os.walk(place.top) if d != place.top)
    for path in random.Random(seed).sample(listing, min(3, len(listing))):
        spare = place.top + "/../spare/" + os.path.relpath(path, place.top)
        if os.path.isdir(path) and os.path.isdir(spare):
            os.rename(path, place.top + "/../old%d" % len(os.listdir(place.top + "/..")))
            os.rename(spare, path)


def edit(place, seed):
    tree.Changes(place.top, seed + 1000).run(12)


def before_apply(hutch, work, seed, how):
    """Edits on the host while the session runs, or between leaving and applying it."""
    if how == "meanwhile":
        place = Place(hutch, work, seed, 60, meanwhile=lambda place: edit(place, seed))
    else:
        place = Place(hutch, work, seed, 60)
        edit(place, seed)
    if how == "replaced":
        remove_replaced(place, seed)
    if how == "directory":
        replace_directory(place, seed)
    host = dump(place.top)
    edited = {p for p in set(host) | set(place.old) if host.get(p) != place.old.get(p)}
    changed = {p for p in set(place.session) | set(place.old)
               if place.session.get(p) != place.old.get(p)}
    output = place.run("apply", "c", status=(0, 1))
    now = dump(place.top)
    both = 0
    for path in sorted(edited):
        if now.get(path) != host.get(path):
            raise SystemExit("%s, seed %d: %r: %s on the host, %s in the session; now %s\n%s" % (
                how, seed, path, short(host, path), short(place.session, path), short(now, path),
                output))
        if path in changed and place.session.get(path) != host.get(path):
            both += 1
            # Of what is gone on both sides, or is a directory, its contents are told of.
            if not told(output, path):
                raise SystemExit("%s, seed %d: %r: not told: %s on the host, %s in the session\n%s" % (
                    how, seed, path, short(host, path), short(place.session, path), output))
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
        for how in "left", "replaced", "directory", "meanwhile":
            both = sum(before_apply(sys.argv[1], work, seed + i, how) for i in range(rounds))
            print("%s, %d rounds: %d files changed on both sides, all as on the host, and told" % (
                how, rounds, both), flush=True)
        edits = sum(during_apply(sys.argv[1], work, seed + i) for i in range(rounds))
        print("%d rounds: %d edits during apply, none lost" % (rounds, edits))
    finally:
        tree.remove_closed(work)


if sys.argv[1] == "--inside":
    inside()
else:
    main()
