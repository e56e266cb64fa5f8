#!/usr/bin/python3
"""What vmpin remembers of guests: damaged, removed, on a full disk. It is never trusted blindly, and
its loss is never the guests'."""
import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys

from vmpintest import main, virsh, vmpin, wait_for
from vmpintest.expect import cpus, equal, pinned, policy
from vmpintest.waiting import holds_for


def in_force(guest, role, wanted):
    wait_for(lambda: pinned(guest, role, wanted), 10, f"{role} on {wanted}")


def read_state(t, guest):
    with open(f"{t.vmpin.state}/guests/{guest.uuid}.json") as file:
        return json.load(file)


def test_state_folder_removed(t):
    """The agent makes a state folder that was removed anew; what it has in force stays its own"""
    guest, _ = t.guests(2)  # no policy is for the other
    t.harmless()
    virsh("vcpupin", guest.name, "1", "0-1", "--live")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent()
    in_force(guest, "vcpu1", "1")
    os.rename(t.vmpin.state, f"{t.vmpin.state}.away")
    remove(f"{t.vmpin.state}.away")
    wait_for(lambda: os.path.exists(f"{t.vmpin.state}/policies.json"), 10, "a new state folder")
    assert "was removed" in agent.log(), agent.log()
    guest.nodes.set_cpus("vcpu0", "0")
    in_force(guest, "vcpu0", "1")
    states = [name for name in os.listdir(f"{t.vmpin.state}/guests") if name.endswith(".json")]
    equal("the guests that something is known of", states, [f"{guest.uuid}.json"])
    assert "in sync" in t.vmpin.run("status", guest.name, folders=[], status=0).out
    t.vmpin.run("hold", guest.name, status=0)
    guest.nodes.set_cpus("vcpu0", "0")
    holds_for(lambda: guest.nodes.cpus("vcpu0") == "0", 0.5, "a hold in the new folder")
    t.vmpin.run("release", guest.name, status=0)
    in_force(guest, "vcpu0", "1")
    t.policies.remove("a.json")
    in_force(guest, "vcpu1", "0-1")  # libvirt's pin, in the place of the baseline that was lost
    in_force(guest, "vcpu0", "0")  # somebody's, seen after the loss


def remove(path):
    """The folder and all in it, though an agent may write into it meanwhile."""
    def removed():
        try:
            shutil.rmtree(path)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            return False
        return True
    wait_for(removed, 10, f"{path} to be empty and removed")


def fill(path):
    with open(path, "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))


def small_disk(t, path):
    os.mkdir(path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=1000,mode=755", "vmpin-test", path],
                   check=True)
    t.undo.callback(subprocess.run, ["umount", "-l", path])
    return path


def test_state_folder_without_room(t):
    """A state folder that can be made anew only in part is completed when there is room"""
    guest = t.guest()
    small = small_disk(t, f"{t.root}/small")
    t.vmpin.state = f"{small}/state"
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("1")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "1")
    agent.signal(signal.SIGSTOP)
    os.rename(t.vmpin.state, f"{small}/away")
    remove(f"{small}/away")
    fill(f"{small}/filler")  # folders take no room in memory, what is in a file does
    agent.signal(signal.SIGCONT)
    agent.wait_log("cannot be made anew")
    os.unlink(f"{small}/filler")
    guest.nodes.set_cpus("vcpu0", "0")
    agent.wait_log("was removed and is made anew")
    in_force(guest, "vcpu0", "1")
    assert read_state(t, guest)["lost"], read_state(t, guest)
    other = t.agent(ready=False)
    wait_for(lambda: not other.running(), 10, "the end of a second agent")


def test_guests_removed(t):
    """guests/ alone removed: the agent keeps its lock and runs on, and its values stay its own"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("1")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "1")
    remove(f"{t.vmpin.state}/guests")
    guest.nodes.set_cpus("vcpu0", "0")
    in_force(guest, "vcpu0", "1")
    assert agent.running() and "was removed and is made anew" in agent.log(), agent.log()
    assert read_state(t, guest)["lost"], read_state(t, guest)


def test_policies_below_the_state(t):
    """Policies below the state folder, as by default: a folder that comes is heard of, a loss too"""
    guest = t.guest()
    below = f"{t.vmpin.state}/policies.d"
    agent = t.agent(folders=[below])
    vmpin.Folder(below).write("a.json", policy(guest, {"vcpu0": cpus("1")}))
    in_force(guest, "vcpu0", "1")
    remove(f"{t.vmpin.state}/guests")
    agent.wait_log("was removed and is made anew")


def test_holds_removed(t):
    """holds/ alone removed: nothing is held, and the baselines stay known"""
    guest = t.guest()
    was = guest.nodes.cpus("vcpu0")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "1")
    remove(f"{t.vmpin.state}/holds")
    guest.nodes.set_cpus("vcpu1", "0")
    in_force(guest, "vcpu1", "1")
    assert agent.running() and "was removed in part" in agent.log(), agent.log()
    t.policies.remove("a.json")
    in_force(guest, "vcpu0", was)


def test_two_agents_after_a_removal(t):
    """An agent whose state folder another agent has made anew ends, and leaves that one alone"""
    first = t.agent()
    first.signal(signal.SIGSTOP)
    os.rename(t.vmpin.state, f"{t.vmpin.state}.away")
    second = t.agent()
    first.signal(signal.SIGCONT)
    wait_for(lambda: not first.running(), 10, "the first agent's end")
    assert "another vmpin agent runs" in first.log(), first.log()
    assert second.running()


def test_damaged_state(t):
    """A damaged state is set aside with a message; what is in force stays and no baseline is made up"""
    guest = t.guest()
    t.harmless(left=[f"{guest.uuid}.json.damaged", "policies.json.damaged"])
    t.policies.write("a.json", policy(guest, {"vcpu1": cpus("1"), "vm": {"cpu": {"shares": 333}}}))
    t.agent().stop()
    t.vmpin.run("reconcile", status=0)
    state = f"{t.vmpin.state}/guests/{guest.uuid}.json"
    for path in (state, f"{t.vmpin.state}/policies.json"):
        with open(path, "w") as file:
            file.write('{"version": 1, "uuid"')
    agent = t.agent()
    agent.wait_log("is damaged")
    agent.wait_log("policies.json.damaged")
    in_force(guest, "vcpu1", "1")
    assert os.path.exists(f"{state}.damaged"), os.listdir(f"{t.vmpin.state}/guests")
    assert os.path.exists(f"{t.vmpin.state}/policies.json.damaged")
    t.policies.remove("a.json")
    agent.wait_log("baseline is not known")
    assert guest.nodes.has_shares("vm", 333), "a made-up baseline was restored"
    assert agent.running()


def test_full_disk(t):
    """On a full disk nothing is written without its baseline; when there is room all is put right"""
    guest = t.guest()
    t.harmless()
    was = guest.nodes.cpus("vcpu1")
    small_disk(t, t.vmpin.state)
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("1")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "1")
    fill(f"{t.vmpin.state}/filler")
    t.policies.write("b.json", policy(guest, {"vcpu1": cpus("0"), "emulator": cpus("0")}))
    agent.wait_log("No space left")
    equal("vcpu1", guest.nodes.cpus("vcpu1"), was)
    guest.nodes.set_cpus("vcpu0", "0")
    result = t.vmpin.run("reconcile", folders=[], status=1)
    assert "No space left" in result.err + result.out, str(result)
    os.unlink(f"{t.vmpin.state}/filler")
    in_force(guest, "vcpu1", "0")
    in_force(guest, "vcpu0", "1")
    assert agent.running()
    t.policies.remove("a.json")
    t.policies.remove("b.json")
    in_force(guest, "vcpu0", "0")
    in_force(guest, "vcpu1", was)


if __name__ == "__main__":
    sys.exit(main())
