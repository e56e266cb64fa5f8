"""Foreign writes into guests' files, and how long each is in force: what the drift test and the
bench have in common. It is watched by inotify, with nothing of vmpin's."""
import contextlib
import ctypes
import os
import random
import select
import threading
import time

from .expect import pinned, policy
from .guest import virsh
from .node import thread_cpus

IN_MODIFY = 2
libc = ctypes.CDLL(None, use_errno=True)

# What the guests shall have, and for each file another value.
APPLY = {"vcpu*": {"cpuset": {"cpus": "0"}, "cpu": {"shares": 512}},
         "emulator": {"cpuset": {"cpus": "1"}}, "iothread*": {"cpuset": {"cpus": "0"}}}
OTHER = {"cpuset.cpus": "0-1", "cpu.shares": "777", "cpu.weight": "77"}


def put(path, text):
    """One write, as a program's own; not a shell's, which cuts the file first."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def value(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


class Watch:
    """inotify on one file."""

    def __init__(self, path):
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.fd >= 0 and libc.inotify_add_watch(self.fd, path.encode(), IN_MODIFY) >= 0, path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def wait(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            os.read(self.fd, 4096)


def masks_are(path, wanted):
    """May each thread of the node whose set that is run on these CPUs, and on no other?"""
    node = os.path.dirname(path)
    tasks = next(name for name in ("tasks", "cgroup.threads") if os.path.exists(f"{node}/{name}"))
    for tid in value(f"{node}/{tasks}").split():
        with contextlib.suppress(OSError):  # it has ended
            if thread_cpus(tid) != wanted:
                return False
    return True


def healed_after(path, limit):
    """Writes another value than the one that stands there; the seconds until that stands there
    again, None: it never did within the limit, or the threads of a set do not follow."""
    wanted = value(path)
    with Watch(path) as watch:
        begin = time.monotonic()
        put(path, OTHER[os.path.basename(path)])
        while time.monotonic() - begin < limit:
            watch.wait(limit)
            if value(path) == wanted:
                took = time.monotonic() - begin
                return took if not path.endswith("cpuset.cpus") or follows(path, wanted, limit) else None
    return None


def follows(path, wanted, limit):
    end = time.monotonic() + limit
    while not masks_are(path, wanted):
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def drift_policy(guests):
    return policy(guests, APPLY)


def drift_in_force(guest):
    for role in guest.roles():
        pinned(guest, role, "1" if role == "emulator" else "0")
    return True


def hotplug(guest):
    virsh("setvcpus", guest.name, str(guest.current + 1), "--live")
    virsh("iothreadadd", guest.name, "7", "--live")
    virsh("iothreaddel", guest.name, "7", "--live")


@contextlib.contextmanager
def disturbing(guests):
    """Meanwhile a vCPU and an iothread are plugged into one guest after the other. libvirtd may be
    away; a guest is left out then."""
    ended = threading.Event()

    def run():
        for guest in guests:
            if ended.is_set():
                return
            with contextlib.suppress(AssertionError):
                hotplug(guest)
            ended.wait(0.2)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def files(guest):
    """The files of the policy that every guest of this shape has from its start to its end."""
    nodes = guest.nodes
    weight = "cpu.shares" if nodes.version("cpu") == 1 else "cpu.weight"
    roles = guest.roles()
    return ([nodes.file(role, "cpuset.cpus") for role in roles]
            + [nodes.file(role, weight) for role in roles if role.startswith("vcpu")])


def quantile(times, share):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Spread:
    """Files in random order, each again when all the others have had their turn: none so often that
    it would be a fight (five heals within ten seconds), if there are enough."""

    def __init__(self, paths, seed):
        self.random = random.Random(seed)
        self.paths, self.turn = paths, []

    def next(self):
        if not self.turn:
            self.turn = self.random.sample(self.paths, len(self.paths))
        return self.turn.pop()

    def moment(self, most):
        """Seconds until the next write."""
        return self.random.uniform(0, most)
