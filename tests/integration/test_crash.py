#!/usr/bin/python3
"""libvirtd, the helper and the agent are killed; what was in force is, and the baseline is true."""
import collections
import contextlib
import os
import random
import signal
import sys
import threading
import time
from concurrent import futures

from vmpintest import main, pin, skip_unless, virsh, wait_for
from vmpintest.expect import EVERY, cpus, equal, full, full_in_force, pinned, policy
from vmpintest.runner import comment, takes
from vmpintest.waiting import slow

# How long libvirtd hangs, in seconds.
HANG = float(os.environ.get("VMPIN_TEST_HANG", "5"))
KILLS = int(os.environ.get("VMPIN_TEST_KILLS", "20"))


@takes(300)
def test_libvirtd_restarts(t):
    """libvirtd is killed and started again: policies stay in force, new guests obey, baselines hold"""
    skip_unless(t.machine.may_kill_libvirtd(), "libvirtd was running before the tests")
    guest = t.guest(vcpus=3, iothreads=1)
    t.harmless(guest)
    was = guest.nodes.cpus("vcpu0")
    t.policies.write("a.json", {"match": EVERY,
                                "apply": full(guest)["apply"]})
    agent = t.agent()
    wait_for(lambda: full_in_force(guest), 10, "the policy")
    t.machine.restart_libvirtd()
    full_in_force(guest)
    other = t.guest(vcpus=2, iothreads=1)
    wait_for(lambda: full_in_force(other), 20, "the policy for a guest after the restart")
    pin(guest, "vcpupin", "0", "1")
    wait_for(lambda: pinned(guest, "vcpu0", "0"), 10, "healing after the restart")
    virsh("vcpupin", guest.name, "0", "0-1", "--live")
    wait_for(lambda: pinned(guest, "vcpu0", "0"), 10, "healing once more")
    assert agent.running()
    pin(guest, "vcpupin", "0", was)  # for the thread too, whose own CPUs Linux remembers since 6.2
    wait_for(lambda: pinned(guest, "vcpu0", "0"), 10, "the policy")


@takes(300)
def test_heals_without_libvirtd(t):
    """While libvirtd is away the agent heals what is changed"""
    skip_unless(t.machine.may_kill_libvirtd(), "libvirtd was running before the tests")
    guest = t.guest()
    t.harmless(guest)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy")
    with t.machine.without_libvirtd():
        guest.nodes.widen("vcpu1")
        wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "healing")
        t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
        wait_for(lambda: pinned(guest, "vcpu1", "0"), 10, "a policy dropped meanwhile")


@takes(300)
def test_hung_libvirtd(t):
    """While libvirtd hangs drift is healed and the watchdog served; afterwards the agent catches up"""
    skip_unless(t.machine.may_kill_libvirtd(), "libvirtd was running before the tests")
    guest = t.guest()
    t.harmless(guest)
    t.policies.write("a.json", {"match": EVERY, "apply": {"vcpu*": cpus("1")}})
    t.vmpin.variables = {"VMPIN_LIBVIRT_TIMEOUT": f"{slow(2):.0f}", "WATCHDOG_USEC": "1000000"}
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy")
    lines = len(agent.log())
    with t.machine.hung_libvirtd():
        end = time.monotonic() + HANG
        agent.wait_log("not answered", 3 * HANG, since=lines)
        while time.monotonic() < end:
            served = agent.notified.count("WATCHDOG=1")
            guest.nodes.widen("vcpu1")
            wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "healing")
            wait_for(lambda: agent.notified.count("WATCHDOG=1") > served, 10, "the watchdog")
            time.sleep(2.5)  # more than four in 10 s would be a fight, and healed later and later
        assert agent.running()
    agent.wait_log("connected to", 20, since=lines)
    other = t.guest()
    wait_for(lambda: pinned(other, "vcpu1", "1"), 20, "the policy for a guest that came later")


@takes(300)
def test_end_while_libvirtd_hangs(t):
    """Beside a hung libvirtd an agent starts, ends within a second, and one-shot runs end with 69"""
    skip_unless(t.machine.may_kill_libvirtd(), "libvirtd was running before the tests")
    guest = t.guest()
    t.harmless(guest)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    known = t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy")
    with t.machine.hung_libvirtd():
        for agent in (known, None):
            agent = agent or t.agent()
            took = agent.stop()
            assert took < slow(1), f"the end took {took:.2f} s"
        t.vmpin.variables = {"VMPIN_LIBVIRT_TIMEOUT": f"{slow(1):.0f}"}
        for verb in ("plan", "status", "reconcile"):
            result = t.vmpin.run(verb, status=69, seconds=slow(20))
            assert "not answered" in result.err, str(result)
    pinned(guest, "vcpu1", "1")


def test_no_libvirtd(t):
    """Without libvirtd a one-shot run ends with exit status 69 and says so"""
    skip_unless(t.machine.may_kill_libvirtd(), "libvirtd was running before the tests")
    with t.machine.without_libvirtd():
        result = t.vmpin.run("plan", status=69)
        assert "libvirt" in result.err, str(result)


@takes(300)
def test_agent_before_libvirtd(t):
    """An agent that starts before libvirtd serves its guests once it is there"""
    skip_unless(t.machine.may_kill_libvirtd(), "libvirtd was running before the tests")
    guest = t.guest()
    t.harmless(guest)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    with t.machine.without_libvirtd():
        agent = t.agent(ready=False)
        wait_for(lambda: "libvirt" in agent.log(), 10, "a word on libvirt in the log")
        assert agent.running()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 20, "the policy")


@takes(300)
def test_baselines_of_an_agent_before_libvirtd(t):
    """An agent that starts before libvirtd takes no guest that runs for one that is being started"""
    skip_unless(t.machine.may_kill_libvirtd(), "libvirtd was running before the tests")
    guest = t.guest()
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, {"vm": {"cpu": {"shares": 2048}},
                                              "vcpu*": cpus("1")}))
    t.vmpin.run("reconcile", status=0)
    with t.machine.without_libvirtd():
        agent = t.agent(ready=False)
        wait_for(lambda: "libvirt" in agent.log(), 10, "a word on libvirt in the log")
        time.sleep(7)  # the pauses between tries grow: libvirt's files are written before one
    agent.wait_log("connected to", 20)
    assert "put off" not in agent.log(), agent.log()
    t.policies.remove("a.json")
    wait_for(lambda: t.restored(guest, before), 20, "the baseline")


@takes(300)
def test_helper_killed(t):
    """The helper is killed again and again: the agent starts it anew and misses nothing"""
    guest = t.guest()
    t.harmless(guest)
    t.policies.write("a.json", {"match": EVERY, "apply": {"vcpu*": cpus("1")}})
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy")
    for _ in range(3):
        old = agent.helper()
        os.kill(old, signal.SIGKILL)
        other = t.guest()
        wait_for(lambda: agent.helper() not in (None, old), 20, "a new helper")
        wait_for(lambda: pinned(other, "vcpu1", "1"), 20, "the policy for a new guest")
        pinned(guest, "vcpu1", "1")
        assert agent.running()


@takes(600 if KILLS <= 20 else 30 * KILLS)
def test_agent_killed(t):
    """The agent is killed at random moments under churn: in force after each, baseline true"""
    comment(f"{KILLS} kills (VMPIN_TEST_KILLS; the whole is 200)")
    seed = int(os.environ.get("VMPIN_TEST_SEED", random.randrange(1 << 30)))
    comment(f"VMPIN_TEST_SEED={seed}")
    dice = random.Random(seed)
    churn = Churn(t, random.Random(dice.random()))  # its own: it goes on beside
    t.harmless(*churn.guests)
    for turn in range(KILLS):
        agent = t.agent(ready=False)
        with churn.going_on():
            agent.lives_for(slow(dice.uniform(0, 2)))
            agent.kill()
        churn.baselines_are_true()
        if turn % 5 == 4:
            churn.settle()
    busy = sum(": set " in agent.log() for agent in t.agents)
    comment(f"{busy} of {len(t.agents)} agents had written something")
    comment("under it: " + ", ".join(f"{n} x {what}" for what, n in churn.done.items()))
    assert busy * 3 >= KILLS, "the kills came too early to mean anything"
    churn.settle()
    equal("changes", t.vmpin.run("plan", status=0).status, 0)


class Churn:
    """Work for an agent: policies come and go, a guest starts and stops, another gets and loses an
    iothread and gets vCPUs. None of it changes what the others' baseline is."""

    def __init__(self, t, dice):
        self.t, self.dice = t, dice
        self.guests = t.guests(2, iothreads=1)
        self.before = {g: g.nodes.settings() for g in self.guests}
        self.plugged = t.guest(vcpus=16, current=2, iothreads=1)
        self.coming = t.guest(start=False, iothreads=1)
        self.runs = self.iothread = False
        self.done = collections.Counter()
        self.policies()

    def policies(self):
        """Another policy each time."""
        turn = self.done["policies"]
        apply = dict(full(self.guests)["apply"])
        apply["vcpu*"] = dict(cpus(str(turn % 2)), cpu={"shares": 300 + turn})
        apply["emulator"] = cpus("0-1" if turn % 3 else "0")
        self.t.policies.move_in("a.json", policy(self.all(), apply))

    def all(self):
        return self.guests + [self.plugged, self.coming]

    @contextlib.contextmanager
    def going_on(self):
        """Meanwhile something happens again and again: a kill comes while a guest starts, too."""
        over = threading.Event()
        with futures.ThreadPoolExecutor(1) as pool:
            steps = pool.submit(self.steps, over)
            try:
                yield
            finally:
                over.set()
            steps.result()

    def steps(self, over):
        while not over.wait(slow(self.dice.uniform(0, 0.15))):
            self.step()

    def step(self):
        what = {0: self.start_or_stop, 1: self.hotplug, 2: self.other_policy}.get(
            self.dice.randrange(6), self.policies)
        what()
        self.done[what.__name__] += 1

    def start_or_stop(self):
        if self.runs:
            self.coming.destroy()
        else:
            self.coming.start()
        self.runs = not self.runs

    def hotplug(self):
        if self.dice.randrange(4) == 0 and self.plugged.current < self.plugged.vcpus:
            self.plugged.current += 1
            virsh("setvcpus", self.plugged.name, str(self.plugged.current), "--live")
            return
        virsh("iothreaddel" if self.iothread else "iothreadadd", self.plugged.name, "7", "--live")
        self.iothread = not self.iothread

    def other_policy(self):
        if os.path.exists(self.t.policies.file("b.json")):
            self.t.policies.remove("b.json")
        else:
            self.t.policies.move_in("b.json", policy(self.guests[0], {"iothread1": cpus("1")}))

    def baselines_are_true(self):
        """What vmpin has on record is what stood there before it ran. Of quotas and limits, which it
        writes down in another form, the end of the test tells."""
        for guest in self.guests:
            for role, attribute, value in self.t.vmpin.baselines(guest):
                if attribute in ("cpuset.cpus", "cpu.shares", "cpu.weight"):
                    was = self.before[guest][guest.nodes.file(role, attribute)].decode().strip()
                    equal(f"the baseline of {guest} {role} {attribute}", value, was)

    def settle(self):
        """Without another kill everything is in force, on every guest that runs."""
        if os.path.exists(self.t.policies.file("b.json")):
            self.t.policies.remove("b.json")
        if not self.runs:
            self.start_or_stop()
        self.t.policies.move_in("a.json", full(self.all()))
        agent = self.t.agent()
        for guest in self.all():
            wait_for(lambda g=guest: full_in_force(g), 15, f"the policy on {guest}")
        assert agent.children() == 1, "the agent has more children than its helper"
        agent.stop()


@takes(300)
def test_reconcile_killed(t):
    """A one-shot run that is killed half-way leaves the true baseline behind"""
    guest = t.guest(iothreads=1)
    t.harmless(guest)
    dice = random.Random(7)
    for _ in range(8):
        t.policies.write("a.json", full(guest))
        running = t.background(t.vmpin.command("reconcile"), kill_after=slow(dice.uniform(0.01, 0.1)))
        running()
    t.vmpin.run("reconcile", status=0)
    full_in_force(guest)


if __name__ == "__main__":
    sys.exit(main())
