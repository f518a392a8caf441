# SPDX-License-Identifier: GPL-2.0-or-later
"""A throwaway shell as somebody types it, in the working directory, which has "text" and "sub/file".

usage: shell_run.py HUTCH [OPTION…]: options for hutch shell
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit"))
from test_terminal import Session  # noqa: E402

HUTCH, OPTIONS = sys.argv[1], " ".join(sys.argv[2:])
OUT = rb"out> "


def typed(s, line, *expected):
    """Type a line at the outer prompt, see what is expected and the prompt again."""
    s.type(line.encode() + b"\r")
    # The line itself, as it is echoed.
    s.expect(rb"\n")
    for pattern in expected:
        s.expect(pattern)
    s.expect(OUT)


def main():
    os.environ.update(TERM="dumb", SHELL="/bin/bash", PROMPT_COMMAND="")
    s = Session(["bash", "--norc", "--noprofile", "-i"])
    typed(s, "PS1='out> '; hutch() { %s \"$@\"; }" % HUTCH)
    typed(s, "hutch shel", rb"did you mean", rb"shell")
    s.type(b"hutch shell %s\r" % OPTIONS.encode())
    name = s.expect(rb"\(hutch:([a-z0-9.-]+)\) ").group(1).decode()
    s.type(b"echo more >>text; rm sub/file; mkdir new && echo n >new/n; tail -1 text\r")
    s.expect(rb"\nmore\r\n")
    s.expect(rb"\(hutch:")
    # A key that ends what runs, and not the shell.
    s.type(b"echo on; sleep 60\r")
    s.expect(rb"\non\r\n")
    time.sleep(0.5)
    s.type(b"\x03")
    s.expect(rb"\(hutch:")
    s.type(b"exit\r")
    s.expect(rb"session %s:" % name.encode())
    s.until(lambda: b"[k]eep it, [d]rop it, [l]ist all? " in s.seen, "the question")
    for line in b"A ~/project/new/\r", b"A ~/project/new/n (2 B)", b"M ~/project/text  content", \
            b"D ~/project/sub/file (4 B)":
        assert line in s.seen, (line, s.seen)
    s.type(b"k\r")
    s.expect(rb"hutch diff %s" % name.encode())
    s.expect(OUT)
    typed(s, "tail -1 text; cat sub/file; ls -d new", rb"\r\nthree|^three", rb"sub\r\n", rb"cannot access")
    typed(s, "hutch sessions", rb"%s +kept" % name.encode())
    typed(s, "hutch diff -u", rb"\+more\r\n")
    typed(s, "hutch apply %s && tail -1 text; cat new/n; ls sub" % name, rb"more\r\n", rb"n\r\n")
    typed(s, "hutch diff", rb"nothing changed")
    typed(s, "hutch undo %s && tail -1 text; cat sub/file" % name, rb"three\r\n", rb"sub\r\n")
    typed(s, "hutch discard %s; hutch sessions --names; echo left: $?" % name, rb"^left: 0|\nleft: 0")
    # One in which nothing was done leaves nothing, though the shell wrote its history.
    s.type(b"hutch shell %s\r" % OPTIONS.encode())
    s.expect(rb"\(hutch:[a-z0-9.-]+\) ")
    s.type(b"exit\r")
    s.expect(OUT)
    typed(s, "hutch sessions --names; echo left: $?", rb"^left: 0|\nleft: 0")
    # And one that nobody wants.
    s.type(b"hutch shell %s\r" % OPTIONS.encode())
    s.expect(rb"\(hutch:[a-z0-9.-]+\) ")
    s.type(b"rm -r *\rexit 4\r")
    s.expect(rb"\[k\]eep it")
    s.type(b"d\r")
    s.expect(OUT)
    typed(s, "echo status $?; cat text sub/file", rb"status 4", rb"three\r\nsub")
    s.type(b"exit\r")
    assert s.exit() == 0
    s.close()


main()
