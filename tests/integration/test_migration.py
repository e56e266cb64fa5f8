#!/usr/bin/python3
"""A guest moves, live, from another libvirtd to this host's, whose guests the agent looks after, and
away from it."""
import os
import signal
import sys

from vmpintest import main, wait_for
from vmpintest.expect import GIB, cpus, equal, pinned, policy, weighs
from vmpintest.other_host import OtherHost, move, move_words
from vmpintest.runner import comment, takes
from vmpintest.trace import Trace
from vmpintest.waiting import slow

APPLY = {
    "vm": {"cpu": {"shares": 2048}, "memory": {"limit_in_bytes": "guest+1GiB"}},
    "vcpu*": {"cpuset": {"cpus": "0"}, "cpu": {"shares": 512}},
    "emulator": cpus("1"),
    "iothread*": cpus("1"),
}

# A boot sector: writes other numbers into half a MiB of memory, over and over.
#       cli; cld; xor bx, bx
#   1:  mov dx, 0x1000
#   2:  mov es, dx; xor di, di; mov cx, 0x8000; mov ax, bx; rep stosw
#       add dx, 0x1000; cmp dx, 0x9000; jb 2b; inc bx; jmp 1b
WRITES_MEMORY = bytes.fromhex(
    "fafc31dbba00108ec231ffb9008089d8f3ab81c2001081fa009072eb43ebe5"
).ljust(510, b"\0") + b"\x55\xaa"


def busy_guest(t, **options):
    """Its first vCPU never rests, nor does its memory: at 1 MiB/s that never gets to another host."""
    disk = f"{t.root}/writes-memory"
    with open(disk, "wb") as file:
        file.write(WRITES_MEMORY)
    os.chmod(disk, 0o666)  # as it is on both hosts: neither gives it to its QEMU's user, or back
    return t.guest(vcpus=3, iothreads=1, paused=False, extra=f"""<devices><disk type='file'>
        <source file='{disk}'><seclabel model='dac' relabel='no'/></source>
        <target dev='hda'/></disk></devices>""", **options)


def obedient_guest(t):
    """(guest, agent)"""
    guest = busy_guest(t)
    t.policies.write("a.json", policy(guest, APPLY))
    agent = t.agent()
    wait_for(lambda: in_force(guest), 10, "the policy")
    return guest, agent


def slow_move(t, here, there):
    """Begins a migration that has no end; the function returned cancels it."""
    over = t.background(move_words(here, there, "--bandwidth", "1"))

    def cancel():
        wait_for(lambda: here.virsh("domjobabort", here.name), 20, "a migration to cancel")
        status, said = over()
        assert status and "canceled" in said, said
    return cancel


def in_force(guest):
    equal(f"{guest} memory limit", guest.nodes.memory_limit(), guest.memory + GIB)
    weighs(guest, "vm", 2048)
    for n in range(guest.vcpus):
        pinned(guest, f"vcpu{n}", "0")
        weighs(guest, f"vcpu{n}", 512)
    return pinned(guest, "emulator", "1") and pinned(guest, "iothread1", "1")


def as_libvirt_makes_it(guest):
    everywhere = guest.nodes.cpus("vm")
    equal(f"{guest} memory limit", guest.nodes.memory_limit(), None)
    for role in guest.roles():
        pinned(guest, role, everywhere)
        weighs(guest, role, 1024)
    return weighs(guest, "vm", 1024)


def forgotten(t, guest):
    left = [name for name in os.listdir(f"{t.vmpin.state}/guests") if name.startswith(guest.uuid)]
    return equal(f"the state of {guest}", left, [])


def no_trouble(log):
    for word in ("failed", "cannot", "refused", "unknown", "put off"):
        assert word not in log, log


def runs(guest):
    return equal(f"{guest}", guest.virsh("domstate", guest.name).out.strip(), "running")


@takes(300)
def test_arrival(t):
    """A guest that arrives by live migration is pinned before its first instruction here"""
    guest = busy_guest(t, start=False, transient=True)
    t.policies.write("a.json", policy(guest, APPLY))
    t.agent()
    with OtherHost(t.root) as other, Trace() as trace:
        away = other.twin(guest).start(paused=False)
        trace.wait_until_heard(t.guest(start=False))
        ran = 1000 * trace.start(guest, {0}, lambda: move(away, guest))
        comment(f"{ran:.3f} ms elsewhere")
        assert ran < slow(50), f"its vCPUs ran {ran:.3f} ms elsewhere"
        wait_for(lambda: in_force(guest), 10, "the policy")
        t.vmpin.run("status", guest.name, status=0)
        t.policies.remove("a.json")
        wait_for(lambda: as_libvirt_makes_it(guest), 10, "what libvirt gave it here")


@takes(300)
def test_departure(t):
    """A guest that is migrated away is forgotten and not followed; when it comes back, it obeys again"""
    guest, agent = obedient_guest(t)
    with OtherHost(t.root) as other:
        away = other.twin(guest)
        told = len(agent.log())
        move(guest, away)
        wait_for(lambda: forgotten(t, guest), 10, "the agent to forget the guest")
        reloads = agent.notified.count("READY=1")
        agent.signal(signal.SIGHUP)
        wait_for(lambda: agent.notified.count("READY=1") > reloads, 10, "the agent to look again")
        as_libvirt_makes_it(away)
        no_trouble(agent.log()[told:])
        move(away, guest)
        wait_for(lambda: in_force(guest), 10, "the policy after its return")


@takes(300)
def test_cancelled_departure(t):
    """A guest whose migration away is cancelled goes on as its policy wants it"""
    guest, agent = obedient_guest(t)
    with OtherHost(t.root) as other:
        away = other.twin(guest)
        told = len(agent.log())
        cancelled = slow_move(t, guest, away)
        wait_for(lambda: os.path.exists(away.pid_file()), 20, "the guest over there")
        cancelled()
        in_force(guest)
        runs(guest)
        no_trouble(agent.log()[told:])


@takes(300)
def test_cancelled_arrival(t):
    """A guest whose migration to here is cancelled, when it was pinned already, is forgotten"""
    guest = busy_guest(t, start=False, transient=True)
    t.policies.write("a.json", policy(guest, APPLY))
    agent = t.agent()
    with OtherHost(t.root) as other:
        away = other.twin(guest).start(paused=False)
        cancelled = slow_move(t, away, guest)
        agent.wait_log(f"{guest}: set vm ", 20)  # which comes last, when it has started
        wait_for(lambda: in_force(guest), 10, "the policy on the guest that is coming")
        told = len(agent.log())
        cancelled()
        wait_for(lambda: forgotten(t, guest), 10, "the agent to forget the guest")
        runs(away)
        as_libvirt_makes_it(away)
        no_trouble(agent.log()[told:])


if __name__ == "__main__":
    sys.exit(main())
