"""Running what was built: the bench's own programs and vmpin."""
import os
import re
import shutil
import subprocess
import tempfile

BUILD = os.environ.get("top_builddir", ".")


def program(name):
    """What libtool linked, not its wrapper: that is a shell script."""
    for path in (f"{BUILD}/.libs/{name}", f"{BUILD}/{name}"):
        if os.path.exists(path):
            return path
    raise Failed(f"{BUILD}/{name} is not there: use `make bench`")


class Failed(Exception):
    """A program did not do what it is measured for."""


def run(args, good=(0,)):
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in good:
        raise Failed(f"{' '.join(args)}: exit status {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


def stop(process):
    """Ends it; an agent and a helper do so at once, unless something is wrong with them."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def numbers(args):
    """The NAME VALUE lines of one of the bench's programs."""
    return {name: float(value) for name, value in
            (line.split() for line in run(args).splitlines())}


def cpu_time(args, good=(0,)):
    """Nanoseconds that a process used of a CPU, from its start to its end."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    pid = os.posix_spawn(args[0], args, os.environ,
                         file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1)])
    os.close(null)
    _, status, used = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in good:
        raise Failed(f"{' '.join(args)}: exit status {os.waitstatus_to_exitcode(status)}")
    return (used.ru_utime + used.ru_stime) * 1e9


class Calls:
    """The system calls of a process and its children, as strace tells them."""

    OPENED = re.compile(r'open(?:at|at2)?\((?:AT_FDCWD|\d+<([^>]*)>), "([^"]*)".* = \d+<([^>]*)>$')
    CALL = re.compile(r"^\d+ +[a-z]\w*\(")

    def __init__(self, args, good=(0,)):
        with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as trace:
            run(["strace", "-f", "-y", "-o", trace.name, *args], good)
            lines = trace.read().splitlines()
        self.count = sum(1 for line in lines if self.CALL.match(line))
        self.opened = [match.group(3) for match in map(self.OPENED.search, lines) if match]

    def files(self, folder):
        """The files below the folder that were opened, in order; not its directories."""
        return [path for path in self.opened
                if path.startswith(folder + "/") and not os.path.isdir(path)]


def have(name):
    return shutil.which(name) is not None
