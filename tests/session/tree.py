# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees of files for the tests of throwaway sessions: what is in one, and random changes to one."""
import errno
import os
import random
import stat
import subprocess
import sys

def arguments(long, short, seed):
    """ROUNDS and SEED of the command line, behind HUTCH; @long rounds with HUTCH_TEST_LONG, else @short."""
    given = [int(word) for word in sys.argv[2:4]]
    usual = [long if os.environ.get("HUTCH_TEST_LONG") else short, seed]
    return given + usual[len(given):]


def remove_closed(path):
    """With what is closed to its owner, as overlayfs makes it."""
    subprocess.call("chmod -R u+rwX '%s' 2>/dev/null; rm -rf '%s'" % (path, path), shell=True)


NAMES = ["a", "b", "c", "d e", "f\ng", "h\xe4", ".i", "j-", "k", "l", "m", "n", "o", "p"]


def dump(top, times=False, links=True):
    """Everything that is the same for two trees that are the same, by path."""
    found, inodes = {}, {}
    for directory, names, files in os.walk(os.fsencode(top)):
        names.sort()
        for name in sorted(names + files):
            path = os.path.join(directory, name)
            s = os.lstat(path)
            shown = os.path.relpath(path, os.fsencode(top))
            entry = [oct(s.st_mode)]
            if stat.S_ISLNK(s.st_mode):
                entry.append(os.readlink(path))
            if stat.S_ISREG(s.st_mode):
                with open(path, "rb") as f:
                    entry.append(f.read())
            if not stat.S_ISLNK(s.st_mode):
                entry.append([(n, os.getxattr(path, n)) for n in sorted(os.listxattr(path))
                              if n.startswith("user.") and not n.startswith("user.overlay.")])
            if not stat.S_ISDIR(s.st_mode):
                inodes.setdefault((s.st_dev, s.st_ino), []).append(shown)
                if times:
                    entry.append(s.st_mtime_ns)
            found[shown] = entry
    for group in inodes.values() if links else ():
        for path in group:
            found[path].append(sorted(group))
    return found


def differences(a, b):
    def shown(entry):
        return [x[:20] if isinstance(x, bytes) else x for x in entry] if entry else None

    return ["%r: %r / %r" % (p, shown(a.get(p)), shown(b.get(p))) for p in sorted(set(a) | set(b))
            if a.get(p) != b.get(p)][:10]


def fill(top, seed, files=120):
    r = random.Random(seed)
    directories = [top]
    for i in range(files):
        where = r.choice(directories)
        path = os.path.join(where, r.choice(NAMES) + str(i))
        kind = r.random()
        if kind < 0.2 and len(directories) < 40:
            os.mkdir(path)
            directories.append(path)
        elif kind < 0.3:
            os.symlink(r.choice(["/etc/passwd", "a", "../b", "gone"]), path)
        else:
            with open(path, "wb") as f:
                f.write(r.randbytes(r.choice([0, 1, 100, 5000])))
            os.chmod(path, r.choice([0o644, 0o600, 0o755]))


def move(old, new):
    """As mv does it where rename(2) may not: the same, whether on an overlay or not."""
    s = os.lstat(old)
    if not stat.S_ISDIR(s.st_mode):
        os.rename(old, new)
        return
    os.mkdir(new)
    for name in sorted(os.listdir(old)):
        move(os.path.join(old, name), os.path.join(new, name))
    os.chmod(new, stat.S_IMODE(s.st_mode))
    os.rmdir(old)


def remove(path):
    if stat.S_ISDIR(os.lstat(path).st_mode):
        for name in sorted(os.listdir(path)):
            remove(os.path.join(path, name))
        os.rmdir(path)
    else:
        os.unlink(path)


class Changes:
    """A random sequence of operations. It depends on the seed and on what is in the tree alone."""

    def __init__(self, top, seed):
        self.top, self.random, self.number = top, random.Random(seed), 0
        self.replaced = set()  # names that another file has by now

    def listing(self):
        found = {"d": [self.top], "f": [], "l": []}
        for directory, names, files in os.walk(self.top):
            names.sort()
            for name in sorted(names + files):
                path = os.path.join(directory, name)
                mode = os.lstat(path).st_mode
                key = "d" if stat.S_ISDIR(mode) else "l" if stat.S_ISLNK(mode) else "f"
                found[key].append(path)
        return found

    def pick(self, items):
        return items[self.random.randrange(len(items))] if items else None

    def new(self, directory):
        self.number += 1
        return os.path.join(directory, self.pick(NAMES) + "-%d" % self.number)

    def one(self, t):
        r = self.random
        kind = r.choice(["create", "create", "write", "truncate", "rename", "rename", "replace",
                         "movedir", "mkdir", "remove", "rmtree", "chmod", "chmoddir", "link",
                         "symlink", "relink", "xattr", "rmxattr", "typechange", "sparse", "fifo"])
        directory, file, other = self.pick(t["d"]), self.pick(t["f"]), self.pick(t["f"])
        link = self.pick(t["l"])
        sub = self.pick(t["d"][1:])
        new = self.new(directory)
        data = r.randbytes(r.choice([0, 10, 3000]))
        mode = r.choice([0o644, 0o600, 0o755, 0o700])
        if kind == "create":
            with open(new, "wb") as f:
                f.write(data)
        elif kind == "mkdir":
            os.mkdir(new)
        elif kind == "symlink":
            os.symlink(r.choice(["/etc", "../x", "y"]), new)
        elif kind == "fifo":
            os.mkfifo(new)
        elif kind == "sparse":
            with open(new, "wb") as f:
                f.truncate(1 << 20)
                f.seek(300000)
                f.write(data)
        elif kind == "relink" and link:
            os.unlink(link)
            os.symlink("new target", link)
            self.replaced.add(link)
        elif kind in ("movedir", "rmtree", "chmoddir", "typechange") and sub:
            if kind == "chmoddir":
                os.chmod(sub, r.choice([0o755, 0o700, 0o750]))
            elif kind == "rmtree" and r.random() < 0.3:
                remove(sub)
            elif kind == "typechange" and r.random() < 0.3:
                remove(sub)
                with open(sub, "wb") as f:
                    f.write(data)
                self.replaced.add(sub)
            elif kind == "movedir" and not (new + "/").startswith(sub + "/"):
                move(sub, new)
        elif file and stat.S_ISREG(os.lstat(file).st_mode):
            if kind == "write":
                with open(file, "ab") as f:
                    f.write(data)
            elif kind == "truncate":
                os.truncate(file, r.choice([0, 7]))
            elif kind == "rename":
                os.rename(file, new)
            elif kind == "replace":
                os.rename(file, other)
                self.replaced.add(other)
            elif kind == "remove":
                os.unlink(file)
            elif kind == "chmod":
                os.chmod(file, mode)
            elif kind == "link":
                os.link(file, new)
            elif kind == "xattr":
                os.setxattr(file, "user.x%d" % r.randrange(3), data[:50])
            elif kind == "rmxattr" and os.listxattr(file):
                names = sorted(n for n in os.listxattr(file) if n.startswith("user.x"))
                if names:
                    os.removexattr(file, names[0])
            elif kind == "typechange":
                os.unlink(file)
                os.mkdir(file)
                self.replaced.add(file)

    def run(self, count):
        listing = self.listing()
        for i in range(count):
            # Walking the tree each time would take longer than all the rest.
            if i % 10 == 0:
                listing = self.listing()
            try:
                self.one(listing)
            except OSError as e:
                # ESTALE: overlayfs, now and then, where both names are of one file.
                if e.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR,
                                   errno.ESTALE):
                    raise
