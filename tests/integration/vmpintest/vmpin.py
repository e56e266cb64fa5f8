"""Runs the vmpin that was built, with policies and state of the test's own."""
import collections
import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from . import guest, sandbox
from .host import alive, read, stop
from .waiting import slow, wait_for

BUILD = os.environ.get("top_builddir", ".")
NOBODY = pwd.getpwnam("nobody")


def program(name):
    return os.environ.get("VMPIN_BIN_DIR", BUILD) + "/" + name


def as_nobody(args):
    return ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups",
            "--no-new-privs", "--"] + args


def stage(folder):
    """The programs where any user can run them, as an installed vmpin's are: a build folder may
    lie behind one that only root may enter."""
    os.makedirs(folder)
    for name in ("vmpin", "vmpin-guests", "cgtree"):
        built = program(name)
        if os.path.exists(f"{os.path.dirname(built)}/.libs/{name}"):
            built = f"{os.path.dirname(built)}/.libs/{name}"
        if os.path.exists(built):
            shutil.copy(built, f"{folder}/{name}")
            os.chmod(f"{folder}/{name}", 0o755)
    return folder


def bus_connections(pid):
    """How many the process has to the system bus, which only a host with systemd is asked over."""
    if not os.path.isdir("/run/systemd/system"):
        return 0
    clients = guest.run(["busctl", "list", "--unique", "--no-legend"], check=True).out.splitlines()
    return sum(client.split()[1] == str(pid) for client in clients)


class Folder:
    """A policy folder."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path, mode=0o755)

    def __str__(self):
        return self.path

    @staticmethod
    def text(policy):
        return policy if isinstance(policy, (str, bytes)) else json.dumps(policy, indent=2) + "\n"

    def file(self, name):
        return f"{self.path}/{name}"

    def write(self, name, policy):
        """In place: open, cut, write, as a shell's redirection does."""
        text = self.text(policy)
        with open(self.file(name), "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        os.chmod(self.file(name), 0o644)

    def move_in(self, name, policy):
        """Written aside and renamed into place, as an editor or a package manager does."""
        self.write(f".{name}.new", policy)
        os.rename(self.file(f".{name}.new"), self.file(name))

    def remove(self, name):
        os.unlink(self.file(name))


class Vmpin:
    """The programs together with one policy folder, one state folder and one environment."""

    def __init__(self, root):
        self.root = root
        self.policies = Folder(f"{root}/policies.d")
        self.state = f"{root}/state"
        self.bin = stage(f"{root}/bin")
        self.variables = {}  # of the environment, for all programs
        self.results = []

    def own_environment(self):
        return {**self.variables, "LIBVIRT_DEFAULT_URI": guest.URI, "NO_COLOR": "1",
                "VMPIN_HELPER": f"{self.bin}/vmpin-guests", "LC_ALL": "C.UTF-8",
                "LD_LIBRARY_PATH": f"{BUILD}/.libs"}

    def environment(self):
        return {**os.environ, **self.own_environment()}

    def command(self, verb, *args, folders=None):
        words = [f"{self.bin}/vmpin", verb, "--state-dir", self.state]
        for folder in [self.policies] if folders is None else folders:
            words += ["-p", str(folder)]
        return words + [str(a) for a in args]

    def run(self, verb, *args, status=None, folders=None, nobody=False, wrapper=(), seconds=60):
        """Runs one subcommand; `status` is the exit status that it must have."""
        words = list(wrapper) + self.command(verb, *args, folders=folders)
        if nobody:
            words = as_nobody(words)
        result = guest.run(words, seconds=seconds, env=self.environment(), cwd="/")
        self.results.append(result)
        if status is not None and result.status != status:
            raise AssertionError(f"exit status {result.status} instead of {status} of: {result}")
        return result

    def bare(self, *words, status=None):
        """Runs vmpin with just these words."""
        result = guest.run([f"{self.bin}/vmpin", *words], env=self.environment(), cwd="/")
        self.results.append(result)
        assert status in (None, result.status), f"exit status not {status}: {result}"
        return result

    def json(self, verb, *args, **options):
        """(exit status, what --json printed)"""
        result = self.run(verb, "--json", *args, **options)
        try:
            return result.status, json.loads(result.out)
        except ValueError as error:
            raise AssertionError(f"no JSON ({error}) from: {result}") from None

    def baselines(self, guest):
        """(role, attribute, baseline) of each file that the state has of the guest."""
        try:
            with open(f"{self.state}/guests/{guest.uuid}.json", encoding="utf-8") as file:
                state = json.load(file)
        except FileNotFoundError:
            return []
        assert not state["lost"], state
        return [cell[:3] for cell in state["cells"] if not {"mask", "unit"} & set(cell[4:])]

    def cgtree(self, *args, status=0):
        result = guest.run([f"{self.bin}/cgtree", *args], env=self.environment())
        self.results.append(result)
        assert result.status == status, str(result)
        return result.out


class Agent:
    """A running `vmpin agent`. Its notifications (READY=1) are received as systemd would. With
    VMPIN_TEST_SANDBOX=1 it runs under the restrictions of the shipped unit, unless wrapped."""

    def __init__(self, vmpin, *args, wrapper=(), folders=None):
        self.vmpin = vmpin
        self.log_file = tempfile.NamedTemporaryFile(dir=vmpin.root, prefix="agent-",
                                                    suffix=".log", delete=False)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = tempfile.mktemp(dir=vmpin.root, prefix="notify-")
        self.socket.bind(path)
        self.notified = []
        threading.Thread(target=self.receive, daemon=True).start()
        words = list(wrapper) + vmpin.command("agent", *args, folders=folders)
        self.sandbox = None if wrapper or not sandbox.WANTED else sandbox.Sandbox(vmpin.root)
        if self.sandbox:
            words = self.sandbox.command(words, dict(vmpin.own_environment(), NOTIFY_SOCKET=path))
        self.process = subprocess.Popen(
            words, cwd="/", env=dict(vmpin.environment(), NOTIFY_SOCKET=path),
            stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=subprocess.STDOUT)
        self.wrapped = bool(wrapper)

    @property
    def pid(self):
        """The agent's own, not its wrapper's, unless that has become it."""
        if self.sandbox:
            return wait_for(self.sandbox.pid, 20, "systemd to start the agent")
        if not self.wrapped or read(f"/proc/{self.process.pid}/comm") == "vmpin":
            return self.process.pid
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return int(file.read().split()[0])

    def receive(self):
        """Must go on all the time: a full queue would stop the agent."""
        with contextlib.suppress(OSError):
            while True:
                self.notified += self.socket.recv(65536).decode().splitlines()

    def wait_ready(self, seconds=20):
        def ready():
            assert self.process.poll() is None, f"the agent ended: {self.log()}"
            return "READY=1" in self.notified
        wait_for(ready, seconds, "the agent's READY=1")
        return self

    def log(self):
        with open(self.log_file.name, errors="replace") as file:
            return file.read()

    def wait_log(self, text, seconds=10, since=0):
        wait_for(lambda: text in self.log()[since:], seconds, f"'{text}' in the agent's log")

    def running(self):
        return self.process.poll() is None

    def signal(self, signum):
        os.kill(self.pid, signum)

    def helper(self):
        """The pid of vmpin-guests, None while there is none."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            children = [int(pid) for pid in file.read().split()]
        return next((pid for pid in children if alive(pid)), None)

    def descriptors(self):
        """How many of what, but for what it has from the first need of it on: the timers, of which
        sd-event keeps one for each clock that was ever asked for, and the connection to the system
        bus, with which libsystemd 257 keeps a descriptor of the process at its other end."""
        fds, found = f"/proc/{self.pid}/fd", collections.Counter()
        for fd in os.listdir(fds):
            with contextlib.suppress(OSError):  # it has been closed meanwhile
                found[re.sub(r":\[\d+\]$", "", os.readlink(f"{fds}/{fd}"))] += 1
        connections, process = bus_connections(self.pid), "anon_inode:[pidfd]"
        found["socket"] -= connections
        found[process] -= min(connections, found[process])
        del found["anon_inode:[timerfd]"]
        return found

    def children(self):
        """All there are, with those that nobody has waited for."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            return len(file.read().split())

    def stop(self):
        """SIGTERM, as systemd does; how long the end took."""
        begin = time.monotonic()
        if self.running():
            self.signal(signal.SIGTERM)
            self.process.wait(slow(10))
        return time.monotonic() - begin

    def lives_for(self, seconds):
        """Waits that long; the agent must not end by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
            raise AssertionError(f"the agent ended by itself: {self.log()}")

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(slow(10))

    def close(self):
        if self.sandbox:
            self.sandbox.close()
        elif self.running():
            with contextlib.suppress(OSError, IndexError, ValueError):
                stop(self.pid)
            stop(self.process.pid)
        self.process.wait(slow(10))
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.log_file.close()
