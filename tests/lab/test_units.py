#!/usr/bin/python3
"""Under systemd a guest's weight is its scope's: what systemd has on record for it is what stays,
and what else systemd and libvirt do is undone."""
import contextlib
import os
import re
import statistics
import subprocess
import sys
import threading
import time

from vmpintest import main, skip_unless, virsh, wait_for
from vmpintest.drift import healed_after
from vmpintest.expect import cpus, equal, full, full_in_force, pinned, policy, weighs
from vmpintest.host import Machine, read
from vmpintest.node import shares_to_weight
from vmpintest.runner import comment
from vmpintest.waiting import holds_for, slow

# A generator runs as long as this file is there, and can write nowhere else than to this one.
HOLD, BUSY = "/run/vmpin-test-hold", "/run/systemd/generator/vmpin-test-busy"
WEIGHT = {"vm": {"cpu": {"shares": 2048}}}


class Unit:
    """The guest's scope as systemd has it on record."""

    def __init__(self, guest):
        skip_unless(Machine.has_systemd(), "needs systemd")
        self.v1 = guest.nodes.version("cpu") == 1
        self.file = guest.nodes.file("vm", "cpu.shares" if self.v1 else "cpu.weight")
        self.name = os.path.basename(os.path.dirname(self.file))
        self.property = "CPUShares" if self.v1 else "CPUWeight"

    def recorded(self):
        """The property; None where it is not set."""
        text = systemctl("show", "--value", "-p", self.property, self.name).stdout.strip()
        return None if text == "[not set]" else int(text)

    def has(self, shares):
        wanted = None if shares is None else shares if self.v1 else shares_to_weight(shares)
        return equal(f"{self.name} {self.property}", self.recorded(), wanted)

    def native(self, shares):
        return str(shares if self.v1 else shares_to_weight(shares))


def systemctl(*args):
    return subprocess.run(["systemctl", *args], check=True, stdout=subprocess.PIPE, text=True)


def settled(guest, unit, shares, seconds=10):
    wait_for(lambda: weighs(guest, "vm", shares) and unit.has(shares), seconds,
             f"the weight of {shares} shares on record")


@contextlib.contextmanager
def sampled(path):
    """Collects (when, what) of a file, read every 5 ms meanwhile."""
    seen, end = [], threading.Event()

    def sample():
        while not end.wait(0.005):
            seen.append((time.monotonic(), read(path)))
    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


@contextlib.contextmanager
def busy_systemd():
    """PID 1 reloads, and a generator keeps it from the end of that until the block has ended."""
    generator = "/etc/systemd/system-generators/vmpin-test-busy"  # /run is mounted noexec
    os.makedirs(os.path.dirname(generator), exist_ok=True)
    with open(HOLD, "w"), open(generator, "w") as file:
        file.write(f"#!/bin/sh\ntouch $1/{os.path.basename(BUSY)}\n"
                   f"for i in $(seq 600); do [ -e {HOLD} ] || exit 0; sleep 0.1; done\n")
    os.chmod(generator, 0o755)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(BUSY)
    reload = subprocess.Popen(["systemctl", "daemon-reload"])
    try:
        wait_for(lambda: os.path.exists(BUSY), 20, "the reload to begin")
        yield
        assert reload.poll() is None, "the reload ended by itself: nothing was shown"
    finally:
        os.unlink(HOLD)
        reload.wait()
        os.unlink(generator)


def test_on_record(t):
    """The weight stands in the scope's file and in systemd's record of it"""
    guest = t.guest()
    unit = Unit(guest)
    t.policies.write("a.json", policy(guest, WEIGHT))
    t.agent()
    settled(guest, unit, 2048)


def test_idle(t):
    """Once systemd has answered, the agent sleeps as if it had never asked"""
    guest = t.guest()
    unit = Unit(guest)
    t.policies.write("a.json", policy(guest, WEIGHT))
    agent = t.agent()
    settled(guest, unit, 2048)

    def wakes():
        return re.search(r"^voluntary_ctxt_switches:\s+(\d+)", read(f"/proc/{agent.pid}/status"),
                         re.M).group(1)
    wait_for(lambda: agent_rests(wakes), 20, "the agent at rest")
    before = wakes()
    holds_for(lambda: wakes() == before, 3, "the agent's sleep")


def agent_rests(wakes):
    before = wakes()
    time.sleep(1)
    return wakes() == before


def test_policy_removed(t):
    """When the policy goes, file and record are as they were"""
    guest = t.guest()
    unit = Unit(guest)
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, WEIGHT))
    t.agent()
    settled(guest, unit, 2048)
    t.policies.remove("a.json")
    wait_for(lambda: unit.has(None) and t.restored(guest, before), 10, "the guest as it was")


def limits(unit):
    """Every property of the unit that sets a resource, as systemd has it; what it measures is not."""
    shown = dict(line.split("=", 1) for line in systemctl("show", "--all", unit.name).stdout.splitlines())
    return {name: value for name, value in shown.items()
            if re.match("(Startup|Default)?(CPU|Memory|Tasks|IO|BlockIO|Allowed|Device|Swap)", name)
            and not re.search("(Current|Usage|UsageNSec|Available|Peak|Bytes|Operations)$", name)
            and not name.startswith("Effective")}


def test_nothing_else(t):
    """Of all that systemd limits of a scope, vmpin sets the weight alone, whatever the policies say"""
    guest = t.guest(iothreads=1)
    unit = Unit(guest)
    before = limits(unit)
    t.policies.write("a.json", full(guest))
    t.policies.write("b.json", policy(guest, {"vm": {"cpuset": {"cpus": "0-3"},
                                                     "cpu": {"cfs_quota_us": 150000}}}))
    t.vmpin.run("reconcile", status=0)
    assert {"AllowedCPUs", "CPUQuotaPerSecUSec", "MemoryMax"} <= before.keys(), sorted(before)
    now = limits(unit)
    equal("what has changed", [name for name in now if now[name] != before.get(name)],
          [unit.property])


def test_changes_coalesced(t):
    """Of many changes in a row the last one ends up on record"""
    guest = t.guest()
    unit = Unit(guest)
    t.agent()
    for shares in range(1100, 2100, 100):
        t.policies.write("a.json", policy(guest, {"vm": {"cpu": {"shares": shares}}}))
        wait_for(lambda: weighs(guest, "vm", shares), 10, "the weight")
    settled(guest, unit, 2000)


def test_one_shot(t):
    """reconcile has both settled when it ends, and revert both undone"""
    guest = t.guest()
    unit = Unit(guest)
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, WEIGHT))
    t.vmpin.run("reconcile")
    assert weighs(guest, "vm", 2048) and unit.has(2048)
    t.vmpin.run("plan")
    t.vmpin.run("revert")
    assert unit.has(None)
    assert t.restored(guest, before)


def test_way(t):
    """plan and explain show that a weight goes to the file and to systemd, a set to the file"""
    guest = t.guest()
    Unit(guest)
    t.policies.write("a.json", policy(guest, dict(WEIGHT, vcpu0=cpus("1"))))
    plan = t.vmpin.json("plan")[1]["guests"][0]["changes"]
    equal("ways", sorted((c["role"], c["way"]) for c in plan if c["role"] in ("vm", "vcpu0")),
          [("vcpu0", "file"), ("vm", "file"), ("vm", "systemd")])
    topics = t.vmpin.json("explain", guest.name)[1]["attributes"]
    equal("ways", {topic["role"]: topic["ways"] for topic in topics},
          {"vcpu0": ["file"], "vm": ["file", "systemd"]})


def restarts():
    yield "daemon-reload", lambda machine: systemctl("daemon-reload")
    yield "daemon-reexec", lambda machine: systemctl("daemon-reexec")
    yield "libvirtd's restart", lambda machine: systemctl("restart",
                                                            f"{machine.service}.service")


def test_restarts(t):
    """Over a daemon-reload, a daemon-reexec and a restart of libvirtd the weight never leaves"""
    guest = t.guest(vcpus=3, iothreads=1)
    unit = Unit(guest)
    t.policies.write("a.json", full(guest))
    t.agent()
    settled(guest, unit, 2048)
    for what, do in restarts():
        with sampled(unit.file) as seen:
            do(t.machine)
            wait_for(t.machine.libvirtd_answers, 60, "libvirtd")
            wait_for(lambda: full_in_force(guest), 20, f"the policy after {what}")
        comment(f"{what}: {len(seen)} samples of the weight")
        equal(f"the weight over {what}", {value for _, value in seen}, {unit.native(2048)})
    assert unit.has(2048)


def stood(seen, value):
    """For how many seconds at most the value was there, by what was seen before and after it."""
    at = [n for n, (_, found) in enumerate(seen) if found == value]
    return seen[at[-1] + 1][0] - seen[at[0] - 1][0] if at else 0


def test_schedinfo(t):
    """A weight set through virsh is healed within 500 ms, on record too, and is what comes back"""
    guest = t.guest()
    unit = Unit(guest)
    t.policies.write("a.json", policy(guest, WEIGHT))
    t.agent()
    settled(guest, unit, 2048)
    times = []
    for shares in ("500", "600", "700"):
        with sampled(unit.file) as seen:
            virsh("schedinfo", guest.name, "--live", f"cpu_shares={shares}")
            settled(guest, unit, 2048)
        times.append(stood(seen, shares))
    comment("schedinfo's weight stood for " + ", ".join(f"{s * 1000:.0f} ms" for s in times))
    assert statistics.median(times) <= 0.5 and max(times) <= slow(0.5), times
    t.policies.remove("a.json")
    wait_for(lambda: equal("the weight", read(unit.file), "700") and
             equal("the record", unit.recorded(), 700), 10, "virsh's weight")


def test_busy(t):
    """While PID 1 is busy with a reload, other values are healed as fast as ever"""
    guest = t.guest(vcpus=6)
    unit = Unit(guest)

    def weigh(shares):
        t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1"),
                                                  "vm": {"cpu": {"shares": shares}}}))
    weigh(2048)
    t.agent()
    settled(guest, unit, 2048)
    wait_for(lambda: pinned(guest, "vcpu5", "1"), 10, "the sets")
    files = [guest.nodes.file(f"vcpu{n}", "cpuset.cpus") for n in range(6)]

    def heals():
        """Each twice: of more in a row the agent would grow suspicious."""
        return statistics.median(healed_after(file, slow(10)) for file in files * 2)
    idle = heals()
    with busy_systemd():
        weigh(4096)
        wait_for(lambda: weighs(guest, "vm", 4096), 5, "the weight in the file")
        busy = heals()
        status = t.vmpin.json("status", guest.name)[1]["guests"][0]["status"]
    settled(guest, unit, 4096)
    comment(f"a heal took {idle * 1000:.1f} ms, {busy * 1000:.1f} ms while PID 1 was busy (medians of 12)")
    equal("the status meanwhile", status, "settling")
    # One that waited for PID 1 would take as long as the reload, which waits for the end of the block.
    assert busy <= 2 * idle + slow(0.01), f"{busy:.4f} s, {idle:.4f} s"


def test_forbidden(t):
    """CPUs that a scope or slice forbids are refused, naming the unit, and nothing is written"""
    guest = t.guest()
    unit = Unit(guest)
    skip_unless(guest.nodes.version("cpuset") == 2, "systemd has no AllowedCPUs on cgroup v1")
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("5"), "vm": {"cpu": {"shares": 2048}}}))
    before = guest.nodes.settings()
    for name in (unit.name, "machine.slice"):
        systemctl("set-property", "--runtime", name, "AllowedCPUs=0-3")
        try:
            told = t.vmpin.run("reconcile", status=1).err
        finally:
            systemctl("set-property", "--runtime", name, "AllowedCPUs=0-7")
        assert f"does not have 5: it is systemd's unit {name}, whose AllowedCPUs=" in told, told
        for file in (unit.file, guest.nodes.file("vcpu0", "cpuset.cpus")):
            equal(file, read(file), before[file].decode().strip())


def test_controller_missing(t):
    """A controller that libvirt/ does not enable (any more) is enabled there, and nowhere above"""
    guest = t.guest()
    skip_unless(guest.nodes.version("cpuset") == 2, "cgroup v1 enables nothing")
    libvirt = guest.nodes.directory("vm", "cpuset")
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("1")}))
    with open(f"{libvirt}/cgroup.subtree_control", "w") as file:
        file.write("-cpuset")
    changes = t.vmpin.json("plan")[1]["guests"][0]["changes"]
    equal("the plan", [c["attribute"] for c in changes], ["cgroup.subtree_control"])
    t.vmpin.run("reconcile", status=0)
    assert pinned(guest, "vcpu0", "1")
    assert "cpuset" in read(f"{libvirt}/cgroup.subtree_control").split()
    agent = t.agent("-v")
    wait_for(lambda: agent.log().count("looked at: in sync") > 1, 10, "a look behind the watches")
    with open(f"{libvirt}/cgroup.subtree_control", "w") as file:
        file.write("-cpuset")
    cpuset = f"{libvirt}/vcpu0/cpuset.cpus"
    wait_for(lambda: os.path.exists(cpuset) and pinned(guest, "vcpu0", "1"), 10, "the agent to hear")
    agent.stop()
    for path in (libvirt, os.path.dirname(libvirt)):
        with open(f"{path}/cgroup.subtree_control", "w") as file:
            file.write("-cpuset")
    told = t.vmpin.run("reconcile", status=1).err
    assert f"only systemd (unit {os.path.basename(os.path.dirname(libvirt))}) may" in told, told
    assert "cpuset" not in read(f"{os.path.dirname(libvirt)}/cgroup.subtree_control").split()


def test_killed(t):
    """An agent that was killed before systemd answered leaves it to the next one"""
    guest = t.guest()
    unit = Unit(guest)
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, WEIGHT))
    agent = t.agent()
    settled(guest, unit, 2048)
    with busy_systemd():
        t.policies.write("a.json", policy(guest, {"vm": {"cpu": {"shares": 4096}}}))
        wait_for(lambda: weighs(guest, "vm", 4096), 5, "the weight in the file")
        agent.kill()
    t.agent()
    settled(guest, unit, 4096)
    t.policies.remove("a.json")
    wait_for(lambda: unit.has(None) and t.restored(guest, before), 10, "the guest as it was")


def test_no_bus(t):
    """Without a system bus the file's value is in force, said once, and on record when it is there"""
    guest = t.guest()
    unit = Unit(guest)
    bus = f"{t.root}/bus"
    t.policies.write("a.json", policy(guest, dict(WEIGHT, vcpu1=cpus("1"))))
    with environment("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={bus}"):
        agent = t.agent()
    wait_for(lambda: weighs(guest, "vm", 2048) and pinned(guest, "vcpu1", "1"), 10, "the files")
    agent.wait_log("not got it on record")
    time.sleep(slow(0.3))
    equal("how often it was told", agent.log().count("not got it on record"), 1)
    os.symlink("/run/dbus/system_bus_socket", bus)
    settled(guest, unit, 2048, 30)


@contextlib.contextmanager
def environment(name, value):
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


if __name__ == "__main__":
    sys.exit(main())
