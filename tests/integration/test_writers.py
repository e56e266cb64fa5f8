#!/usr/bin/python3
"""`vmpin agent --trace-writers`: the log says who wrote what was healed, where that is certain."""
import contextlib
import os
import re
import shutil
import signal
import sys

from vmpintest import main, pin, skip_unless, wait_for
from vmpintest import sandbox
from vmpintest.expect import cpus, pinned, policy
from vmpintest.node import put_by

WRITER = re.compile(r", after a write by (.*)$", re.M)


def traced(t, *args, **options):
    """A guest whose vcpu0 a traced agent keeps on CPU 1."""
    skip_unless(not sandbox.WANTED, "the unit's own sandbox has not the capability")
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("1")}))
    agent = t.agent("--trace-writers", *args, **options)
    agent.wait_log(f"{guest.name}: set vcpu0 cpuset.cpus")  # a write during a pass is nobody's for certain
    assert pinned(guest, "vcpu0", "1")
    return guest, agent


def healed(guest, agent, since=0):
    """The line of a heal, when the value is back."""
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 10, "the heal")

    def line():
        lines = agent.log()[since:].splitlines()
        return next((line for line in lines if f"{guest.name}: healed vcpu0 cpuset.cpus" in line),
                    None)
    return wait_for(line, 10, "the heal's line")


def writer(line):
    found = WRITER.search(line)
    return found and found.group(1)


def marks(agent):
    """How many directories its fanotify queues hold."""
    lines = []
    for entry in os.scandir(f"/proc/{agent.pid}/fdinfo"):
        with contextlib.suppress(OSError), open(entry.path) as file:  # closed meanwhile
            lines += [line for line in file if line.startswith("fanotify ino:")]
    return len(lines)


def test_marks(t):
    """A guest that is gone leaves nothing traced"""
    guest, agent = traced(t)
    assert marks(agent) > 0
    guest.destroy()
    wait_for(lambda: marks(agent) == 0, 10, "no mark")


def test_program(t):
    """A heal names the program that wrote, by name and pid"""
    guest, agent = traced(t)
    with put_by("python3", guest.nodes.file("vcpu0", "cpuset.cpus"), "0") as pid:
        told = writer(healed(guest, agent))
    assert told == f"python3 (pid {pid})", told


def test_shell(t):
    """A shell's echo, which cuts the file before it writes, is named like any other writer"""
    guest, agent = traced(t)
    with put_by("sh", guest.nodes.file("vcpu0", "cpuset.cpus"), "0") as pid:
        told = writer(healed(guest, agent))
    assert told == f"sh (pid {pid})", told


def test_libvirtd(t):
    """After virsh vcpupin it is libvirtd that wrote"""
    guest, agent = traced(t)
    pin(guest, "vcpupin", "0", "0")
    told = writer(healed(guest, agent))
    assert re.match(r"(libvirtd|virtqemud) \(pid \d+\)$", told or ""), told


def test_hostile_name(t):
    """The name of the writer is shown escaped"""
    guest, agent = traced(t)
    with put_by("python3", guest.nodes.file("vcpu0", "cpuset.cpus"), "0", "\033[1mred") as pid:
        told = writer(healed(guest, agent))
    assert told == f"\\x1b[1mred (pid {pid})", told


def test_gone(t):
    """Of a writer that has ended by then the pid alone is told"""
    guest, agent = traced(t)
    agent.signal(signal.SIGSTOP)
    with put_by("sh", guest.nodes.file("vcpu0", "cpuset.cpus"), "0") as pid:
        pass
    agent.signal(signal.SIGCONT)
    told = writer(healed(guest, agent))
    assert told == f"pid {pid}", told


def test_several(t):
    """Where two wrote since the last look, none is accused"""
    guest, agent = traced(t)
    file = guest.nodes.file("vcpu0", "cpuset.cpus")
    agent.signal(signal.SIGSTOP)
    with put_by("sh", file, "0-1"), put_by("sh", file, "0"):
        agent.signal(signal.SIGCONT)
        line = healed(guest, agent)
    assert not writer(line), line


def test_observe(t):
    """An agent that only observes names the writer too"""
    guest, agent = traced(t)
    agent.stop()
    seeing = t.agent("--observe", "--trace-writers", "-v")
    seeing.wait_log(f"{guest.name}: looked at: in sync")
    with put_by("sh", guest.nodes.file("vcpu0", "cpuset.cpus"), "0") as pid:
        seeing.wait_log("would be made: vcpu0 cpuset.cpus")
    told = writer(seeing.log())
    assert told == f"sh (pid {pid})", told


def test_not_asked_for(t):
    """Without the option nobody is named"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("1")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 10, "the policy")
    guest.nodes.set_cpus("vcpu0", "0")
    line = healed(guest, agent)
    assert not writer(line), line


def test_without_capability(t):
    """Without CAP_SYS_ADMIN the agent says so, and heals all the same"""
    skip_unless(shutil.which("setpriv"), "setpriv is not installed")
    guest, agent = traced(t, wrapper=["setpriv", "--bounding-set=-sys_admin",
                                      "--inh-caps=-sys_admin"])
    assert "CAP_SYS_ADMIN" in agent.log(), agent.log()
    guest.nodes.set_cpus("vcpu0", "0")
    line = healed(guest, agent)
    assert not writer(line), line


if __name__ == "__main__":
    sys.exit(main())
