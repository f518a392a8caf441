# SPDX-License-Identifier: GPL-2.0-or-later
"""Terminals of `hutch run`, from the user's side: usage: terminal_run.py HUTCH [-- TEST…]"""
import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit"))
from test_terminal import Session, modes_of  # noqa: E402

HUTCH = None


class Run(unittest.TestCase):
    def start(self, *words, **options):
        session = Session([HUTCH, "run"] + list(words), **options)
        self.addCleanup(session.close)
        return session

    def outer(self, *argv):
        session = Session(list(argv))
        self.addCleanup(session.close)
        return session

    def directory(self):
        path = tempfile.mkdtemp(dir=os.getcwd())
        self.addCleanup(shutil.rmtree, path)
        return path

    def assertGivenBack(self, session):
        session.until(lambda: session.modes() == session.before, "the modes back")

    def test_the_only_terminal_inside_is_its_own(self):
        s = self.start("sh", "-c", "tty; ls -1 /dev/pts; echo END")
        s.expect(rb"^/dev/pts/0\r\n0\r\nptmx\r\nEND\r\n")
        self.assertEqual(s.exit(), 0)

    def test_a_pipe_gets_no_terminal(self):
        output = subprocess.run([HUTCH, "run", "sh", "-c", "test -t 0 || test -t 1 || echo none"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
        self.assertEqual(output.stdout, b"none\n")

    def test_a_terminal_for_a_pipe_when_asked_for(self):
        done = subprocess.run([HUTCH, "run", "--tty", "own", "cat"], input=b"one\ntwo",
                              stdout=subprocess.PIPE, timeout=20)
        self.assertEqual(done.returncode, 0)
        # The pipe stays one: no bytes are changed, and the end of it ends the program.
        self.assertEqual(done.stdout.replace(b"\r", b"").replace(b"^D\b\b", b"")[-7:], b"one\ntwo")

    def test_standard_error_elsewhere_stays_there(self):
        with tempfile.TemporaryFile() as file:
            s = Session(["sh", "-c", "\"$@\" 2>&%d" % file.fileno(), "sh", HUTCH, "run", "sh",
                         "-c", "echo out; echo err >&2"], inherit=[file.fileno()])
            self.addCleanup(s.close)
            s.expect(rb"out")
            self.assertEqual(s.exit(), 0)
            file.seek(0)
            self.assertEqual(file.read(), b"err\n")
            self.assertNotIn(b"err", s.seen)

    def test_sigkill_of_the_launcher_ends_the_program_and_gives_the_modes_back(self):
        directory = self.directory()
        s = self.start("--rw", directory, "sh", "-c",
                       "echo on; sleep 2; echo lives >%s/proof" % directory)
        s.expect(rb"on")
        os.kill(s.pid, signal.SIGKILL)
        s.exit()
        self.assertGivenBack(s)
        time.sleep(2.2)
        self.assertFalse(os.path.exists(directory + "/proof"))

    def test_time_limit_gives_the_modes_back(self):
        s = self.start("--wall", "500ms", "sh", "-c", "stty raw; echo on; sleep 60")
        s.expect(rb"on")
        self.assertEqual(s.exit(), 124)
        self.assertGivenBack(s)

    def test_time_limit_holds_for_a_program_that_stops_itself(self):
        s = self.start("--wall", "1s", "sh", "-c", "(sleep 60) & kill -STOP $$; sleep 60")
        self.assertTrue(os.WIFSTOPPED(s.told()))
        self.assertEqual(s.modes(), s.before)
        self.assertEqual(s.exit(), 124)
        self.assertGivenBack(s)

    def test_time_limit_holds_without_a_terminal_for_one_that_stops_itself(self):
        start = time.monotonic()
        done = subprocess.run([HUTCH, "run", "--wall", "1s", "sh", "-c",
                               "while :; do kill -STOP $$; done"],
                              stdin=subprocess.DEVNULL, timeout=20)
        self.assertEqual(done.returncode, 124)
        self.assertLess(time.monotonic() - start, 10)

    def test_a_program_that_can_t_be_started(self):
        s = self.start("/nonexistent/program")
        self.assertEqual(s.exit(), 127)
        self.assertGivenBack(s)

    def test_the_hangup_ends_what_does_not_ask_for_more(self):
        s = self.start("sh", "-c", "echo on; sleep 60")
        s.expect(rb"on")
        os.close(s.master)
        s.master = os.open("/dev/null", os.O_RDONLY)
        self.assertIn(os.waitstatus_to_exitcode(s.told()), (129, -1))

    def test_shell_with_job_control_that_writes(self):
        directory = self.directory()
        s = self.start("--rw", directory, "--chdir", directory, "bash", "--norc", "-i")
        s.type(b"PS1='in> '; echo made >file\r")
        s.expect(rb"(\n|2004h)in> ")
        s.type(b"sleep 60\r")
        time.sleep(0.4)
        s.type(b"\x1a")
        s.expect(rb"Stopped +sleep 60")
        s.type(b"bg; jobs; kill %1; wait; echo waited\r")
        s.expect(rb"[\r\n]waited")
        s.type(b"exit 9\r")
        self.assertEqual(s.exit(), 9)
        with open(directory + "/file") as f:
            self.assertEqual(f.read(), "made\n")
        self.assertGivenBack(s)

    def test_suspend_and_fg(self):
        s = self.outer("bash", "--norc", "--noprofile", "-i")
        s.type(b"PS1='out> '\r")
        s.expect(rb"(\n|2004h)out> ")
        s.type(b"stty -a >/dev/null; %s run bash --norc -i\r" % HUTCH.encode())
        time.sleep(0.5)
        s.type(b"PS1='in> '\r")
        s.expect(rb"(\n|2004h)in> ")
        s.type(b"suspend -f\r")
        s.expect(rb"Stopped")
        s.expect(rb"out> ")
        s.size(31, 77)
        s.type(b"echo outside $((40+2)) $(stty -a | grep -o -- '-\\?icanon')\r")
        # Bash's own line editing is not seen by a command that it runs.
        s.expect(rb"outside 42 icanon")
        s.type(b"fg\r")
        time.sleep(0.5)
        s.type(b"\rstty size\r")
        s.expect(rb"31 77")
        s.type(b"exit 4\r")
        s.expect(rb"out> ")
        s.type(b"echo status $?\r")
        s.expect(rb"status 4")
        s.type(b"exit\r")
        self.assertEqual(s.exit(), 0)

    def test_stop_key_in_a_shared_terminal(self):
        s = self.start("--tty", "share", "sh", "-c", "echo on; read x; echo got $x")
        s.expect(rb"on")
        s.type(b"\x1a")
        self.assertTrue(os.WIFSTOPPED(s.told()))
        os.killpg(s.pid, signal.SIGCONT)
        time.sleep(0.3)
        s.type(b"word\n")
        s.expect(rb"got word")
        self.assertEqual(s.exit(), 0)

    def test_keys_with_standard_output_in_a_pipe(self):
        readable, writable = os.pipe()
        self.addCleanup(os.close, readable)
        self.addCleanup(os.close, writable)
        s = self.start("sh", "-c", "trap 'exit 7' INT; echo on >&2; read x; echo got $x >&2; "
                                   "read x", stdout=writable)
        s.expect(rb"on")
        s.type(b"\x1a")
        self.assertTrue(os.WIFSTOPPED(s.told()))
        os.killpg(s.pid, signal.SIGCONT)
        s.type(b"word\n")
        s.expect(rb"got word")
        s.type(b"\x03")
        self.assertEqual(s.exit(), 7)
        self.assertEqual(s.modes(), s.before)

    def test_what_a_program_leaves_on_a_shared_terminal_is_undone(self):
        s = self.start("--tty", "share", "python3", "-c",
                       "import os, termios, tty; tty.setraw(0); os.set_blocking(0, False); "
                       "os.kill(os.getpid(), 9)")
        self.assertEqual(s.exit(), 137)
        self.assertEqual(s.modes(), s.before)
        self.assertFalse(fcntl.fcntl(s.slave, fcntl.F_GETFL) & os.O_NONBLOCK)

    def test_typing_into_the_terminal_is_refused(self):
        program = ("import fcntl, termios\n"
                   "for request in (termios.TIOCSTI, termios.TIOCSTI | 1 << 32, 0x541c):\n"
                   "    try:\n"
                   "        fcntl.ioctl(0, request, b'\\x03')\n"
                   "        print('done')\n"
                   "    except (OSError, OverflowError) as e:\n"
                   "        print('refused')\n")
        for tty in "own", "share":
            s = self.start("--tty", tty, "python3", "-c", program)
            s.expect(rb"refused\r\nrefused\r\nrefused\r\n")
            self.assertEqual(s.exit(), 0)

    @unittest.skipUnless(shutil.which("top"), "no top here")
    def test_full_screen_program_follows_the_size(self):
        s = self.start("top", "-d", "60")
        s.expect(rb"\x1b\[")
        s.expect(rb"load average")
        s.size(40, 120)
        s.expect(rb"load average")
        s.type(b"q")
        self.assertEqual(s.exit(), 0)
        self.assertGivenBack(s)

    @unittest.skipUnless(shutil.which("less"), "no less here")
    def test_pager(self):
        s = self.start("less", "-R", "/etc/services")
        s.expect(rb"/tcp")
        s.type(b"/ssh\r")
        s.expect(rb"ssh")
        s.type(b"q")
        self.assertEqual(s.exit(), 0)
        self.assertGivenBack(s)

    @unittest.skipUnless(shutil.which("vim"), "no vim here")
    def test_editor_writes_a_file(self):
        directory = self.directory()
        s = self.start("--rw", directory, "vim", "-u", "NONE", "-N", "--cmd", "set nomore",
                       directory + "/text")
        s.expect(rb"\x1b\[")
        s.type(b"ihello\x1b")
        s.expect(rb"hello")
        s.type(b"\x1a")
        self.assertTrue(os.WIFSTOPPED(s.told()))
        self.assertEqual(s.modes(), s.before)
        s.size(30, 90)
        os.killpg(s.pid, signal.SIGCONT)
        s.until(s.raw, "raw again")
        time.sleep(0.3)
        s.type(b":echo &lines &columns\r")
        s.expect(rb"30 90")
        s.type(b":wq\r")
        self.assertEqual(s.exit(), 0)
        with open(directory + "/text") as f:
            self.assertEqual(f.read(), "hello\n")
        self.assertGivenBack(s)

    @unittest.skipUnless(shutil.which("tmux"), "no tmux here")
    def test_multiplexer(self):
        s = self.start("tmux", "-f", "/dev/null", "-L", "t", "new-session", "sh")
        time.sleep(1)
        s.type(b"echo $((6*7)) in $TMUX\r")
        s.expect(rb"42 in ")
        s.type(b"exit\r")
        self.assertEqual(s.exit(), 0)
        self.assertGivenBack(s)

    def test_python_edits_its_line(self):
        s = self.start("python3", "-q")
        s.expect(rb">>> ")
        s.type(b"6*8\x7f7\r")
        # Before the prompt the terminal is in line mode, and the key would mean another thing.
        s.expect(rb"42\s+(\x1b[^>]*)?>>> ")
        s.type(b"\x04")
        self.assertEqual(s.exit(), 0)
        self.assertGivenBack(s)

    def test_nobody_is_left(self):
        s = self.start("sh", "-c", "echo on; read x")
        s.expect(rb"on")
        with open("/proc/%d/task/%d/children" % (s.pid, s.pid)) as f:
            before = f.read().split()
        self.assertEqual(len(before), 2)
        s.type(b"\r")
        self.assertEqual(s.exit(), 0)
        for pid in before:
            self.assertFalse(os.path.exists("/proc/" + pid))


if __name__ == "__main__":
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    HUTCH = sys.argv[1]
    os.environ["TERM"] = "xterm"
    unittest.main(argv=sys.argv[:1] + sys.argv[split + 1:], verbosity=2)
