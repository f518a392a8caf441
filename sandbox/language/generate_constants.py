#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Collect the integer constants of the system's headers into a C table.

    generate_constants.py OUTPUT NEWER_H COMPILER [ARGUMENT...]

The compiler says which macros the headers define, and which of them are integer constants: every
candidate goes into one file, the lines that it complains about are dropped, and the rest is the
table. Headers that this system lacks, or that quarrel with one another, are left out.
"""
import re
import subprocess
import sys

HEADERS = """
asm/unistd.h errno.h fcntl.h limits.h sched.h signal.h stdio.h unistd.h poll.h mqueue.h time.h
sys/epoll.h sys/eventfd.h sys/file.h sys/fanotify.h sys/inotify.h sys/ioctl.h sys/ipc.h sys/mman.h
sys/mount.h sys/msg.h sys/personality.h sys/prctl.h sys/ptrace.h sys/quota.h sys/random.h
sys/reboot.h sys/resource.h sys/sem.h sys/shm.h sys/signalfd.h sys/socket.h sys/stat.h sys/swap.h
sys/syslog.h sys/time.h sys/timerfd.h sys/timex.h sys/types.h sys/un.h sys/wait.h sys/xattr.h
sys/klog.h sys/kd.h sys/vt.h termios.h netdb.h
arpa/inet.h netinet/in.h netinet/ip.h netinet/tcp.h netinet/udp.h net/if.h net/if_arp.h
asm/ioctls.h asm/termbits.h asm/prctl.h asm/mman.h
linux/aio_abi.h linux/audit.h linux/bpf.h linux/capability.h linux/close_range.h linux/dma-buf.h
linux/dma-heap.h linux/elf.h linux/falloc.h linux/fb.h linux/fd.h linux/fiemap.h linux/filter.h
linux/fs.h linux/fscrypt.h linux/fsverity.h linux/futex.h linux/fuse.h linux/gpio.h linux/hdreg.h
linux/hidraw.h linux/hiddev.h linux/i2c-dev.h linux/i2c.h linux/if_alg.h linux/if_packet.h
linux/if_tun.h linux/input.h linux/io_uring.h linux/ioprio.h linux/kcmp.h linux/kcov.h
linux/kexec.h linux/keyctl.h linux/kvm.h linux/landlock.h linux/loop.h linux/magic.h
linux/media.h linux/membarrier.h linux/memfd.h linux/mempolicy.h linux/mount.h linux/module.h
linux/mtio.h linux/nbd.h linux/net_tstamp.h linux/netfilter.h linux/netlink.h linux/nsfs.h
linux/nvme_ioctl.h linux/openat2.h linux/perf_event.h linux/pidfd.h linux/ppp-ioctl.h linux/prctl.h
linux/ptp_clock.h linux/random.h linux/raw.h linux/rfkill.h linux/rseq.h linux/rtc.h
linux/rtnetlink.h linux/sched.h linux/sched/types.h linux/seccomp.h linux/securebits.h
linux/serial.h linux/signalfd.h linux/sock_diag.h linux/sockios.h
linux/soundcard.h linux/spi/spidev.h linux/stat.h linux/sync_file.h linux/tcp.h
linux/tee.h linux/tiocl.h linux/udmabuf.h linux/uhid.h linux/uinput.h linux/usb/ch9.h
linux/usbdevice_fs.h linux/userfaultfd.h linux/vfio.h linux/vhost.h linux/videodev2.h
linux/virtwl.h linux/virtio_ids.h linux/vm_sockets.h linux/vt.h linux/wait.h linux/watchdog.h
linux/wireless.h linux/xattr.h sound/asound.h sound/compress_offload.h
drm/drm.h drm/drm_mode.h drm/amdgpu_drm.h drm/i915_drm.h drm/virtgpu_drm.h
""".split()

NAME = re.compile(r"^#define ([A-Z][A-Za-z0-9_]*) (.+)$")
ENUM = re.compile(r"\benum\b[^{};()]*\{([^{}]*)\}")
ENUMERATOR = re.compile(r"(?:^|,)\s*([A-Z][A-Z0-9_]+)\s*(?==|,|$)", re.M)
# The C library's own switches and sizes are no arguments of system calls.
UNWANTED = re.compile(r"^(_|INT(8|16|32|64|MAX|PTR)_|UINT|PRI[diouxX]|SCN|.*_H$|.*_H_$|FLT_|DBL_|LDBL_)")


def run(compiler, arguments, text):
    return subprocess.run(compiler + arguments + ["-x", "c", "-"], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def usable_headers(compiler):
    """The headers that this system has and that can be included together."""
    def works(headers):
        text = "".join(f"#include <{h}>\n" for h in headers)
        return run(compiler, ["-fsyntax-only", "-w"], text).returncode == 0

    def add(good, rest):
        if not rest or works(good + rest):
            return good + rest
        if len(rest) == 1:
            return good
        half = len(rest) // 2
        return add(add(good, rest[:half]), rest[half:])

    return add([], HEADERS)


def main():
    output, newer, compiler = sys.argv[1], sys.argv[2], sys.argv[3:]
    compiler = compiler + ["-D_GNU_SOURCE"]
    prologue = "".join(f"#include <{h}>\n" for h in usable_headers(compiler))
    prologue += f'#include "{newer}"\n#include <stdint.h>\n'

    macros = run(compiler, ["-E", "-dM"], prologue).stdout.splitlines()
    names = {m.group(1) for m in map(NAME.match, macros) if m}
    for body in ENUM.findall(run(compiler, ["-E", "-P"], prologue).stdout):
        names.update(ENUMERATOR.findall(body))
    names = sorted(n for n in names if not UNWANTED.match(n))
    while True:
        text = prologue + '#line 1 "candidates"\n'
        text += "".join(f"static const uint64_t x{i} = (uint64_t)({n});\n"
                        for i, n in enumerate(names))
        # Only constants of a whole type: an array has no index that is no constant.
        text += "".join(f"static const char y{i}[((uint64_t)({n})) ? 1 : 2];\n"
                        for i, n in enumerate(names))
        errors = run(compiler, ["-fsyntax-only", "-Werror=deprecated", "-fmax-errors=0"], text)
        if errors.returncode and "max-errors" in errors.stderr:
            errors = run(compiler, ["-fsyntax-only", "-ferror-limit=0"], text)
        bad = {(int(m) - 1) % len(names) for m in re.findall(r"^candidates:(\d+):", errors.stderr, re.M)}
        if errors.returncode == 0:
            break
        if not bad:
            sys.exit("no constants:\n" + errors.stderr[:4000])
        names = [n for i, n in enumerate(names) if i not in bad]

    with open(output, "w", encoding="ascii") as out:
        out.write("// SPDX-License-Identifier: GPL-2.0-or-later\n// Made by generate_constants.py.\n")
        out.write(prologue + '#include "language/policy_constants.h"\n')
        out.write("#pragma GCC diagnostic ignored \"-Woverflow\"\n")
        out.write("const char policy_constant_names[] =\n")
        offsets, position = [], 0
        for name in names:
            out.write(f'\t"{name}\\0"\n')
            offsets.append(position)
            position += len(name) + 1
        out.write(";\nconst uint32_t policy_constant_offsets[] = {\n")
        out.write("".join(f"\t{o},\n" for o in offsets))
        out.write("};\nconst uint64_t policy_constant_values[] = {\n")
        out.write("".join(f"\t(uint64_t)({n}),\n" for n in names))
        out.write(f"}};\nconst uint32_t policy_constant_count = {len(names)};\n")


if __name__ == "__main__":
    main()
