#!/usr/bin/python3
"""Many guests at once."""
import os
import sys

from vmpintest import main, virsh, wait_for
from vmpintest.expect import EVERY, cpus, full, full_in_force, pinned, policy
from vmpintest.runner import comment, takes

COUNT = int(os.environ.get("VMPIN_TEST_GUESTS", "20"))


def many(t):
    if COUNT < 20:
        comment(f"{COUNT} guests instead of 20 (VMPIN_TEST_GUESTS)")
    return t.guests(COUNT, vcpus=2, iothreads=1)


@takes(300)
def test_reconcile_many(t):
    """One reconcile puts 20 guests where their policies say, and takes them back"""
    guests = many(t)
    before = {g: g.nodes.settings() for g in guests}
    t.policies.write("a.json", full(guests))
    t.vmpin.run("reconcile", status=0)
    for guest in guests:
        full_in_force(guest)
    t.vmpin.run("plan", status=0)
    t.policies.remove("a.json")
    t.vmpin.run("reconcile", status=0)
    for guest in guests:
        t.restored(guest, before[guest])


@takes(300)
def test_agent_many(t):
    """An agent keeps 20 guests that start while it runs, each at its own place"""
    t.agent()
    t.policies.write("a.json", {"match": EVERY, "apply": {"vcpu*": cpus("0")}})
    guests = many(t)
    special = guests[COUNT // 2]
    t.policies.write("b.json", policy(special, {"vcpu*": cpus("1")}))
    for guest in guests:
        wanted = "1" if guest is special else "0"
        for role in ("vcpu0", "vcpu1"):
            wait_for(lambda: pinned(guest, role, wanted), 20, f"{guest} {role}")
    for guest in guests:
        virsh("vcpupin", guest.name, "1", "0-1", "--live")
    for guest in guests:
        wanted = "1" if guest is special else "0"
        wait_for(lambda: pinned(guest, "vcpu1", wanted), 20, f"{guest} healed")


if __name__ == "__main__":
    sys.exit(main())
