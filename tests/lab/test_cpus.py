#!/usr/bin/python3
"""CPUs of the host that go offline and come back while guests run.

v2 grants what is left and recovers by itself. v1 takes the CPU out of every set for good: inside
the guest's own control groups vmpin puts it back; above them, and for a thread that the kernel
moved out of an empty set, `status` tells the command that mends it, which these tests then run.
"""
import contextlib
import os
import re
import subprocess
import sys

from vmpintest import main, wait_for
from vmpintest.expect import cpus, equal, pinned, policy
from vmpintest.host import read

CPU = "/sys/devices/system/cpu"
OWN_NETWORK = ["sh", "-c", 'unshare --net -- "$@"', "sh"]


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def switch(cpu, on):
    write(f"{CPU}/cpu{cpu}/online", "1" if on else "0")


@contextlib.contextmanager
def offline(t, guest, *cpus):
    """They are back afterwards, and at the test's end so is what v1 took from the slice."""
    slice = slice_of(guest)
    if guest.nodes.version("cpuset") == 1:
        t.undo.callback(lambda: write(slice, read(f"{CPU}/online")))
    try:
        for cpu in cpus:
            switch(cpu, False)
        yield
    finally:
        for cpu in cpus:
            switch(cpu, True)


def slice_of(guest):
    """The file of its CPU set."""
    return os.path.dirname(os.path.dirname(guest.nodes.directory("vm", "cpuset"))) + "/cpuset.cpus"


def status(t, guest):
    return t.vmpin.run("status", guest.name).out


def has_status(t, guest, word):
    told = status(t, guest)
    assert re.search(rf"{guest.name}\b.*\b{word}\b", told), f"not {word}: {told}"
    return True


def mend(t, guest):
    """What an operator does on v1: the commands that status tells, each once, until all is well."""
    done = set()

    def well():
        told = t.vmpin.json("status", guest.name)[1]["guests"][0]
        for refusal in told["refusals"]:
            command = re.search(r"(for f in|echo \d+ >) .*$", refusal["reason"])
            if command and command.group() not in done:
                done.add(command.group())
                subprocess.run(command.group(), shell=True, check=True)
        return equal("the status", told["status"], "in sync")
    wait_for(well, 30, "the guest to be in sync")
    assert guest.nodes.version("cpuset") == 1 or not done, "v2 recovers by itself"


def test_partly_offline(t):
    """A CPU that goes offline leaves the online part in force, degraded, and comes back"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("4-5")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "4-5"), 10, "the policy")
    with offline(t, guest, 5):
        wait_for(lambda: guest.nodes.allowed("vcpu1") == {"4"}, 10, "the online part")
        wait_for(lambda: has_status(t, guest, "degraded"), 10, "the status")
        agent.wait_log("online CPUs are 0-4,6-7")
    agent.wait_log("online CPUs are 0-7")
    mend(t, guest)
    pinned(guest, "vcpu1", "4-5")
    t.policies.remove("a.json")
    wait_for(lambda: pinned(guest, "vcpu1", "0-7"), 10, "the baseline of before")


def test_all_offline(t):
    """A vCPU all of whose CPUs are offline is left as it is, reported, and put back with them"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("5"), "vcpu1": cpus("4")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu0", "5"), 10, "the policy")
    with offline(t, guest, 5):
        agent.wait_log("vcpu0 cpuset.cpus: all of its CPUs are offline")
        wait_for(lambda: has_status(t, guest, "failed"), 10, "the status")
        pinned(guest, "vcpu1", "4")
        assert "5" not in guest.nodes.allowed("vcpu0")
    agent.wait_log("online CPUs are 0-7")
    mend(t, guest)
    pinned(guest, "vcpu0", "5")


def test_all_follows(t):
    """"all" in a policy is what is online, also for an agent that has no network, as a service"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("all,^0")}))
    agent = t.agent(wrapper=OWN_NETWORK)
    wait_for(lambda: pinned(guest, "vcpu0", "1-7"), 10, "the policy")
    with offline(t, guest, 6):
        wait_for(lambda: pinned(guest, "vcpu0", "1-5,7"), 10, "all but one")
        wait_for(lambda: has_status(t, guest, "in sync"), 10, "the status")
    agent.wait_log("online CPUs are 0-7")
    mend(t, guest)
    pinned(guest, "vcpu0", "1-7")


def test_others_are_left_alone(t):
    """A guest that no policy matches is not touched when CPUs go and come"""
    guest, other = t.guests(2)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("4-5")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "4-5"), 10, "the policy")
    with offline(t, guest, 5):
        wait_for(lambda: has_status(t, guest, "degraded"), 10, "the status")
        there = other.nodes.settings()
    agent.wait_log("online CPUs are 0-7")
    mend(t, guest)
    if other.nodes.version("cpuset") == 1:  # the kernel gives threads no CPU back there
        t.untouched(other, there)
    else:
        equal("its threads' CPUs", other.nodes.allowed("vcpu0"), {"0-7"})


def test_all_but_one(t):
    """All CPUs but one go and come back one by one, and nothing is amiss afterwards"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("5"), "vcpu1": cpus("4-5")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu0", "5"), 10, "the policy")
    with offline(t, guest, *range(1, 8)):
        wait_for(lambda: guest.nodes.allowed("emulator") == {"0"}, 10, "the last CPU")
    agent.wait_log("online CPUs are 0-7")
    mend(t, guest)
    assert pinned(guest, "vcpu0", "5") and pinned(guest, "vcpu1", "4-5") and agent.running()


if __name__ == "__main__":
    sys.exit(main())
