#!/usr/bin/python3
"""The host's clock is set back by a day, and forth by two: nothing of vmpin's goes by it."""
import contextlib
import sys
import time

from vmpintest import main, wait_for
from vmpintest.expect import cpus, pinned, policy
from vmpintest.waiting import holds_for, slow

DAY = 86400


@contextlib.contextmanager
def clock_moved(seconds):
    """The wall clock, as `date -s` sets it; right again afterwards."""
    before, begin = time.time(), time.monotonic()
    time.clock_settime(time.CLOCK_REALTIME, before + seconds)
    try:
        yield
    finally:
        time.clock_settime(time.CLOCK_REALTIME, before + time.monotonic() - begin)


def in_force(guest, role, wanted):
    wait_for(lambda: pinned(guest, role, wanted), 10, f"{role} on {wanted}")


def test_clock_set(t):
    """With the clock set back or forth drift is healed, policies are read, and a hold keeps its time"""
    guest = t.guest()
    wide = guest.nodes.cpus("vm")
    t.harmless(guest)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "0")
    for turn, move in enumerate((-DAY, 2 * DAY)):
        mine, other = ("0", "1") if turn == 0 else ("1", "0")
        with clock_moved(move):
            guest.nodes.widen("vcpu0")
            in_force(guest, "vcpu0", mine)
            t.vmpin.run("hold", guest.name, "--for", f"{slow(3):.0f}s", status=0)
            guest.nodes.widen("vcpu0")
            holds_for(lambda: guest.nodes.cpus("vcpu0") == wide, 1, "the hold")
            in_force(guest, "vcpu0", mine)
            t.policies.write("a.json", policy(guest, {"vcpu*": cpus(other)}))
            in_force(guest, "vcpu0", other)
        assert agent.running()
    agent.stop()
    t.agent()
    in_force(guest, "vcpu0", "0")
    t.vmpin.run("release", guest.name, status=0)


def test_clock_set_during_a_hold(t):
    """A hold that was set for a time does not end with the clock, nor last the longer for it"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    t.agent()
    in_force(guest, "vcpu0", "0")
    t.vmpin.run("hold", guest.name, "--for", f"{slow(5):.0f}s", status=0)
    guest.nodes.set_cpus("vcpu0", "1")
    with clock_moved(DAY):
        holds_for(lambda: guest.nodes.cpus("vcpu0") == "1", 1, "the hold")
    with clock_moved(-DAY):
        wait_for(lambda: pinned(guest, "vcpu0", "0"), 20, "the hold's end")


if __name__ == "__main__":
    sys.exit(main())
