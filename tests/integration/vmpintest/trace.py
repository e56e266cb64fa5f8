"""Where a guest's vCPU threads really ran, from the scheduler's own trace (tracefs, sched_switch, in
an instance of the test's own), and when its CPUs were started, from QEMU's own event."""
import contextlib
import os
import re
import subprocess
import tempfile
import time

from .guest import URI, virsh
from .host import read
from .waiting import slow, wait_for

WATCHED = 0.5  # seconds of each start
VCPU = '"CPU *"'
QEMU = '"qemu-system*"'  # a thread that has not got its name yet
SWITCH = re.compile(r"\[(\d+)\].* (\d+\.\d+): sched_switch: prev_comm=.* prev_pid=(\d+) .*"
                    r"==> next_comm=.* next_pid=(\d+) ")
RESUMED = re.compile(r"^event RESUME at (\d+\.\d+) for domain '(.*)'")


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


@contextlib.contextmanager
def mounted(kind):
    """A file system of the kernel's, where nobody else looks for it."""
    folder = tempfile.mkdtemp(prefix="vmpin-trace-")
    try:
        subprocess.run(["mount", "-t", kind, "none", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)
    finally:
        os.rmdir(folder)


def ahead_of_monotonic():
    """Seconds that the clock of QEMU's events is ahead of the trace's. Whoever reads both may be held up
    between the two: the quickest of some readings is right."""
    readings = []
    for _ in range(10):
        before, clock, after = time.monotonic(), time.time(), time.monotonic()
        readings.append((after - before, clock - before))
    return min(readings)[1]


class Trace:
    """Times are seconds of the kernel's monotonic clock."""

    def __init__(self):
        self.undo = contextlib.ExitStack()

    def __enter__(self):
        with self.undo:
            self.folder = f"{self.undo.enter_context(mounted('tracefs'))}/instances/vmpin-{os.getpid()}"
            os.mkdir(self.folder)
            self.undo.callback(os.rmdir, self.folder)
            write(f"{self.folder}/trace_clock", "mono")
            write(f"{self.folder}/buffer_size_kb", "4096")
            write(f"{self.folder}/events/sched/sched_switch/filter",
                  f"prev_comm ~ {VCPU} || next_comm ~ {VCPU} || next_comm ~ {QEMU}")
            write(f"{self.folder}/events/sched/sched_switch/enable", "1")
            self.undo.callback(write, f"{self.folder}/events/sched/sched_switch/enable", "0")
            self.listen()
            self.undo = self.undo.pop_all()
        return self

    def __exit__(self, *_):
        self.undo.close()

    def listen(self):
        """QEMU sends RESUME just before it lets the CPUs run."""
        self.told, self.known = self.undo.enter_context(tempfile.TemporaryFile("w+")), 0
        listener = subprocess.Popen(
            ["stdbuf", "-oL", "virsh", "-q", "-c", URI, "qemu-monitor-event", "--event", "RESUME",
             "--loop"], stdin=subprocess.DEVNULL, stdout=self.told,
            stderr=subprocess.STDOUT)
        self.undo.callback(listener.wait)
        self.undo.callback(listener.kill)

    def wait_until_heard(self, guest):
        """virsh does not say when it listens: the guest is started, and resumed until it is heard."""
        def heard():
            virsh("suspend", guest.name)
            virsh("resume", guest.name)
            return self.resumed(guest)
        guest.start(paused=False)
        wait_for(heard, 20, "virsh to listen")
        guest.destroy()

    def start(self, guest, allowed, begin=None):
        """Starts the guest (by `begin`); the seconds that its vCPUs ran on other CPUs than
        `allowed`, from when QEMU let them run and for so long."""
        self.clear()
        begin() if begin else guest.start(paused=False)
        since = wait_for(lambda: self.resumed(guest), 10, "the start of the CPUs")
        time.sleep(slow(WATCHED))
        return self.elsewhere(guest, allowed, since)

    def clear(self):
        """Forgets what was traced and heard."""
        write(f"{self.folder}/trace", "")
        self.known = os.fstat(self.told.fileno()).st_size

    def resumed(self, guest):
        """When QEMU let the guest's CPUs run last; None: it was not heard to."""
        self.told.seek(self.known)
        ahead = ahead_of_monotonic()
        found = [match for match in map(RESUMED.match, self.told)
                 if match and match.group(2) == guest.name]
        return float(found[-1].group(1)) - ahead if found else None

    def elsewhere(self, guest, allowed, since):
        """Seconds that the guest's vCPU threads ran on other CPUs than `allowed` after `since`."""
        return sum(seconds for _, seconds in self.stretches(guest, allowed, since))

    def stretches(self, guest, allowed, since):
        """The same one by one: when each ended, and how long it was."""
        pid = guest.nodes.pid
        threads = {tid for tid in os.listdir(f"/proc/{pid}/task")
                   if read(f"/proc/{pid}/task/{tid}/comm").startswith("CPU ")}
        assert threads, f"{guest} has no vCPU threads"
        on = {}  # CPU -> since when one of the threads is there
        with open(f"{self.folder}/trace", encoding="utf-8", errors="replace") as file:
            for match in filter(None, map(SWITCH.search, file)):
                cpu, now, left, came = match.groups()
                if left in threads and int(cpu) not in allowed and float(now) > since:
                    yield float(now), float(now) - max(since, on.pop(cpu, since))
                if came in threads:
                    on[cpu] = float(now)
