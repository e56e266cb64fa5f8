#!/usr/bin/python3
"""A guest obeys its policy from its first instruction on, not from libvirt's Started event on."""
import os
import statistics
import sys
import time

from vmpintest import main, virsh, wait_for
from vmpintest.expect import cpus, equal, pinned, policy
from vmpintest.runner import comment, takes
from vmpintest.trace import Trace
from vmpintest.waiting import slow

STARTS = int(os.environ.get("VMPIN_TEST_STARTS", "5"))
WATCHED = 0.5  # seconds of each start


def started(guest, trace, start):
    """Milliseconds that the vCPUs ran on other CPUs than 0 after they were let run."""
    trace.clear()
    start()
    since = wait_for(lambda: trace.resumed(guest), 10, "the start of the CPUs")
    time.sleep(slow(WATCHED))
    return 1000 * trace.elsewhere(guest, {0}, since)


def heard(trace, guest):
    guest.start(paused=False)
    trace.wait_until_heard(guest)
    guest.destroy()


@takes(300)
def test_first_instruction(t):
    """No vCPU runs guest code outside its policy's CPUs, from the guest's start on"""
    guest = t.guest(vcpus=4, start=False)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    t.agent()
    with Trace() as trace:
        heard(trace, guest)
        ran = []
        for _ in range(STARTS):
            ran.append(started(guest, trace, lambda: guest.start(paused=False)))
            pinned(guest, "vcpu3", "0")
            guest.destroy()
        comment("ms elsewhere: " + ", ".join(f"{ms:.3f}" for ms in ran))
        # On a machine that is too busy to let the agent run in time one may be late; an agent that
        # waits for Started is late each time.
        equal("ms that vCPUs ran elsewhere in most starts", statistics.median(ran), 0)


if __name__ == "__main__":
    sys.exit(main())
