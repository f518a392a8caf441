# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program sees of the sandbox that it runs in, as JSON on its output; its status is 7."""
import ctypes
import json
import os
import platform
import socket
import stat
import sys

FLAGS = {"ro", "rw", "nosuid", "nodev", "noexec"}
DENIED = {"x86_64": 168, "aarch64": 225}.get(platform.machine())  # swapoff(2)
libc = ctypes.CDLL(None, use_errno=True)


def mount_at(path):
    """The number of the mount that is seen at a place: others may lie below it"""
    fd = os.open(path, os.O_PATH)
    try:
        return next(line.split()[1] for line in open(f"/proc/self/fdinfo/{fd}") if line.startswith("mnt_id:"))
    finally:
        os.close(fd)


def mounts():
    """The mount that is seen at each place: [type of file system, flags, may be written]"""
    found = {}
    for line in open("/proc/self/mountinfo"):
        before, after = line.rstrip("\n").split(" - ")
        point = before.split()[4].encode().decode("unicode_escape")
        if os.path.lexists(point) and mount_at(point) == before.split()[0]:
            found[point] = [after.split()[0], sorted(FLAGS & set(before.split()[5].split(","))), os.access(point, os.W_OK)]
    return found


def describe(path):
    status = os.lstat(path)
    facts = [oct(status.st_mode), status.st_uid, status.st_gid]
    if stat.S_ISLNK(status.st_mode):
        return ["link", os.readlink(path)]
    if stat.S_ISREG(status.st_mode):
        facts.append(status.st_size)
        try:
            facts.append(open(path, errors="replace").read(200))
        except OSError as error:
            facts.append(error.errno)
    return facts


def tree(top):
    """What is in a file system made for the sandbox"""
    found, device, todo = {}, os.lstat(top).st_dev, [top]
    while todo and len(found) < 3000:
        directory = todo.pop()
        try:
            names = sorted(os.listdir(directory))
        except OSError as error:
            found[directory] = error.errno
            continue
        for name in names:
            path = os.path.join(directory, name)
            found[path] = describe(path)
            if os.path.isdir(path) and not os.path.islink(path) and os.lstat(path).st_dev == device:
                todo.append(path)
    return found


def in_child(call):
    """What a call answers, where it may change the process: its errno, or 0"""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if call() == 0 else ctypes.get_errno())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def lines(path, names):
    found = {}
    for line in open(path):
        name, _, value = line.partition(":")
        if name in names:
            found[name] = value.strip()
    return found


def main():
    descriptors = sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1]
    umask = os.umask(0)
    os.umask(umask)
    seen = mounts()
    view = {
        "ids": [os.getresuid(), os.getresgid(), len(os.getgroups())],
        "map": [open(f"/proc/self/{kind}_map").read().split() for kind in ("uid", "gid")],
        "directory": os.getcwd(),
        "umask": oct(umask),
        "environment": dict(os.environ),
        "arguments": sys.argv[1:],
        "descriptors": [fd for fd in descriptors if fd > 2],
        "terminals": [os.isatty(fd) for fd in (0, 1, 2)],
        "mounts": seen,
        "status": lines("/proc/self/status", {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"}),
        "namespaces": {name: os.readlink(f"/proc/self/ns/{name}")
                       for name in ("user", "pid", "net", "ipc", "uts", "cgroup", "mnt")},
        "pid 1": os.getpid() == 1,
        "session leader": os.getsid(0) == os.getpid(),
        "host name": socket.gethostname(),
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
        "a user namespace": in_child(lambda: libc.unshare(0x10000000)),
        "a denied call": DENIED and in_child(lambda: libc.syscall(DENIED, None)),
        "a write to /proc/sys": os.access("/proc/sys/kernel/hostname", os.W_OK),
    }
    made = [point for point, facts in seen.items() if facts[0] == "tmpfs"]
    view["trees"] = {point: tree(point) for point in made if point in ("/", "/tmp", "/run", "/dev", "/etc", "/home", "/var")}
    json.dump(view, sys.stdout)


main()
sys.stdout.flush()
os._exit(7)
