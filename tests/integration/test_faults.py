#!/usr/bin/python3
"""Writes that the kernel refuses and guests that end in the middle, on real guests.

strace makes the n-th write into the guest's control groups fail, or wait; which errors these lead
to at every write and every undo write is tested without it in tests/unit.
"""
import os
import re
import shutil
import signal
import sys
import time

import vmpintest
from vmpintest import main, skip_unless, wait_for
from vmpintest.expect import EVERY, cpus, equal, full, full_in_force, pinned, policy
from vmpintest.node import difference
from vmpintest.runner import takes
from vmpintest.waiting import slow

ERRORS = ("EBUSY", "EINVAL", "ENOSPC", "ENOENT")


def inject(guest, what, ends=("",), log="/dev/null"):
    """strace words that tamper with writes into that guest's nodes alone."""
    skip_unless(shutil.which("strace"), "strace is not installed")
    words = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", log,
             "-e", "trace=write,pwrite64", "-e", f"inject=write,pwrite64:{what}"]
    for path in guest.nodes.settings():
        if path.startswith("/") and path.endswith(tuple(ends)):
            words += ["-P", path]
    return words


@takes(300)
def test_failed_write(t):
    """A write that fails half-way is undone, and message and exit status say what happened"""
    guest, other = t.guests(2, iothreads=1)
    before = guest.nodes.settings()
    t.harmless(guest, other)
    t.policies.write("a.json", full([guest, other]))
    written = 0
    for number in range(1, 40):
        error = ERRORS[number % len(ERRORS)]
        result = t.vmpin.run("reconcile", wrapper=inject(guest, f"error={error}:when={number}"))
        if result.status == 0:
            break  # behind the last write
        written = number
        equal(f"exit status with {error} at write {number}", result.status, 1)
        told = result.out + result.err
        assert guest.name in told, f"{guest} is not named: {result}"
        t.restored(guest, before)
        full_in_force(other)
        t.vmpin.run("plan", guest.name, status=2)
    assert written >= 6, f"only {written} writes were made to fail"
    full_in_force(guest)


@takes(300)
def test_failed_undo(t):
    """When undoing fails too the run says so, and the next one knows the true baseline still"""
    guest = t.guest(iothreads=1)
    before = guest.nodes.settings()
    t.harmless(guest)
    t.policies.write("a.json", full(guest))
    left = []
    for number in range(2, 6):
        result = t.vmpin.run("reconcile", status=1,
                             wrapper=inject(guest, f"error=EBUSY:when={number}..{number + 1}"))
        assert "unknown" in result.out + result.err, str(result)
        left.append(difference(before, guest.nodes.settings()))
        t.vmpin.run("reconcile", status=0)
        full_in_force(guest)
        t.policies.remove("a.json")
        t.vmpin.run("reconcile", status=0)
        t.restored(guest, before)
        t.policies.write("a.json", full(guest))
    assert any(left), "every undo succeeded in spite of the faults"


def test_failed_heal(t):
    """A heal that fails keeps what succeeded; the next run does the rest"""
    guest = t.guest(vcpus=3)
    t.harmless(guest)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    t.vmpin.run("reconcile", status=0)
    for role in ("vcpu0", "vcpu1", "vcpu2"):
        guest.nodes.widen(role)
    t.vmpin.run("reconcile", status=1, wrapper=inject(guest, "error=EBUSY:when=2"))
    healed = [r for r in ("vcpu0", "vcpu1", "vcpu2") if guest.nodes.cpus(r) == "1"]
    equal("healed in spite of one failure", len(healed), 2)
    t.vmpin.run("reconcile", status=0)
    for role in ("vcpu0", "vcpu1", "vcpu2"):
        pinned(guest, role, "1")


def test_drift_beside_a_failure(t):
    """What fails for good and is undone again and again neither loops nor keeps drift from healing"""
    guest = t.guest()
    t.harmless(guest)
    t.policies.write("a.json", policy(guest, {"vcpu1": cpus("1")}))
    agent = t.agent("-v", wrapper=inject(guest, "error=EBUSY:delay_enter=1000000",
                                         ["vcpu0/cpu.shares", "vcpu0/cpu.weight"]))
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy")
    t.policies.write("b.json", policy(guest, {"vcpu0": {"cpu": {"shares": 333}},
                                              "emulator": {"cpu": {"shares": 333}}}))

    def looks():
        return agent.log().count("looked at: failed")

    def heals(when):
        begin = time.monotonic()
        guest.nodes.widen("vcpu1")
        wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, f"healing {when}")
        assert time.monotonic() - begin < 6, f"the heal {when} waited for the next try"

    wait_for(looks, 10, "the failure")
    begin = time.monotonic()
    wait_for(lambda: looks() >= 3, 20, "two more looks")
    # Each is a try, after 1 and 2 s, of a second, whatever the machine.
    assert time.monotonic() - begin > 3, "it was tried again and again"
    wait_for(lambda: guest.nodes.has_shares("emulator", 333), 20, "the midst of the next try")
    heals("in its midst")  # the next one comes 8 s later
    heals("between two tries")


def test_watchdog(t):
    """While the loop is stuck in a write the watchdog is not served; afterwards it is again"""
    guest = t.guest()
    t.vmpin.variables = {"WATCHDOG_USEC": "1000000"}
    agent = t.agent(wrapper=inject(guest, "delay_enter=4000000:when=1"))
    t.policies.write("a.json", policy(guest, {"vcpu1": cpus("1")}))
    pauses = []
    wait_for(lambda: served(agent, pauses) and pinned(guest, "vcpu1", "1"), 20, "the policy")
    assert max(pauses) > 3, f"it was served after at most {max(pauses):.1f} s"


HUNG_JOURNAL = [sys.executable, f"{os.path.dirname(vmpintest.__file__)}/hung_journal.py"]


def test_hung_journal(t):
    """While the journal hangs and takes no entry any more guests are healed, and SIGTERM ends the agent"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent("-v", wrapper=HUNG_JOURNAL)
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy")
    with open("/proc/sys/net/unix/max_dgram_qlen", encoding="ascii") as file:
        entries = int(file.read()) + 10
    for _ in range(entries):  # each is one
        before = agent.notified.count("RELOADING=1")
        agent.signal(signal.SIGHUP)
        wait_for(lambda: agent.notified.count("RELOADING=1") > before, 10, "the reload")
    guest.nodes.widen("vcpu1")
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the heal")
    agent.stop()
    equal("what went to standard error instead", agent.log(), "")


def served(agent, pauses):
    """The watchdog, once more; after how long is added."""
    count, begin = agent.notified.count("WATCHDOG=1"), time.monotonic()
    wait_for(lambda: agent.notified.count("WATCHDOG=1") > count, 10, "the watchdog")
    pauses.append(time.monotonic() - begin)
    return True


def write_made(log, number):
    """The pid of who made that many writes into the guest's nodes, None before."""
    with open(log) as file:
        writes = re.findall(r"^(\d+) +p?write\w*\(.* = .*$", file.read(), re.M)
    return int(writes[number - 1]) if len(writes) >= number else None


def ends_in_the_middle(t, what, number, when=None, error=""):
    """The guest ends behind that write, before the run goes on."""
    other, guest, last = t.guests(3, iothreads=1)
    t.policies.write("a.json", full([other, guest, last]))
    log = f"{t.root}/strace"
    open(log, "w").close()
    # The write is made and told, and only then is there a pause, long enough to stop the run in it.
    seconds = max(3, slow(1))
    pause = f"{error}delay_exit={int(seconds * 1e6)}:when={when or number}"
    end = t.background(inject(guest, pause, log=log) + t.vmpin.command("reconcile"))
    pid = wait_for(lambda: write_made(log, number), 20, "the write")
    os.kill(pid, signal.SIGSTOP)
    guest.destroy()
    os.kill(pid, signal.SIGCONT)
    status, told = end()
    equal("exit status", status, 1)
    assert f"{guest}: the guest went away while {what}" in told, told
    for good in (other, last):
        full_in_force(good)
    t.vmpin.run("reconcile", status=0)


@takes(300)
def test_guest_ends_in_the_middle(t):
    """A guest that stops in the middle of an apply is told, with status 1, and the others are done"""
    t.harmless()
    for number in (1, 3, 6):
        ends_in_the_middle(t, "it was being changed", number)


def test_guest_ends_in_an_undo(t):
    """So is a guest that stops while a change that failed half-way is taken back"""
    t.harmless()
    ends_in_the_middle(t, "a change was taken back", 5, when="4..5", error="error=EBUSY:")


@takes(300)
def test_guest_ends_under_the_agent(t):
    """Guests that start and stop at once do not disturb the agent"""
    other = t.guest()
    t.harmless(other)
    t.policies.write("a.json", {"match": EVERY, "apply": {
        "vm": {"cpu": {"shares": 2048}}, "vcpu*": cpus("1"), "emulator": cpus("0")}})
    agent = t.agent()
    wait_for(lambda: pinned(other, "vcpu1", "1"), 10, "the policy")
    guest = t.guest(start=False)
    for _ in range(5):
        guest.start()
        guest.destroy()
    guest.start()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy after all this")
    pinned(other, "vcpu1", "1")
    assert agent.running()


if __name__ == "__main__":
    sys.exit(main())
