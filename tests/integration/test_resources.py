#!/usr/bin/python3
"""Policy folders that are taken away, descriptors that run out, guests that are frozen or crash again
and again: what is in force stays, the agent lives on, and nothing is leaked."""
import os
import shutil
import signal
import subprocess
import sys

from vmpintest import main, skip_unless, vmpin, wait_for
from vmpintest.expect import EVERY, cpus, pinned, policy
from vmpintest.host import alive, hierarchies, read
from vmpintest.runner import takes
from vmpintest.waiting import holds_for


def in_force(guest, role, wanted):
    wait_for(lambda: pinned(guest, role, wanted), 10, f"{role} on {wanted}")


def good_agent(t, *guests, **options):
    t.policies.write("z.json", policy(list(guests), {"vcpu*": cpus("1")}))
    agent = t.agent(**options)
    for guest in guests:
        in_force(guest, "vcpu1", "1")
    return agent


def stays(guest, agent):
    """In force, and healed."""
    holds_for(lambda: pinned(guest, "vcpu1", "1"), 0.3, "what was in force")
    guest.nodes.widen("vcpu1")
    in_force(guest, "vcpu1", "1")
    assert agent.running()


def test_folder_deleted_and_made_anew(t):
    """A policy folder that vanishes changes nothing; when it is made anew it is read again"""
    guest = t.guest()
    t.harmless(guest)
    agent = good_agent(t, guest)
    lines = len(agent.log())
    shutil.rmtree(str(t.policies))
    agent.wait_log("policies.d", since=lines)
    stays(guest, agent)
    os.mkdir(str(t.policies), 0o755)
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
    in_force(guest, "vcpu1", "0")


def test_folder_becomes_a_link(t):
    """A policy folder that a link to another one replaces is read there, and again where it leads"""
    guest = t.guest()
    t.harmless(guest)
    agent = good_agent(t, guest)
    other = f"{t.root}/other.d"
    os.mkdir(other, 0o755)
    os.rename(str(t.policies), f"{t.root}/away")
    os.symlink(other, str(t.policies))
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
    in_force(guest, "vcpu1", "0")
    os.unlink(str(t.policies))  # the link goes: nothing changes
    agent.wait_log("policies.d")
    holds_for(lambda: pinned(guest, "vcpu1", "0"), 0.3, "what was in force")
    os.rename(f"{t.root}/away", str(t.policies))
    in_force(guest, "vcpu1", "1")


def test_folder_is_mounted_over(t):
    """Of what is mounted over a policy folder the agent is told by a reload, and watches it from then on"""
    guest = t.guest()
    t.harmless(guest)
    agent = good_agent(t, guest)
    other = vmpin.Folder(f"{t.root}/other.d")
    other.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
    subprocess.run(["mount", "--bind", str(other), str(t.policies)], check=True)
    t.undo.callback(subprocess.run, ["umount", "-l", str(t.policies)], stderr=subprocess.DEVNULL)
    agent.signal(signal.SIGHUP)
    in_force(guest, "vcpu1", "0")
    other.write("z.json", policy(guest, {"vcpu*": cpus("1"), "emulator": cpus("0")}))
    in_force(guest, "emulator", "0")
    subprocess.run(["umount", "-l", str(t.policies)], check=True)  # the agent may read there just now
    agent.signal(signal.SIGHUP)
    in_force(guest, "vcpu1", "1")
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
    in_force(guest, "vcpu1", "0")


def test_unreadable_folder(t):
    """A policy folder that cannot be read changes nothing; when it can again, it is read"""
    guest = t.guest()
    t.harmless(guest)
    rights = "-dac_override,-dac_read_search"
    agent = good_agent(t, guest, wrapper=["setpriv", f"--bounding-set={rights}",
                                          f"--inh-caps={rights}"])
    lines = len(agent.log())
    os.chmod(str(t.policies), 0o000)
    agent.wait_log("Permission denied", since=lines)
    stays(guest, agent)
    os.chmod(str(t.policies), 0o755)
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
    in_force(guest, "vcpu1", "0")


def test_a_file_in_the_folders_place(t):
    """A policy folder that a file replaces changes nothing"""
    guest = t.guest()
    t.harmless(guest)
    agent = good_agent(t, guest)
    lines = len(agent.log())
    os.rename(str(t.policies), f"{t.root}/away")
    with open(str(t.policies), "w") as file:
        file.write("{}")
    agent.wait_log("policies.d", since=lines)
    stays(guest, agent)
    os.unlink(str(t.policies))
    os.rename(f"{t.root}/away", str(t.policies))


def test_no_descriptors(t):
    """Without a descriptor left nothing is done and all is told; with some again it is made good"""
    guest, other = t.guests(2)
    t.harmless(guest, other)
    agent = good_agent(t, guest)
    pinned(guest, "vcpu1", "1")
    lines = len(agent.log())
    soft, hard = limit(agent.pid, 3)
    guest.nodes.widen("vcpu1")
    t.policies.write("y.json", policy(other, {"vcpu*": cpus("1")}))
    agent.wait_log("Too many open files", since=lines)
    os.kill(agent.helper(), signal.SIGKILL)  # no pipe for the next one either
    holds_for(agent.running, 1, "the agent")
    limit(agent.pid, soft, hard)
    in_force(guest, "vcpu1", "1")
    wait_for(lambda: pinned(other, "vcpu1", "1"), 20, "the policy for the other guest")
    wait_for(lambda: agent.helper(), 20, "a helper")


def limit(pid, soft, hard=None):
    """What `prlimit --nofile` does; the limits before."""
    import resource
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard or before[1]))
    return before


def test_frozen_guest(t):
    """A guest whose control group is frozen is healed and given back as any other"""
    guest = t.guest(paused=False)
    before = guest.nodes.settings()
    t.harmless(guest)
    agent = good_agent(t, guest)
    with frozen(guest):
        stays(guest, agent)
        t.policies.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
        in_force(guest, "vcpu1", "0")
        t.policies.remove("z.json")
        was = before[guest.nodes.file("vcpu0", "cpuset.cpus")].decode().strip()
        wait_for(lambda: guest.nodes.read("vcpu0", "cpuset.cpus") in (was, "0-7"), 10, "the return")


class frozen:
    """The guest's processes do not run meanwhile."""

    def __init__(self, guest):
        nodes = guest.nodes
        hierarchy = next((h for h in hierarchies() if "freezer" in h.controllers),
                         nodes.hierarchies[-1])
        top = nodes.top(hierarchy)
        v1 = hierarchy.version == 1
        self.file = f"{top}/{'freezer.state' if v1 else 'cgroup.freeze'}"
        self.words = ("FROZEN", "THAWED") if v1 else ("1", "0")
        self.done = lambda: read(self.file) == "FROZEN" if v1 else \
            "frozen 1" in read(f"{top}/cgroup.events")

    def __enter__(self):
        skip_unless(os.path.exists(self.file), "control groups cannot be frozen here")
        self.write(self.words[0])
        wait_for(self.done, 10, "the guest to be frozen")

    def __exit__(self, *_):
        self.write(self.words[1])

    def write(self, word):
        with open(self.file, "w") as file:
            file.write(word)


@takes(300)
def test_guest_crashes_again_and_again(t):
    """A guest that crashes and is started again in a loop neither leaks nor keeps from the others"""
    calm, wild = t.guest(), t.guest(start=False)
    t.harmless(calm)
    t.policies.write("z.json", {"match": EVERY, "apply": {"vcpu*": cpus("1")}})
    t.agent()
    for _ in range(8):
        wild.start(paused=False)
        pid = wild.nodes.pid
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda p=pid: not alive(p), 10, "the end of QEMU")
        wait_for(lambda: not os.path.exists(wild.pid_file()), 10, "libvirt to know")
        pinned(calm, "vcpu1", "1")
    wild.start()
    in_force(wild, "vcpu1", "1")


if __name__ == "__main__":
    sys.exit(main())
