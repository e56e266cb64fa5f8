"""What an event costs the agent, and what it costs to have it run."""
import contextlib
import glob
import os
import re
import select
import statistics
import subprocess
import time

from . import groups, plan, programs
from .table import count, milliseconds

GUESTS = 1000
FEW = 10
SHARE = 10     # of the guests, one in so many tells what their writes cost
QUIET = 10     # seconds without an event
EVENTS = 3     # fewer than the heals in a row that the agent takes for a fight
START = 300    # seconds that everything may take to be in force


def status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def wakeups(pid):
    return int(status(pid)["voluntary_ctxt_switches"])


def resident(pid):
    """Megabytes as the kernel counts them: 1024 * 1024."""
    return int(status(pid)["VmRSS"].split()[0]) / 1024


def ran(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        times = file.read().rsplit(")", 1)[1].split()[11:13]
    return (*times, wakeups(pid))


def wait_until_idle(pid, seconds):
    """Until the process has not run for so long."""
    before, since = ran(pid), time.monotonic()
    end = since + START
    while time.monotonic() - since < seconds:
        time.sleep(seconds / 10)
        now = ran(pid)
        if now != before:
            before, since = now, time.monotonic()
        if since > end:
            raise programs.Failed(f"process {pid} does not come to rest")


def wait_for(path, value, seconds=START):
    end = time.monotonic() + seconds
    while groups.read(path) != value:
        if time.monotonic() > end:
            raise programs.Failed(f"{path}: {groups.read(path)}, not {value}")
        time.sleep(0.01)


class Agent:
    """An agent that is told of guests through a pipe, as a helper would. It is started inside the
    `with`, so that no interrupt can come between its start and the care for its end."""

    def __init__(self, folder, name, wrapper=()):
        self.pipe, self.log = f"{folder}/{name}.pipe", f"{folder}/{name}.log"
        self.command = [*wrapper, programs.program("vmpin"), "agent", "--guests", self.pipe,
                        "-p", f"{folder}/policies", "--state-dir", f"{folder}/state"]
        os.mkfifo(self.pipe, 0o600)
        self.input = os.open(self.pipe, os.O_RDWR | os.O_NONBLOCK)
        self.process = None

    def start(self, guests):
        with open(self.log, "wb") as log, groups.patience():
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=groups.listen)
        self.tell('{"type":"connected","uri":"qemu:///system","libvirt":"9.0.0"}\n')
        for guest in guests:
            self.tell(guest.line())
        self.tell('{"type":"synced"}\n')

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with groups.patience():
            if self.process:
                programs.stop(self.process)
            os.close(self.input)
            os.unlink(self.pipe)

    def tell(self, text):
        left = text.encode()
        while left:
            if self.process.poll() is not None:
                raise programs.Failed(f"the agent ended: see {self.log}")
            if select.select([], [self.input], [], 1)[1]:
                with contextlib.suppress(BlockingIOError):
                    left = left[os.write(self.input, left):]


class Counter:
    """The instructions that an agent under callgrind executes, from idle to idle."""

    def __init__(self, agent, folder):
        self.agent, self.folder = agent, folder

    def control(self, *args):
        programs.run(["callgrind_control", *args, str(self.agent.pid)])

    def dumps(self):
        return glob.glob(f"{self.folder}/callgrind.*")

    def measure(self, event):
        self.control("-i", "on")
        self.control("-z")
        event()
        wait_until_idle(self.agent.pid, 0.5)
        self.control("-d", "bench")
        self.control("-i", "off")
        with open(max(self.dumps(), key=os.path.getmtime), encoding="utf-8") as file:
            total = int(re.search(r"^(?:totals|summary): (\d+)", file.read(), re.M).group(1))
        for dump in self.dumps():
            os.unlink(dump)
        return total


class Events:
    """One event of one guest among others, a few times."""

    def __init__(self, made, agent, counter, guest):
        self.agent, self.counter, self.guest = agent, counter, guest
        self.vcpu = made.path("cpuset", guest.node, "vcpu1", "cpuset.cpus")
        self.shares = made.path("cpu", guest.node, "cpu.shares")
        self.all = groups.read(made.path("cpuset", guest.node, "cpuset.cpus"))

    def drift(self):
        groups.write(self.vcpu, self.all)
        wait_for(self.vcpu, "0")

    def facts(self):
        self.guest.title = None if self.guest.title else "gold"
        self.agent.tell(self.guest.line("metadata"))
        wait_for(self.shares, "4096" if self.guest.title else "2048")

    def measure(self, event):
        costs = [self.counter.measure(event) for _ in range(EVENTS)]
        # The first one may find a larger buffer to be needed.
        return statistics.median(costs)


def event_costs(made, folder, guests):
    wrapper = ["valgrind", "--tool=callgrind", "--instr-atstart=no",
               f"--callgrind-out-file={folder}/callgrind"]
    with Agent(folder, f"agent-{len(guests)}", wrapper) as agent:
        agent.start(guests)
        wait_until_idle(agent.pid, 2)
        events = Events(made, agent, Counter(agent, folder), guests[FEW // 2])
        costs = events.measure(events.drift), events.measure(events.facts)
        if events.guest.title:
            events.facts()
        return costs


def values(made, guest):
    """File -> value: what the policy gives that guest, but for its memory limit."""
    return {made.path("cpu", guest.node, "cpu.shares"): "2048",
            **{made.path("cpuset", guest.node, role, "cpuset.cpus"): "0" for role in guest.roles()}}


def bare_writes(made, guests):
    """Seconds that the writes alone take; everything is as it was afterwards."""
    files = [pair for guest in guests for pair in values(made, guest).items()]
    before = [(path, groups.read(path)) for path, _ in files]
    began = time.monotonic()
    for path, value in files:
        groups.write(path, value)
    took = time.monotonic() - began
    for path, value in before:
        groups.write(path, value)
    return took


def start_up(table, agent, guests, made):
    bare = bare_writes(made, guests[::SHARE]) * SHARE
    began = time.monotonic()
    agent.start(guests)
    for guest in guests:
        for path, value in values(made, guest).items():
            wait_for(path, value)
    took = time.monotonic() - began
    table.row("start-up, to all in force (bare: one write of each value)",
              milliseconds(took * 1e9), milliseconds(bare * 1e9), took / bare)


def idle(table, folder, guests, made):
    table.section(f"agent, {len(guests)} guests: from its start to rest")
    with Agent(folder, "agent") as agent:
        start_up(table, agent, guests, made)
        wait_until_idle(agent.pid, 2)
        before = wakeups(agent.pid)
        time.sleep(QUIET)
        woken = wakeups(agent.pid) - before
        table.row(f"wake-ups in {QUIET} s", count(woken), bound=0, judged=woken)
        table.row("resident memory, MB", f"{resident(agent.pid):.1f}", bound=10,
                  judged=resident(agent.pid))


def grows(table, made, folder, guests):
    table.section("instructions of the agent for one event of one guest (callgrind)")
    if not programs.have("callgrind_control"):
        table.note("valgrind is missing: not measured")
        return
    many = event_costs(made, folder, guests)
    few = event_costs(made, folder, guests[:FEW])
    for what, much, little in zip(("drift of a vCPU, healed", "a new title, another policy"),
                                  many, few):
        table.row(f"{what}: among {len(guests)}, beside among {FEW}", count(much),
                  count(little), much / little, 1.2)


def bench(table, folder):
    plan.write_policies(f"{folder}/policies")
    with groups.Groups() as made:
        guests = made.make(GUESTS)
        idle(table, folder, guests, made)
        grows(table, made, folder, guests)
