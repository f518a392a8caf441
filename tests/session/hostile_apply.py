# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers that say what they should not, and directories that become links while they are worked on: apply
and undo change nothing outside of the tree, and go on to their end.

usage: hostile_apply.py HUTCH [ROUNDS [SEED]]; HUTCH_TEST_LONG=1 for 100 rounds of swapping and more
commands
"""
import ctypes
import os
import random
import socket
import stat
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import tree  # noqa: E402

LIBC = ctypes.CDLL(None, use_errno=True)
EXCHANGE = 2


def exchange(a, b, directory=-100):
    LIBC.renameat2(directory, os.fsencode(a), -100, os.fsencode(b), EXCHANGE)


def open_directory(top, path):
    """Without following a link: once apply has brought one to the host, names lead through it."""
    fd = os.open(top, os.O_PATH | os.O_DIRECTORY)
    for name in filter(None, path.split("/")):
        try:
            below = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
        finally:
            os.close(fd)
        fd = below
    return fd


def write(path, text="x\n"):
    with open(path, "w") as f:
        f.write(text)


class Place:
    """A tree in a home, a session that changed it, and what is outside."""

    def __init__(self, hutch, work, number):
        self.hutch, self.work = hutch, "%s/%d" % (work, number)
        self.top, self.outside = self.work + "/home/t", self.work + "/outside"
        # The same names outside, so that what goes through a link finds something to change.
        for top in self.top, self.outside:
            os.makedirs(top + "/a/b/c")
            for name in "a/f", "a/b/f", "a/b/c/f", "f", "g":
                write("%s/%s" % (top, name), "old %s\n" % name)
        self.environment = dict(os.environ, HOME=self.work + "/home",
                                XDG_STATE_HOME=self.work + "/state")
        self.run("shell", "--keep", "h", "--", "sh", "-ec",
                 "echo new >a/f; echo new >a/b/f; echo new >a/b/c/f; echo n >a/b/c/n; rm g; "
                 "chmod 700 a/b; mkdir -p d/e; echo n >d/e/n; ln a/f a/b/c/hard")
        layers = self.work + "/state/hutch/sessions/h/layers"
        self.layer = os.path.join(layers, os.listdir(layers)[0])
        self.upper = self.layer + "/upper/t"
        self.before = self.look()

    def look(self):
        return tree.dump(self.outside, times=True, links=False)

    def run(self, *words):
        done = subprocess.run([self.hutch] + list(words), env=self.environment, cwd=self.top,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
        if done.returncode not in (0, 1, 125) or b"AddressSanitizer" in done.stdout:
            raise SystemExit("hutch %s: status %d\n%s" % (
                " ".join(words), done.returncode, done.stdout.decode(errors="replace")))
        return done.stdout.decode(errors="replace")

    def check(self, what, output):
        found = tree.differences(self.before, self.look())
        if found:
            raise SystemExit("%s: outside: %s\n%s" % (what, "\n".join(found), output))

    def everything(self, what):
        output = ""
        commands = [["diff", "-u", "h"], ["apply", "--on-conflict", "theirs", "h"],
                    ["undo", "--force", "h"]]
        if os.environ.get("HUTCH_TEST_LONG"):
            commands += [["diff", "h"], ["diff", "--json", "h"],
                         ["apply", "--on-conflict", "both", "h"], ["undo", "h"], ["sessions"]]
        for words in commands:
            output += " ".join(words) + ":\n" + self.run(*words)
            self.check("%s, hutch %s" % (what, " ".join(words)), output)
        return output


def link_at(component):
    def forge(place):
        path = "%s/%s" % (place.upper, component)
        os.rename(path, path + ".moved")
        os.symlink(place.outside + "/" + component, path)
    return forge


def layer_link(name):
    def forge(place):
        os.rename(place.layer + "/" + name, place.work + "/moved")
        os.symlink(place.outside, place.layer + "/" + name)
    return forge


def host_link(component):
    def forge(place):
        os.rename("%s/%s" % (place.top, component), place.work + "/moved")
        os.symlink(place.outside + "/" + component, "%s/%s" % (place.top, component))
    return forge


def hard_link(place):
    for name in "f", "new":
        os.link(place.outside + "/f", place.upper + "/" + name)
    place.keep = [place.outside + "/f"]


def special(place):
    os.mkfifo(place.upper + "/fifo")
    os.unlink(place.upper + "/a/f")
    os.mkfifo(place.upper + "/a/f")
    os.chdir(place.upper)
    socket.socket(socket.AF_UNIX).bind("sock")
    for name, mode, device in (("dev", stat.S_IFCHR, os.makedev(1, 3)),
                               ("disk", stat.S_IFBLK, os.makedev(7, 0)),
                               ("f", stat.S_IFCHR, 0), ("nothing", stat.S_IFCHR, 0)):
        try:
            os.mknod(name, mode | 0o666, device)
        except PermissionError:
            pass
    os.chdir("/")


def attributes(place):
    for name in "a", "a/b", "a/f", "d", "d/e/n":
        for attribute, value in (("redirect", place.outside.encode()), ("redirect", b"/../../x"),
                                 ("metacopy", b""), ("metacopy", b"\0\x22\0\0" + b"x" * 30),
                                 ("origin", b"\0\xfb\x1d\0\0\0" + b"x" * 20), ("opaque", b"x"),
                                 ("opaque", b"y" * 300), ("whiteout", b"y"), ("impure", b"y"),
                                 ("nlink", b"U-9"), ("uuid", b"z" * 16), ("protattr", b"i")):
            try:
                os.setxattr("%s/%s" % (place.upper, name), "user.overlay." + attribute, value)
            except OSError:
                pass
    # No data, as if it were elsewhere.
    os.truncate(place.upper + "/a/f", 0)
    os.truncate(place.upper + "/a/f", 100000)
    os.setxattr(place.upper + "/a/b/f", "user.overlay.opaque", b"y")


def opaque_link(place):
    """What an opaque directory hides is removed; the way to it is a link by now."""
    os.setxattr(place.upper + "/a", "user.overlay.opaque", b"y")
    host_link("a")(place)


def permissions(place):
    os.chmod(place.upper + "/a/f", 0o6777)
    os.chmod(place.upper + "/d/e/n", 0o4755)
    os.chmod(place.upper + "/d", 0o7777)
    os.chmod(place.upper + "/a/b/c", 0)
    os.chmod(place.upper + "/a/b/f", 0)


def names(place):
    for name in ("x" * 255, "y" * 251, "\n", "a\nhutch: all is well", "\x1b[2J", "\x7f", "\\", "-rf", "~",
                 "$(reboot)", "*", ".hutch-00000000-0", ".hutch-00000000-0.b", ".wh.f", "é" * 127, " "):
        write("%s/%s" % (place.upper, name))
    write(os.fsencode(place.upper) + b"/\xff\xfe")
    os.mkdir(place.upper + "/" + "d" * 255)
    os.symlink("l" * 4000, place.upper + "/longlink")
    os.symlink("../" * 200 + "etc/passwd", place.upper + "/up")
    # In conflict, so that another name is made up for it.
    write(place.top + "/" + "y" * 251, "host\n")


def deep(name, levels):
    def forge(place):
        os.mkdir(place.upper + "/deep")
        at = os.open(place.upper + "/deep", os.O_DIRECTORY)
        for _ in range(levels):
            os.mkdir(name, dir_fd=at)
            below = os.open(name, os.O_DIRECTORY, dir_fd=at)
            os.close(at)
            at = below
        os.close(os.open("leaf", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        os.close(at)
    return forge


def wide(place):
    for i in range(3000):
        os.link(place.upper + "/a/f", "%s/d/%d" % (place.upper, i))


FORGED = {
    **{"a link in the place of the layer's %s" % c: link_at(c)
       for c in ("a", "a/b", "a/b/c", "a/f", "a/b/c/n", "d", "d/e")},
    "a link in the place of upper": layer_link("upper"),
    "a link in the place of work": layer_link("work"),
    **{"a link in the place of the host's %s" % c: host_link(c)
       for c in ("a", "a/b", "a/b/c", "a/f", "g")},
    "hard links to what is outside": hard_link,
    "fifos, sockets, devices, whiteouts": special,
    "overlayfs's attributes": attributes,
    "an opaque directory that is a link on the host": opaque_link,
    "setuid bits, and what is closed": permissions,
    "names": names,
    "a tree of 400 levels": deep("d", 400),
    "a tree of 1200 levels": deep("d", 1200),
    "paths longer than any": deep("n" * 250, 40),
    "a file of 3000 names": wide,
}


class Swapper(threading.Thread):
    """Directories of the host's tree and of the layer are links, and are not, and are."""

    def __init__(self, place, seed):
        super().__init__()
        self.random, self.pairs, self.done = random.Random(seed), [], threading.Event()
        for number, (top, component) in enumerate(
                (t, c) for t in (place.top, place.upper) for c in ("a", "a/b", "a/b/c", "d")):
            link = "%s/home/link%d" % (place.work, number)
            os.symlink(place.outside + "/" + component, link)
            self.pairs.append((top, component, link))

    def run(self):
        while not self.done.is_set():
            top, component, link = self.random.choice(self.pairs)
            parent, name = os.path.split(component)
            try:
                fd = open_directory(top, parent)
            except OSError:
                continue
            exchange(name, link, fd)
            exchange(name, link, fd)
            os.close(fd)


def swapping(hutch, work, seed):
    place = Place(hutch, work, 1000 + seed)
    swapper = Swapper(place, seed)
    swapper.start()
    try:
        for words in (["apply", "--on-conflict", "theirs", "h"], ["undo", "--force", "h"]) * 2:
            place.check("swapping, seed %d, hutch %s" % (seed, words[0]), place.run(*words))
    finally:
        swapper.done.set()
        swapper.join()


def main():
    rounds, seed = tree.arguments(100, 3, 1)
    work = tempfile.mkdtemp(dir=os.environ.get("HUTCH_TEST_DIRECTORY"))
    try:
        for number, (what, forge) in enumerate(FORGED.items()):
            place = Place(sys.argv[1], work, number)
            forge(place)
            place.before = place.look()
            place.everything(what)
            for kept in getattr(place, "keep", []):
                for name in "f", "new":
                    path = place.top + "/" + name
                    if os.path.exists(path) and os.path.samefile(path, kept):
                        raise SystemExit("%s: %s is the same file" % (what, name))
        print("%d forged layers: nothing outside changed" % len(FORGED))
        for i in range(rounds):
            swapping(sys.argv[1], work, seed + i)
        print("%d rounds of swapping links in: nothing outside changed" % rounds)
    finally:
        os.chdir("/")
        tree.remove_closed(work)


main()
