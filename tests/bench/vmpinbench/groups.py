"""Real v1 control groups of guests that do not exist: made below libvirt's `machine`, as libvirt
makes them, and removed again. Nothing else is written to or removed."""
import contextlib
import json
import os
import re
import signal
import sys

PREFIX = "bench"
FIRST_ID = 1900001
CONTROLLERS = ("cpu", "cpuset", "memory")
OURS = re.compile(r"^qemu-(19\d{5})-bench\d+\.libvirt-qemu$")
ANY_ID = re.compile(r"^[a-z]+-(\d+)-")


class Refused(Exception):
    """The host cannot be measured, or not without touching what is others'."""


def mountpoints():
    """Controller -> where its v1 hierarchy is mounted."""
    found = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            left, _, right = line.partition(" - ")
            kind, _, options = right.split()[:3]
            if kind != "cgroup" or left.split()[3] != "/":
                continue
            for option in options.split(","):
                found.setdefault(option, left.split()[4])
    missing = [name for name in CONTROLLERS if name not in found]
    if missing:
        raise Refused(f"no v1 control groups for {', '.join(missing)}: the bench needs them")
    return found


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def listen():
    """For a process that is started with patience and then lives on."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


@contextlib.contextmanager
def patience():
    """What must not be left half-way: a Ctrl-C, however often, takes effect behind it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Guest:
    """A guest for the recorded host, and its nodes."""

    def __init__(self, number, vcpus=4, iothreads=1):
        self.name = f"{PREFIX}{number}"
        self.id = FIRST_ID + number - 1
        self.uuid = f"b0000000-0000-4000-8000-{number:012}"
        self.vcpus, self.iothreads = vcpus, iothreads
        self.node = f"machine/qemu-{self.id}-{self.name}.libvirt-qemu"
        self.title = None

    def roles(self):
        return (["emulator"] + [f"vcpu{n}" for n in range(self.vcpus)]
                + [f"iothread{n + 1}" for n in range(self.iothreads)])

    def facts(self):
        facts = {"uuid": self.uuid, "name": self.name, "driver": "qemu", "id": self.id,
                 "running": True, "persistent": True, "vcpus_maximum": self.vcpus,
                 "memory_maximum": 1 << 30, "iothreads": [n + 1 for n in range(self.iothreads)]}
        if self.title:
            facts["title"] = self.title
        return facts

    def line(self, event="list"):
        return json.dumps({"type": "guest", "event": event, "facts": self.facts()}) + "\n"


class Groups:
    """The nodes of many guests; a context manager that removes what it made."""

    def __init__(self):
        self.mounts = mountpoints()
        self.made = []

    def path(self, controller, *names):
        return os.path.join(self.mounts[controller], *names)

    def remove_leftovers(self):
        """Those of a bench that was killed: empty ones of just our names."""
        for controller in CONTROLLERS:
            machine = self.path(controller, "machine")
            for name in os.listdir(machine) if os.path.isdir(machine) else []:
                if OURS.match(name):
                    node = os.path.join(machine, name)
                    for child in [entry.path for entry in os.scandir(node) if entry.is_dir()]:
                        os.rmdir(child)
                    os.rmdir(node)

    def refuse_taken_ids(self, count):
        ours = range(FIRST_ID, FIRST_ID + count)
        for controller in CONTROLLERS:
            machine = self.path(controller, "machine")
            for name in os.listdir(machine) if os.path.isdir(machine) else []:
                match = ANY_ID.match(name)
                if match and int(match.group(1)) in ours:
                    raise Refused(f"{machine}/{name} has an id that the bench would use")

    def make_directory(self, path):
        self.made.append(path)  # first: an interrupt may come between the two
        try:
            os.mkdir(path)
        except OSError:
            self.made.pop()
            raise

    def make_machine(self):
        """Where no libvirtd ever ran there is none."""
        for controller in CONTROLLERS:
            machine = self.path(controller, "machine")
            if os.path.isdir(machine):
                continue
            self.make_directory(machine)
            if controller == "cpuset":
                for file in ("cpuset.cpus", "cpuset.mems"):
                    write(f"{machine}/{file}", read(self.path("cpuset", file)))

    def make_guest(self, guest):
        for controller in CONTROLLERS:
            node = self.path(controller, guest.node)
            self.make_directory(node)
            if controller == "memory":
                continue
            if controller == "cpuset":
                for file in ("cpuset.cpus", "cpuset.mems"):
                    write(f"{node}/{file}", read(self.path("cpuset", "machine", file)))
                write(f"{node}/cpuset.memory_migrate", "1")
                write(f"{node}/cgroup.clone_children", "1")
            for role in guest.roles():
                self.make_directory(f"{node}/{role}")

    def make(self, count):
        """The guests of that many numbers, from 1."""
        self.remove_leftovers()
        self.refuse_taken_ids(count)
        self.make_machine()
        guests = [Guest(number) for number in range(1, count + 1)]
        for guest in guests:
            self.make_guest(guest)
        return guests

    def remove(self):
        while self.made:
            path = self.made.pop()
            try:
                os.rmdir(path)
            except FileNotFoundError:
                pass
            except OSError as trouble:
                print(f"bench: {path} stays: {trouble.strerror}", file=sys.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with patience():
            self.remove()


def record(path, guests):
    """Writes a recorded host of these guests."""
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"type":"connected","uri":"qemu:///system","libvirt":"9.0.0"}\n')
        for guest in guests:
            file.write(guest.line())
        file.write('{"type":"synced"}\n')
