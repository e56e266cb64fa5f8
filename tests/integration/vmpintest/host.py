"""The machine that the tests run on: what it has, and the services that guests need.

Starts what is not running (system bus, virtlogd, libvirtd) and stops, by pid, just that. Leaves
the machine as it was found. Refuses to work on top of what an earlier run left behind. One test
program at a time: a lock file keeps two from changing the machine under each other.
"""
import contextlib
import fcntl
import glob
import grp
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys

from . import guest
from .waiting import wait_for

LOCK = "/run/vmpin-test.lock"
BUS = "/run/dbus/system_bus_socket"
KVM = "/dev/kvm"
REAPER = f"{os.path.dirname(__file__)}/reaper.py"
# The whole machine may be changed: services may be killed, CPUs may go offline.
OWN_MACHINE = os.environ.get("VMPIN_TEST_OWN_MACHINE") == "1"


class Missing(Exception):
    """What this machine lacks for any test with real guests."""


class Refused(Exception):
    """The tests would not be safe, or worth anything, here and now."""


class Hierarchy:
    """One mounted control group file system."""

    def __init__(self, path, version, controllers):
        self.path, self.version, self.controllers = path, version, controllers


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().strip()


def hierarchies():
    found = []
    for line in read("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        path = left.split()[4]
        kind, _, options = right.split()[:3]
        if kind == "cgroup2":
            found.append(Hierarchy(path, 2, read(f"{path}/cgroup.controllers").split()))
        elif kind == "cgroup":
            found.append(Hierarchy(path, 1, [o for o in options.split(",")
                                             if o not in ("rw", "ro", "xattr")]))
    return found


def hierarchy_of(controller):
    for hierarchy in hierarchies():
        if controller in hierarchy.controllers:
            return hierarchy
    raise Missing(f"no control group hierarchy has the controller {controller}")


def processes(name):
    """The pids of the running processes of that name."""
    found = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        with contextlib.suppress(OSError):
            pid = int(path.split("/")[2])
            if read(path) == name and alive(pid):
                found.append(pid)
    return found


def daemon(name):
    """The pid of the host's own, None when it does not run: test_helper.py runs others beside it."""
    try:
        pid = int(read(f"/run/{name}.pid"))
        return pid if pid in processes(name) else None
    except (OSError, ValueError):
        return None


def alive(pid):
    """A zombie that its parent has not looked at yet is dead."""
    try:
        return read(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def stop(pid, seconds=10):
    """Ends a process that we started."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not alive(pid), seconds, f"the end of process {pid}")
            return


def bus_answers():
    """Does a system bus run? Its socket and pid file outlive one that was killed."""
    with socket.socket(socket.AF_UNIX) as bus:
        return bus.connect_ex(BUS) == 0


class Machine:
    def __init__(self):
        self.undo = contextlib.ExitStack()
        self.libvirtd = None  # its pid, if we started it
        self.service = "libvirtd"  # systemd's name of what serves qemu:///system: or virtqemud

    def __enter__(self):
        if os.environ.get("VMPIN_TEST_NO_GUESTS") == "1":
            raise Missing("VMPIN_TEST_NO_GUESTS=1: no real guests are wanted")
        if os.geteuid() != 0:
            raise Missing("needs root: real guests and their control groups")
        for program in ("virsh", "libvirtd", "virtlogd", "qemu-system-x86_64"):
            if not shutil.which(program):
                raise Missing(f"needs {program}, which is not installed")
        for controller in ("cpu", "cpuset", "memory"):
            if not os.access(hierarchy_of(controller).path, os.W_OK):
                raise Missing(f"the control groups of {controller} are not writable here")
        with self.undo:
            self.lock()
            self.refuse_leftovers()
            self.watch_partitions()
            self.open_kvm()
            if not self.has_systemd():
                self.start_services()
            elif self.is_modular():
                self.service = "virtqemud"
            wait_for(self.libvirtd_answers, 60, "libvirtd")
            self.refuse_leftover_guests()
            self.undo.callback(guest.sweep)
            self.undo = self.undo.pop_all()
        return self

    def __exit__(self, *what):
        for signum in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(signum, signal.SIG_IGN)
        self.undo.close()

    @staticmethod
    def has_systemd():
        return os.path.isdir("/run/systemd/system")

    @staticmethod
    def is_modular():
        """Does a daemon of its own serve QEMU's guests, in the place of libvirtd?"""
        return guest.run(["systemctl", "is-active", "virtqemud.socket"]).status == 0

    def describe(self):
        versions = {h.version for h in hierarchies()}
        layout = "hybrid" if len(versions) == 2 else f"v{versions.pop()}"
        return (f"control groups {layout}, {'' if self.has_systemd() else 'no '}systemd, "
                f"{os.cpu_count()} CPUs, Linux {os.uname().release}; {self.service}: "
                + guest.virsh("version", "--daemon").out.splitlines()[-1])

    def lock(self):
        file = open(LOCK, "w")
        self.undo.callback(file.close)
        fcntl.flock(file, fcntl.LOCK_EX)

    @staticmethod
    def refuse_leftovers():
        for pid in processes("vmpin"):
            words = []
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            if b"agent" in words and not {b"--state-dir", b"--root"} & set(words):
                raise Refused(f"this host's vmpin agent runs (pid {pid}) and might match the "
                              "tests' guests: stop it first")
        for hierarchy in hierarchies():
            for folder, names, _ in os.walk(hierarchy.path):
                for name in filter(guest.OURS.search, names):
                    raise Refused(f"{folder}/{name} is left from an earlier run: end its guest")

    @staticmethod
    def refuse_leftover_guests():
        for name in guest.names():
            raise Refused(f"guest {name} is left from an earlier run: "
                           f"virsh destroy {name}; virsh undefine {name}")

    def watch_partitions(self):
        """libvirtd makes /machine in each hierarchy and leaves it there."""
        before = {h.path for h in hierarchies() if os.path.isdir(f"{h.path}/machine")}

        def remove():
            for hierarchy in hierarchies():
                if hierarchy.path not in before:
                    with contextlib.suppress(OSError):
                        os.rmdir(f"{hierarchy.path}/machine")
        self.undo.callback(remove)

    def open_kvm(self):
        """libvirt probes QEMU anew, for seconds, before every start while /dev/kvm is there but
        closed to QEMU's user. Give it the mode that udev would have given it."""
        try:
            was = os.stat(KVM)
            kvm = grp.getgrnam("kvm").gr_gid
        except (OSError, KeyError):
            return
        if stat.S_IMODE(was.st_mode) & 0o060 == 0o060:
            return
        self.undo.callback(os.chmod, KVM, stat.S_IMODE(was.st_mode))
        self.undo.callback(os.chown, KVM, was.st_uid, was.st_gid)
        os.chown(KVM, was.st_uid, kvm)
        os.chmod(KVM, 0o660)

    def start_services(self):
        if not bus_answers():
            os.makedirs("/run/dbus", exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                os.unlink("/run/dbus/pid")  # a killed one's: dbus-daemon refuses to start over it
            subprocess.run(["dbus-uuidgen", "--ensure"], check=True)
            pid = subprocess.run(["dbus-daemon", "--system", "--fork", "--print-pid"], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout
            self.undo.callback(shutil.rmtree, "/run/dbus", ignore_errors=True)
            self.undo.callback(stop, int(pid))
        if not daemon("virtlogd"):
            self.undo.callback(stop, self.start_daemon("virtlogd"))
        if not daemon("libvirtd"):
            self.start_libvirtd()
            self.undo.callback(lambda: stop(self.libvirtd))

    @staticmethod
    def start_daemon(name):
        # One that was just killed may hold the pid file yet, by a child of its.
        wait_for(lambda: subprocess.run([sys.executable, REAPER, name, "-d"],
                                        check=False).returncode == 0, 10, f"{name} to start")
        return wait_for(lambda: daemon(name), 20, f"{name} to run")

    def start_libvirtd(self):
        self.libvirtd = self.start_daemon("libvirtd")

    def may_kill_libvirtd(self):
        return self.libvirtd is not None or (OWN_MACHINE and self.has_systemd())

    @contextlib.contextmanager
    def without_libvirtd(self):
        """libvirtd ends the hard way, and is back afterwards; guests live on."""
        if self.has_systemd():
            subprocess.run(["systemctl", "kill", "--signal=KILL", f"{self.service}.service"],
                           check=True)
            wait_for(self.stop_units, 20, "the end of libvirtd's units")
        else:
            os.kill(self.libvirtd, signal.SIGKILL)
            wait_for(lambda: not alive(self.libvirtd), 20, "the end of libvirtd")
        try:
            yield
        finally:
            if self.has_systemd():
                wait_for(self.start_units, 60, "libvirtd's units")
            else:
                self.start_libvirtd()
            wait_for(self.libvirtd_answers, 60, "libvirtd")

    def units(self):
        """libvirtd's, all that a plain start of it starts."""
        return [f"{self.service}{kind}" for kind in (".socket", "-ro.socket", "-admin.socket",
                                                     ".service")]

    def stop_units(self):
        """True when all have ended. Each is a job of its own: a service that was killed is started anew
        meanwhile (Restart=), with the sockets, whose stop is cancelled then."""
        guest.run(["systemctl", "stop", *self.units()])
        states = guest.run(["systemctl", "show", "--property=ActiveState", "--value", *self.units()])
        return {"inactive", "failed"} >= set(states.out.split())

    def start_units(self):
        """A socket refuses to start beside a service that runs already, and the start of the service
        alone succeeds without it: nobody would listen."""
        subprocess.run(["systemctl", "reset-failed", f"{self.service}*"], check=False)
        result = guest.run(["systemctl", "start", *self.units()])
        if result.status:
            self.stop_units()
        assert result.status == 0, str(result)
        return True

    @contextlib.contextmanager
    def hung_libvirtd(self):
        """libvirtd takes connections and answers nothing."""
        def send(signum):
            if self.has_systemd():
                subprocess.run(["systemctl", "kill", f"--signal={signum}",
                                f"{self.service}.service"], check=True)
            else:
                os.kill(self.libvirtd, signum)
        send(signal.SIGSTOP)
        try:
            yield
        finally:
            send(signal.SIGCONT)

    def libvirtd_answers(self):
        if self.has_systemd():
            subprocess.run(["systemctl", "reset-failed", f"{self.service}*"], check=False)
            result = guest.run(["systemctl", "start", f"{self.service}.service"])
            assert result.status == 0, str(result)
        result = guest.virsh("list", check=False)
        assert result.status == 0, str(result)
        return True

    def restart_libvirtd(self):
        with self.without_libvirtd():
            pass
