#!/usr/bin/python3
"""cpuset.mems on a host with two memory nodes: memory follows, and holds up nobody else.

The guests' memory is dirty without a disk image: libvirt's immediate allocation has QEMU touch all of
it at the start. Where the pages are is read from numa_maps.
"""
import os
import re
import sys
import time

from vmpintest import main, skip_unless, virsh, wait_for
from vmpintest.expect import cpus, equal, pinned, policy, weighs
from vmpintest.host import hierarchy_of, read
from vmpintest.runner import comment
from vmpintest.waiting import holds_for, slow

BIG_MIB, LEAST_MIB = 320, 256
STRAY_MIB = 8 # pages of libraries that other processes have too
DIRTY = "<memoryBacking><allocation mode='immediate'/></memoryBacking>"


def big(t, **options):
    return t.guest(memory_mib=BIG_MIB, extra=DIRTY, **options)


def on_node(guest, node):
    """All of the guest's pages, and the value of all of its nodes."""
    memory = guest.nodes.memory_mib()
    elsewhere = sum(mib for n, mib in memory.items() if n != node)
    assert elsewhere <= STRAY_MIB, f"{guest}: {memory} MiB"
    assert memory.get(node, 0) >= LEAST_MIB, f"{guest}: only {memory} MiB"
    # On v1 the guest's own node, which has no threads, keeps all: libvirt's hotplug needs them.
    for role in (["vm"] if guest.nodes.version("cpuset") == 2 else []) + guest.roles():
        equal(f"{guest} {role} cpuset.mems", guest.nodes.read(role, "cpuset.mems"), str(node))
    return True


def arrives(guest, node):
    wait_for(lambda: on_node(guest, node), 30, f"the memory of {guest} on node {node}")


def mems(nodes, **apply):
    return {"vm": {"cpuset": {"mems": nodes}}, **apply}


def other_node(guest):
    """The node that has less of the guest's memory, so that there is something to move."""
    memory = guest.nodes.memory_mib()
    return min((0, 1), key=lambda node: memory.get(node, 0))


def begin_move(t, agent, guest, node):
    """Returns as soon as the move is under way."""
    t.policies.write("move.json", policy(guest, mems(str(node)), migrate=True))
    agent.wait_log(f"{guest}: moves its memory")


def moves(agent, guest):
    return f"{guest}: its memory has moved" not in agent.log()


def migrated_mib():
    """All that the kernel has moved between nodes since its boot, but for what it does to have memory
    near the CPUs that use it."""
    counts = dict(line.split() for line in read("/proc/vmstat").splitlines())
    pages = int(counts["pgmigrate_success"]) - int(counts["numa_pages_migrated"])
    return pages * os.sysconf("SC_PAGESIZE") >> 20


def test_there_and_back(t):
    """The memory of a running guest follows its policies' nodes, once each time; the log tells it"""
    guest = big(t, paused=False)
    agent = t.agent()
    first = other_node(guest)
    for node in (first, 1 - first):
        memory, before = guest.nodes.memory_mib(), migrated_mib()
        t.policies.write("a.json", policy(guest, mems(str(node)), migrate=True))
        arrives(guest, node)
        away, moved = memory.get(1 - node, 0), migrated_mib() - before
        comment(f"{guest}: {memory} MiB, then {guest.nodes.memory_mib()}; {moved} MiB were moved")
        assert away * 0.8 <= moved <= away * 1.3, f"{moved} MiB were moved for {away}"
    wait_for(lambda: agent.log().count("its memory has moved") == 2, 10, "two moves")
    left = re.findall(r"its memory has moved, in \S+ s; (\d+) MiB are on other nodes", agent.log())
    assert len(left) == 2 and max(map(int, left)) <= STRAY_MIB, agent.log()


def test_without_migrate(t):
    """The memory of a guest that runs already stays where it is without "migrate\""""
    guest = big(t)
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, mems(str(other_node(guest)))))
    result = t.vmpin.run("reconcile", status=1)
    assert '"migrate": true' in result.err, str(result)
    t.untouched(guest, before)


def test_stays(t):
    """Memory that cgroup v1 would not move, though it took the nodes, is refused and stays"""
    skip_unless(hierarchy_of("cpuset").version == 1, "cgroup v2 always moves it")
    guest = big(t)
    guest.nodes.write("vcpu0", "cpuset.memory_migrate", "0")
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, mems(str(other_node(guest))), migrate=True))
    for verb in ("plan", "reconcile"):
        result = t.vmpin.run(verb, status=1)
        assert "cpuset.memory_migrate is 0" in result.out + result.err, str(result)
    t.untouched(guest, before)


def test_local_at_start(t):
    """A guest that starts has its memory on the nodes of its vCPUs' CPUs"""
    guest = big(t, start=False)
    t.policies.write("a.json", policy(guest, mems("local", **{"vcpu*": cpus("4-7")})))
    t.agent()
    guest.start(paused=False)
    arrives(guest, 1)


def test_reconcile_waits(t):
    """A one-shot run says that it waits, and has moved the memory when it ends"""
    guest = big(t)
    node = other_node(guest)
    t.policies.write("a.json", policy(guest, mems(str(node)), migrate=True))
    result = t.vmpin.run("reconcile", status=0)
    assert f"waits while its memory moves to nodes {node}" in result.err, str(result)
    on_node(guest, node)


def test_other_guests(t):
    """Other guests are healed, and policies of theirs come into force, while memory moves"""
    guest, other = big(t), t.guest()
    t.policies.write("other.json", policy(other, {"vm": {"cpu": {"shares": 2048}}}))
    agent = t.agent()
    wait_for(lambda: weighs(other, "vm", 2048), 10, "the other guest's policy")
    file, healed = ("cpu.shares", "2048") if other.nodes.version("cpu") == 1 else ("cpu.weight", "200")
    begin_move(t, agent, guest, other_node(guest))
    began = time.monotonic()
    other.nodes.write("vm", file, "77")
    wait_for(lambda: other.nodes.read("vm", file) == healed, 10, "the heal")
    heal, still = time.monotonic() - began, moves(agent, guest)
    comment(f"{file} healed in {heal * 1000:.0f} ms; the memory still moved: {still}")
    t.policies.write("pin.json", policy(other, {"vcpu*": cpus("2")}))
    wait_for(lambda: pinned(other, "vcpu1", "2"), 10, "the pin")
    pin, both = time.monotonic() - began - heal, still and moves(agent, guest)
    comment(f"cpuset.cpus in force in {pin * 1000:.0f} ms; the memory still moved: {both}")
    wait_for(lambda: not moves(agent, guest), 30, "the move's end")
    comment(f"the move took {time.monotonic() - began:.1f} s from there")
    assert still, "the move was over before the heal: nothing was shown"


def test_rest(t):
    """What opens the nodes for a moment is left alone; what lasts 2 seconds is healed"""
    guest = big(t)
    node = other_node(guest)
    agent = t.agent()
    begin_move(t, agent, guest, node)
    arrives(guest, node)
    guest.nodes.write("emulator", "cpuset.mems", "0-1")
    began = time.monotonic()
    holds_for(lambda: guest.nodes.read("emulator", "cpuset.mems") == "0-1", 1.8, "the opened nodes")
    arrives(guest, node)
    comment(f"healed after {time.monotonic() - began:.1f} s")


def test_hotplug(t):
    """A vCPU is plugged in beside mems in force, and gets them too"""
    guest = big(t, vcpus=4, current=2, paused=False)
    node = other_node(guest)
    agent = t.agent()
    begin_move(t, agent, guest, node)
    arrives(guest, node)
    virsh("setvcpus", guest.name, "3", "--live")
    guest.current = 3
    arrives(guest, node)


def test_killed_agent(t):
    """The next agent completes a move that the last one was killed in"""
    guest = big(t)
    node = other_node(guest)
    agent = t.agent()
    begin_move(t, agent, guest, node)
    agent.kill()
    t.agent()
    arrives(guest, node)


def test_terminated_agent(t):
    """SIGTERM ends the agent at once though memory moves"""
    guest = big(t)
    agent = t.agent()
    begin_move(t, agent, guest, other_node(guest))
    took = agent.stop()
    comment(f"the agent ended within {took:.2f} s")
    assert took < slow(1), f"{took:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
