# Interactive shells on pseudoterminals that this program drives, as a terminal emulator does: one waits at its prompt with variables, a function and
# a background job; in another a program runs in the foreground. Each goes on, and Ctrl-C reaches the foreground program only.
# terminals: their numbers must be free when it comes back
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

from target import eventually, expect, run


class Shell:
    def __init__(self, columns):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update(PS1="READY> ", PS2="", TERM="dumb", HISTFILE="")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.text = ""
        self.until("READY> ")

    def type(self, text):
        os.write(self.master, text.encode())

    def until(self, wanted, seconds=30):
        """Reads until this has come, and gives all up to there; what is behind it stays for the next time."""
        deadline = time.monotonic() + seconds
        while wanted not in self.text:
            if time.monotonic() > deadline or not select.select([self.master], [], [], 1)[0]:
                if time.monotonic() > deadline:
                    expect(False, f"no {wanted!r} comes, but {self.text!r}")
                    return ""
                continue
            self.text += os.read(self.master, 4096).decode()
        before, _, self.text = self.text.partition(wanted)
        return before

    def ask(self, command):
        """What a command prints. Its line is echoed first."""
        self.type(command + "\n")
        self.until("\n")
        return self.until("READY> ").replace("\r", "").strip()

    def foreground(self):
        return os.tcgetpgrp(self.master)


shells = []


def set_up():
    idle, busy = Shell(101), Shell(102)
    shells.extend([idle, busy])
    idle.ask("x=41; array=(a b c); f() { echo \"f says $((x + 1))\"; }; cd /usr; trap 'echo trapped' USR1")
    idle.ask("sleep 86400 & job=$!")
    idle.type("echo typed but not entered: $x")  # the line editor holds this
    idle.until("$x")
    start_cat(busy)


def start_cat(busy):
    busy.type("cat\n")
    busy.until("\n")
    expect(eventually(lambda: busy.foreground() != busy.pid), "cat does not get the foreground")
    busy.type("echoed once\n")
    busy.until("echoed once\r\nechoed once\r\n")


def verify():
    idle, busy = shells
    for shell, columns in zip(shells, (101, 102)):
        expect(os.waitpid(shell.pid, os.WNOHANG) == (0, 0), "a shell has ended")
        size = struct.unpack("HHHH", fcntl.ioctl(shell.master, termios.TIOCGWINSZ, b"\0" * 8))
        expect(size[:2] == (40, columns), f"the size is {size}")

    idle.type("\n")
    answer = idle.until("READY> ").replace("\r", "").strip()
    expect(answer == "typed but not entered: 41", f"the line that was being edited gives {answer!r}")
    expect(idle.ask("f") == "f says 42", "the function is lost")
    expect(idle.ask("echo ${array[2]} $$ $(pwd)") == f"c {idle.pid} /usr", "variables are lost")
    expect(idle.ask("kill -0 $job && jobs -r | grep -c sleep") == "1", "the background job is lost")
    expect("trapped" in idle.ask("kill -USR1 $$; :"), "the trap is lost")
    expect(idle.ask("stty size") == "40 101", "the shell's terminal has another size")
    expect(re.fullmatch("/dev/pts/[0-9]+", idle.ask("tty")) is not None, "the shell has no terminal")
    expect(idle.ask("cat /dev/null </dev/tty && echo opened") == "opened", "/dev/tty can't be opened")
    # A job to the foreground, stopped by Ctrl-Z, and back to the background.
    idle.type("fg\n")
    idle.until("sleep 86400")
    expect(eventually(lambda: idle.foreground() != idle.pid), "the job does not get the foreground")
    idle.type("\x1a")
    idle.until("READY> ")
    expect(idle.ask("jobs -s | grep -c sleep") == "1", "Ctrl-Z does not stop the job")
    idle.ask("bg")
    idle.type("echo typed but not entered: $x")
    idle.until("$x")

    busy.type("and echoed\n")
    busy.until("and echoed\r\nand echoed\r\n")
    busy.type("\x03")
    busy.until("READY> ")
    expect(eventually(lambda: busy.foreground() == busy.pid), "the shell does not get the foreground back")
    expect(busy.ask("echo $? $((6 * 7)) $$") == f"130 42 {busy.pid}", "the shell does not go on after Ctrl-C")
    start_cat(busy)


run(set_up, verify)
