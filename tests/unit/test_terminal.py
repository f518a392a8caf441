# SPDX-License-Identifier: GPL-2.0-or-later
"""The terminal of a session, seen from the user's side: usage: test_terminal.py DRIVER…

DRIVER… PROGRAM runs PROGRAM on a terminal of its own: terminal_driver, or `hutch run`.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios
import time
import unittest

DRIVER = []
PATIENCE = 10


def modes_of(terminal):
    modes = termios.tcgetattr(terminal)
    # Out of line mode these two are numbers to Python.
    for key in (termios.VMIN, termios.VTIME):
        if isinstance(modes[6][key], int):
            modes[6][key] = bytes([modes[6][key]])
    return modes


class Session:
    """A process group in the foreground of a terminal that this process emulates."""

    def __init__(self, argv, foreground=True, stdin=None, stdout=None, inherit=()):
        self.master, slave = pty.openpty()
        self.slave = slave
        self.before = self.modes()
        self.size(24, 80)
        self.seen = b""
        status, told = os.pipe()
        self.leader = os.fork()
        if self.leader == 0:
            try:
                os.close(self.master)
                os.setsid()
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
                pid = os.fork()
                if pid == 0:
                    os.setpgid(0, 0)
                    if foreground:
                        os.tcsetpgrp(slave, os.getpgrp())
                    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
                    signal.signal(signal.SIGHUP, signal.SIG_DFL)
                    os.dup2(slave if stdin is None else stdin, 0)
                    os.dup2(slave if stdout is None else stdout, 1)
                    os.dup2(slave, 2)
                    for fd in inherit:
                        os.set_inheritable(fd, True)
                    os.execvp(argv[0], argv)
                signal.signal(signal.SIGUSR1, lambda *_: os.tcsetpgrp(slave, pid))
                os.write(told, struct.pack("i", pid))
                while True:
                    _, code = os.waitpid(pid, os.WUNTRACED)
                    os.write(told, struct.pack("i", code))
                    if not os.WIFSTOPPED(code):
                        os._exit(0)
            finally:
                os._exit(125)
        os.close(told)
        self.status_pipe = status
        self.pid = struct.unpack("i", os.read(status, 4))[0]

    def size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def modes(self):
        return modes_of(self.slave)

    def raw(self):
        return not self.modes()[3] & termios.ICANON

    def type(self, data):
        os.write(self.master, data)

    def pump(self, timeout=0.05):
        ready, _, _ = select.select([self.master], [], [], timeout)
        if ready:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                return False
        return True

    def expect(self, pattern):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return found
            self.pump()
        raise AssertionError("%r not seen in %r" % (pattern, self.seen[-2000:]))

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if condition():
                return
            self.pump(0.02)
        raise AssertionError("never: %s; seen: %r" % (what, self.seen[-2000:]))

    def told(self):
        """The driver's next wait status."""
        self.until(lambda: select.select([self.status_pipe], [], [], 0)[0], "a wait status")
        return struct.unpack("i", os.read(self.status_pipe, 4))[0]

    def exit(self):
        status = self.told()
        for _ in range(1000):
            if not select.select([self.master], [], [], 0)[0]:
                break
            self.pump()
        return os.waitstatus_to_exitcode(status)

    def close(self):
        for pid in (self.pid, self.leader):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.waitpid(self.leader, 0)
        for fd in (self.master, self.slave, self.status_pipe):
            os.close(fd)


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(c) for c in f.read().split()]


def name(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return None


def guardian(launcher):
    return [pid for pid in children(launcher) if name(pid) == "hutch-terminal"]


class Terminal(unittest.TestCase):
    def start(self, *program, **options):
        session = Session(DRIVER + list(program), **options)
        self.addCleanup(session.close)
        return session

    def shell(self, script, **options):
        return self.start("sh", "-c", script, **options)

    def assertGivenBack(self, session):
        session.until(lambda: session.modes() == session.before, "the modes back")

    def test_program_has_a_terminal_of_its_own(self):
        s = self.shell("tty; test -t 0 && test -t 1 && test -t 2 && : >/dev/tty && echo yes")
        s.expect(rb"yes")
        self.assertNotIn(os.ttyname(s.slave).encode(), s.seen)
        self.assertEqual(s.exit(), 0)

    def test_exit_status_and_modes_come_back(self):
        s = self.shell("stty raw -echo; exit 42")
        self.assertEqual(s.exit(), 42)
        self.assertGivenBack(s)

    def test_modes_come_back_after_a_signal_to_the_program(self):
        s = self.shell("echo on; stty raw -echo; kill -KILL $$")
        s.expect(rb"on")
        self.assertEqual(s.exit(), 137)
        self.assertGivenBack(s)

    def test_modes_come_back_after_sigkill_of_the_launcher(self):
        s = self.shell("echo on; sleep 60")
        s.expect(rb"on")
        self.assertTrue(s.raw())
        os.kill(s.pid, signal.SIGKILL)
        self.assertEqual(s.exit(), -signal.SIGKILL)
        self.assertGivenBack(s)

    def test_modes_come_back_after_sigkill_of_the_process_group(self):
        s = self.shell("echo on; sleep 60")
        s.expect(rb"on")
        os.killpg(s.pid, signal.SIGKILL)
        self.assertGivenBack(s)

    def test_guardian_holds_nothing_else_and_ends(self):
        s = self.shell("echo on; read x")
        s.expect(rb"on")
        s.until(lambda: len(guardian(s.pid)) == 1, "one guardian")
        pids = guardian(s.pid)

        def held():
            return [os.readlink("/proc/%d/fd/%s" % (pids[0], fd))
                    for fd in os.listdir("/proc/%d/fd" % pids[0])]
        s.until(lambda: len([h for h in held() if h != os.ttyname(s.slave)]) == 1,
                "nothing held but the terminal and a pidfd")
        self.assertNotEqual(os.getsid(pids[0]), s.leader)
        s.type(b"\r")
        self.assertEqual(s.exit(), 0)
        self.assertFalse(os.path.exists("/proc/%d" % pids[0]))

    def test_modes_that_others_set_stay(self):
        s = self.shell("echo on; sleep 60")
        s.expect(rb"on")
        other = list(s.before)
        other[3] &= ~termios.ECHO
        termios.tcsetattr(s.slave, termios.TCSANOW, other)
        s.until(lambda: len(guardian(s.pid)) == 1, "one guardian")
        pids = guardian(s.pid)
        os.kill(s.pid, signal.SIGKILL)
        s.exit()
        s.until(lambda: name(pids[0]) != "hutch-terminal", "the guardian's end")
        self.assertEqual(s.modes(), other)

    def test_nonblock_is_not_set_for_others(self):
        s = self.shell("python3 -c 'import os; os.set_blocking(0, False)'; echo on; read x")
        s.expect(rb"on")
        flags = fcntl.fcntl(s.slave, fcntl.F_GETFL)
        self.assertFalse(flags & os.O_NONBLOCK)
        s.type(b"\r")
        s.exit()
        self.assertFalse(fcntl.fcntl(s.slave, fcntl.F_GETFL) & os.O_NONBLOCK)

    def test_modes_are_inherited(self):
        s = Session(["sh", "-c", "stty erase ^H -ixon; exec \"$@\"", "sh"] + DRIVER +
                    ["stty", "-a"])
        self.addCleanup(s.close)
        self.assertEqual(s.exit(), 0)
        self.assertIn(b"erase = ^H", s.seen)
        self.assertIn(b"-ixon", s.seen)

    def test_size_and_resize(self):
        s = self.shell("trap 'stty size; exit 3' WINCH; stty size; while :; do sleep 0.1; done")
        s.expect(rb"24 80")
        s.size(50, 132)
        s.expect(rb"50 132")
        self.assertEqual(s.exit(), 3)

    def test_interrupt_reaches_the_program_alone(self):
        s = self.shell("trap 'echo caught; exit 9' INT; echo on; while :; do sleep 0.1; done")
        s.expect(rb"on")
        s.type(b"\x03")
        s.expect(rb"caught")
        self.assertEqual(s.exit(), 9)

    def test_interrupt_ends_a_program(self):
        s = self.start("sleep", "60")
        s.until(s.raw, "raw")
        time.sleep(0.3)
        s.type(b"\x03")
        self.assertEqual(s.exit(), 130)

    def test_end_of_input_key(self):
        s = self.start("cat")
        s.until(s.raw, "raw")
        s.type(b"word\r")
        s.expect(rb"word\r\nword")
        s.type(b"\x04")
        self.assertEqual(s.exit(), 0)

    def test_stop_key_stops_the_launcher_and_continues(self):
        # No program is started meanwhile: a child stopped in vfork(2) would hold up the shell.
        s = self.shell("trap 'echo again; exit 4' CONT; echo on; read x; read x")
        s.expect(rb"on")
        s.type(b"\x1a")
        self.assertTrue(os.WIFSTOPPED(s.told()))
        self.assertEqual(s.modes(), s.before)
        s.size(30, 90)
        os.killpg(s.pid, signal.SIGCONT)
        s.expect(rb"again")
        self.assertEqual(s.exit(), 4)
        self.assertGivenBack(s)

    def test_stop_signal_from_outside_the_terminal(self):
        s = self.shell("echo on; kill -STOP $$; stty size; exit 5")
        s.expect(rb"on")
        self.assertTrue(os.WIFSTOPPED(s.told()))
        self.assertEqual(s.modes(), s.before)
        s.size(33, 99)
        os.killpg(s.pid, signal.SIGCONT)
        s.expect(rb"33 99")
        self.assertEqual(s.exit(), 5)

    def test_sigkill_while_stopped_leaves_the_modes_alone(self):
        s = self.shell("echo on; read x")
        s.expect(rb"on")
        s.type(b"\x1a")
        self.assertTrue(os.WIFSTOPPED(s.told()))
        other = list(s.before)
        other[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(s.slave, termios.TCSANOW, other)
        os.kill(s.pid, signal.SIGKILL)
        self.assertEqual(s.exit(), -signal.SIGKILL)
        time.sleep(0.2)
        self.assertEqual(s.modes(), other)

    def test_stopped_by_force_and_continued(self):
        s = self.shell("echo on; read x; stty size; exit 6")
        s.expect(rb"on")
        os.kill(s.pid, signal.SIGSTOP)
        self.assertTrue(os.WIFSTOPPED(s.told()))
        termios.tcsetattr(s.slave, termios.TCSANOW, s.before)
        s.size(40, 100)
        os.kill(s.pid, signal.SIGCONT)
        s.until(s.raw, "raw again")
        s.type(b"x\r")
        s.expect(rb"40 100")
        self.assertEqual(s.exit(), 6)
        self.assertGivenBack(s)

    def test_background_takes_nothing(self):
        s = self.shell("echo on; read x; echo got $x; exit 7", foreground=False)
        s.expect(rb"on")
        self.assertEqual(s.modes(), s.before)
        s.type(b"for the shell\n")
        time.sleep(0.6)
        self.assertNotIn(b"got", s.seen)
        termios.tcflush(s.slave, termios.TCIFLUSH)
        # Brought to the foreground without a signal, as a shell does with a running job.
        os.kill(s.leader, signal.SIGUSR1)
        s.until(s.raw, "raw in the foreground")
        s.type(b"word\r")
        s.expect(rb"got word")
        self.assertEqual(s.exit(), 7)
        self.assertGivenBack(s)

    def test_background_editor_stops(self):
        s = self.shell("sleep 0.3; stty raw; echo screen; sleep 60", foreground=False)
        status = s.told()
        self.assertTrue(os.WIFSTOPPED(status))
        self.assertEqual(os.WSTOPSIG(status), signal.SIGTTOU)
        self.assertNotIn(b"screen", s.seen)
        self.assertEqual(s.modes(), s.before)

    def test_background_obeys_tostop(self):
        s = Session(["sh", "-c", "trap '' TTOU; stty tostop; trap - TTOU; exec \"$@\"", "sh"] +
                    DRIVER + ["sh", "-c", "echo screen; sleep 60"], foreground=False)
        self.addCleanup(s.close)
        status = s.told()
        self.assertTrue(os.WIFSTOPPED(status))
        self.assertNotIn(b"screen", s.seen)

    def test_ten_megabytes_arrive(self):
        s = self.shell("stty raw; head -c 10000000 /dev/zero | tr '\\0' x; echo END")
        count = 0
        while True:
            alive = s.pump(0.2)
            count += s.seen.count(b"x")
            tail, s.seen = s.seen[-16:], b""
            if not alive or tail.endswith(b"END\n"):
                break
            self.assertTrue(select.select([s.master], [], [], PATIENCE)[0], "stalled")
        self.assertEqual(count, 10000000)
        self.assertEqual(s.exit(), 0)

    def test_last_output_arrives_at_a_slow_terminal(self):
        # About as much as all buffers on the way hold: some of it is in each when the program ends.
        for size in 20000, 100000, 140000, 180000:
            with self.subTest(size=size):
                s = self.shell("head -c %d /dev/zero | tr '\\0' x; printf END" % size)
                time.sleep(0.5)
                s.expect(rb"x{%d}END" % size)
                self.assertEqual(s.exit(), 0)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("setpriv"), "needs another user")
    def test_a_terminal_of_another_user(self):
        # It can't be opened again, as after su.
        if "exec" in DRIVER:
            self.skipTest("another user's sandbox can't be entered")
        s = Session(["setpriv", "--reuid", "65534", "--clear-groups", "env", "HOME=/nonexistent"] + DRIVER +
                    ["sh", "-c", "stty raw -echo; echo on; head -c 300000 | wc -c; stty sane; "
                                 "head -c 1000000 /dev/zero | tr '\\0' x; printf END; read x; "
                                 "kill -STOP $$; echo again; exit 3"])
        self.addCleanup(s.close)
        s.expect(rb"on\s")
        for _ in range(300):
            s.type(b"k" * 1000)
        s.expect(rb"300000")
        s.expect(rb"x{1000000}END")
        s.type(b"\r")
        self.assertTrue(os.WIFSTOPPED(s.told()))
        self.assertEqual(s.modes(), s.before)
        os.killpg(s.pid, signal.SIGCONT)
        s.expect(rb"again")
        self.assertEqual(s.exit(), 3)
        self.assertGivenBack(s)

    def test_much_input_arrives(self):
        s = self.shell("stty raw -echo; echo on; head -c 2000000 | wc -c; stty sane")
        s.expect(rb"on\s")
        left = b"k" * 2000000
        os.set_blocking(s.master, False)
        end = time.monotonic() + PATIENCE * 3
        while left and time.monotonic() < end:
            select.select([], [s.master], [], 1)
            try:
                left = left[os.write(s.master, left[:4096]):]
            except BlockingIOError:
                pass
        s.expect(rb"2000000")
        self.assertEqual(s.exit(), 0)

    def test_two_terminals(self):
        other, slave = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 11, 22, 0, 0))
        before = modes_of(slave)
        s = self.shell("stty size; read x; printf 'a\\nb%s\\n' $x", stdout=slave)
        s.until(s.raw, "raw")
        during = termios.tcgetattr(slave)
        self.assertTrue(during[3] & termios.ICANON)
        s.type(b"c\r")
        self.assertEqual(s.exit(), 0)
        seen = os.read(other, 65536)
        self.assertIn(b"11 22\r\n", seen)
        self.assertIn(b"a\r\nbc\r\n", seen)
        self.assertEqual(modes_of(slave), before)
        self.assertGivenBack(s)
        os.close(other)
        os.close(slave)

    def test_two_terminals_after_sigkill(self):
        other, slave = pty.openpty()
        before = modes_of(slave)
        s = self.shell("sleep 60", stdout=slave)
        s.until(s.raw, "raw")
        s.until(lambda: modes_of(slave) != before, "changed")
        os.kill(s.pid, signal.SIGKILL)
        self.assertGivenBack(s)
        s.until(lambda: modes_of(slave) == before, "the other's modes back")
        os.close(other)
        os.close(slave)

    def test_the_user_hangs_up(self):
        s = self.shell("trap 'exit 8' HUP; echo on; while :; do sleep 0.1; done")
        s.expect(rb"on")
        os.close(s.master)
        s.master = os.open("/dev/null", os.O_RDONLY)
        status = None
        end = time.monotonic() + PATIENCE
        while status is None and time.monotonic() < end:
            if select.select([s.status_pipe], [], [], 0.1)[0]:
                status = struct.unpack("i", os.read(s.status_pipe, 4))[0]
        self.assertIsNotNone(status, "the launcher still runs")
        self.assertEqual(os.waitstatus_to_exitcode(status), 8)

    def test_job_control_of_a_shell_inside(self):
        s = self.start("bash", "--norc", "--noprofile", "-i")
        s.type(b"PS1='in> '\r")
        s.expect(rb"\nin> |in> $")
        s.type(b"sleep 60\r")
        time.sleep(0.5)
        s.type(b"\x1a")
        s.expect(rb"Stopped")
        s.type(b"jobs; bg; fg\r")
        s.expect(rb"sleep 60 &")
        time.sleep(0.3)
        s.type(b"\x03")
        s.type(b"echo status $?; exit 3\r")
        s.expect(rb"status 130")
        self.assertEqual(s.exit(), 3)
        self.assertGivenBack(s)

    def test_stop_and_fg_in_a_shell_outside(self):
        s = Session(["bash", "--norc", "--noprofile", "-i"])
        self.addCleanup(s.close)
        s.type(b"PS1='out> '\r")
        s.expect(rb"\nout> |out> $")
        command = " ".join(DRIVER).encode()
        s.type(command + b" sh -c 'echo on; read x; echo got $x'\r")
        s.expect(rb"[\r\n]on\r")
        s.type(b"\x1a")
        s.expect(rb"Stopped")
        s.expect(rb"out> ")
        s.type(b"echo in $((6*7))\r")
        s.expect(rb"in 42")
        s.type(b"fg\r")
        s.expect(rb"fg\r\n")
        time.sleep(0.4)
        s.type(b"word\r")
        s.expect(rb"got word")
        s.expect(rb"out> ")
        s.type(b"echo status $?\r")
        s.expect(rb"status 0")
        s.type(b"exit\r")
        self.assertEqual(s.exit(), 0)

    @unittest.skipUnless(shutil.which("vim.basic") or shutil.which("vim"), "no vim here")
    def test_editor(self):
        s = self.start("vim", "-u", "NONE", "-N", "--cmd", "set nomore")
        s.expect(rb"\x1b\[")
        s.type(b"ihello\x1b")
        s.expect(rb"hello")
        s.type(b":echo &lines &columns\r")
        s.expect(rb"24 80")
        s.type(b":q!\r")
        self.assertEqual(s.exit(), 0)
        self.assertGivenBack(s)

    @unittest.skipUnless(shutil.which("fish"), "no fish here")
    def test_fish(self):
        s = self.start("fish", "--no-config", "--private")
        time.sleep(1)
        s.type(b"echo (math 6 x 7)\r")
        s.expect(rb"\b42\b")
        s.type(b"exit 5\r")
        self.assertEqual(s.exit(), 5)
        self.assertGivenBack(s)


if __name__ == "__main__":
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    DRIVER = sys.argv[1:split]
    os.environ["TERM"] = "xterm"
    unittest.main(argv=sys.argv[:1] + sys.argv[split + 1:], verbosity=2)
