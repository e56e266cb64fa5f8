#!/usr/bin/python3
"""Drift is healed, whatever else happens: many foreign writes at random moments."""
import os
import shutil
import signal
import sys
import time

import vmpintest
from vmpintest import main, skip_unless, wait_for
from vmpintest.drift import (OTHER, Spread, disturbing, drift_in_force, drift_policy, files,
                             healed_after, put, quantile)
from vmpintest.expect import cpus, equal, pinned, policy, weighs
from vmpintest.runner import comment, takes
from vmpintest.waiting import holds_for, slow

GUESTS = int(os.environ.get("VMPIN_TEST_DRIFT_GUESTS", "4"))
WRITES = int(os.environ.get("VMPIN_TEST_DRIFT_WRITES", "60"))
SEED = int(os.environ.get("VMPIN_TEST_SEED", "1"))


@takes(300)
def test_drift(t):
    """Every foreign write is undone, also during hotplug and a restart of libvirtd"""
    guests = t.guests(GUESTS, vcpus=4, current=3, iothreads=1)
    t.policies.write("a.json", drift_policy(guests))
    agent = t.agent()
    for guest in guests:
        wait_for(lambda: drift_in_force(guest), 10, f"the policy of {guest}")
    spread = Spread([path for guest in guests for path in files(guest)], SEED)
    times = []
    with disturbing(guests):
        for number in range(WRITES):
            time.sleep(spread.moment(0.1))
            if number == WRITES // 2 and t.machine.may_kill_libvirtd():
                t.machine.restart_libvirtd()
            path = spread.next()
            took = healed_after(path, slow(10))
            assert took is not None, f"{path} was not healed"
            times.append(1000 * took)
    comment(f"{WRITES} writes (seed {SEED}): healed after {quantile(times, 0.5):.2f} ms (median), "
            f"{quantile(times, 0.99):.2f} ms (99th percentile)")
    for guest in guests:
        wait_for(lambda: drift_in_force(guest), 10, f"the policy of {guest}")
    assert "something else keeps changing" not in agent.log(), "spread writes are no fight"


def test_fight(t):
    """A value that is fought over is healed more slowly, loudly; another one is healed at once"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 10, "the policy")
    fought = guest.nodes.file("vcpu0", "cpuset.cpus")
    for _ in range(5):
        assert healed_after(fought, slow(10)) is not None
    agent.wait_log("something else keeps changing vcpu0 cpuset.cpus")
    guest.nodes.set_cpus("vcpu0", "0")
    assert healed_after(guest.nodes.file("vcpu1", "cpuset.cpus"), slow(10)) is not None
    equal("the value that rests, while another is healed", guest.nodes.cpus("vcpu0"), "0")
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 20, "the end of the pause")


def at_most(number, what):
    """A wrapper that gives the agent so many inotify watches or instances."""
    return [sys.executable, f"{os.path.dirname(vmpintest.__file__)}/few_watches.py", what, str(number)]


def test_no_watches(t):
    """Without inotify watches drift is found by looking now and then, and the log says so"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent(wrapper=at_most(1, "watches"))
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 10, "the policy")
    agent.wait_log("max_user_watches")
    guest.nodes.set_cpus("vcpu0", "0")
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 20, "the sweep")


def test_no_instances(t):
    """Without an inotify instance drift, policies and holds are found by looking; the log says so"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent(wrapper=at_most(0, "instances"))
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 10, "the policy")
    for what in ("the policy folders", "changes of control groups", "the places where guests appear"):
        agent.wait_log(f"{what} cannot be watched: Too many open files (raise "
                       "fs.inotify.max_user_instances")
    guest.nodes.set_cpus("vcpu0", "0")
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 20, "the sweep")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    wait_for(lambda: pinned(guest, "vcpu0", "0"), 20, "the sweep of the policies")
    t.vmpin.run("hold", guest.name, status=0)
    guest.nodes.set_cpus("vcpu0", "1")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0"), "emulator": cpus("0")}))
    holds_for(lambda: guest.nodes.cpus("vcpu0") == "1", 6, "the hold")
    t.vmpin.run("release", guest.name, status=0)
    wait_for(lambda: pinned(guest, "emulator", "0") and pinned(guest, "vcpu0", "0"), 20, "the release")
    assert agent.running()


def most_events():
    """How many events the kernel keeps for a reader that does not come."""
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
        return int(file.read())


@takes(120)
def test_overflow(t):
    """When the kernel drops events, the log says so, and what they would have told of is healed"""
    busy, guest = t.guests(2)
    t.policies.write("a.json", drift_policy([busy, guest]))
    agent = t.agent()
    for each in (busy, guest):
        wait_for(lambda: drift_in_force(each), 10, f"the policy of {each}")
    shares = [path for path in files(busy) if not path.endswith("cpuset.cpus")][:2]
    agent.signal(signal.SIGSTOP)
    # Two files in turn: the same event again and again would be one to the kernel.
    for path in shares * (most_events() // 2 + 1):
        put(path, OTHER[os.path.basename(path)])
    for path in files(guest):
        put(path, OTHER[os.path.basename(path)])
    agent.signal(signal.SIGCONT)
    agent.wait_log("events were lost")
    for each in (busy, guest):
        wait_for(lambda: drift_in_force(each) and weighs(each, "vcpu1", 512), 10,
                 f"the policy of {each} again")


def test_echo_is_quiet(t):
    """What vmpin itself writes leads to no further write and is no drift"""
    skip_unless(shutil.which("strace"), "strace is not installed")
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    trace = f"{t.root}/writes"
    agent = t.agent(wrapper=["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o", trace,
                             "-e", "trace=write"])

    def writes():
        with open(trace, encoding="utf-8", errors="replace") as file:
            return [line for line in file if "cpuset.cpus>" in line]

    wait_for(lambda: pinned(guest, "vcpu0", "1") and pinned(guest, "vcpu1", "1"), 10, "the policy")
    wait_for(lambda: len(writes()) == 2, 10, "two writes, and no more")
    guest.nodes.set_cpus("vcpu0", "0")
    wait_for(lambda: pinned(guest, "vcpu0", "1"), 10, "the heal")
    wait_for(lambda: len(writes()) == 3, 10, "one more write")
    holds_for(lambda: len(writes()) == 3, 1, "no write of its own echo")
    equal("heals told", agent.log().count("healed"), 1)


if __name__ == "__main__":
    sys.exit(main())
