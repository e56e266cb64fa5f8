#!/usr/bin/python3
"""The host is suspended to memory while guests run, and wakes up: the kernel freezes all of them,
takes its devices and all CPUs but one away, and tells of a CPU only when it is back."""
import contextlib
import glob
import os
import subprocess
import sys

from vmpintest import main, wait_for
from vmpintest.expect import cpus, equal, pinned, policy
from vmpintest.host import read

SLEEP_SECONDS = 3
DRIVER = "/sys/bus/virtio/drivers/9pnet_virtio"


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def shares():
    """mount(8)'s words for each folder that the lab shares with its machine."""
    for line in read("/proc/self/mountinfo").splitlines():
        place, kind = (half.split() for half in line.split(" - "))
        if kind[0] == "9p":
            yield ["-t", "9p", "-o", f"{kind[2]},{place[5]}", kind[1], place[4]]


@contextlib.contextmanager
def shares_set_aside():
    """They would not survive it: their driver has nothing to say at a suspend."""
    mounted = list(shares())
    devices = [os.path.basename(path) for path in glob.glob(f"{DRIVER}/virtio*")]
    for words in mounted:
        subprocess.run(["umount", words[-1]], check=True)
    for device in devices:
        write(f"{DRIVER}/unbind", device)
    try:
        yield
    finally:
        for device in devices:
            write(f"{DRIVER}/bind", device)
        for words in mounted:
            subprocess.run(["mount", *words], check=True)


def successes():
    """How many suspends have come to their end."""
    return int(read("/sys/power/suspend_stats/success"))


def sleep_and_wake():
    before = successes()
    with shares_set_aside():
        subprocess.run(["rtcwake", "-m", "mem", "-s", str(SLEEP_SECONDS)], check=True,
                       stdout=subprocess.DEVNULL)
    equal("suspends", successes(), before + 1)


def in_sync(t, guest):
    told = t.vmpin.json("status", guest.name)[1]["guests"][0]
    return equal("the status", told["status"], "in sync")


def test_suspend(t):
    """After a suspend everything is in force, said so, and healed as before, with nobody's help"""
    guest = t.guest(paused=False)
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("5"), "vcpu1": cpus("4-5"),
                                              "emulator": cpus("7")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu0", "5"), 10, "the policy")
    sleep_and_wake()
    wait_for(lambda: in_sync(t, guest), 10, "the status")
    for role, wanted in (("vcpu0", "5"), ("vcpu1", "4-5"), ("emulator", "7")):
        pinned(guest, role, wanted)
    assert agent.running() and "healed" not in agent.log(), "there was something to heal"
    guest.nodes.set_cpus("vcpu0", "1")
    wait_for(lambda: pinned(guest, "vcpu0", "5"), 10, "the heal")


if __name__ == "__main__":
    sys.exit(main())
