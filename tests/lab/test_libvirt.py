#!/usr/bin/python3
"""libvirt beside vmpin: what it does itself to a guest under a policy must not fail, and what it
shows of it afterwards is what the manual says."""
import os
import re
import signal
import sys

from vmpintest import main, pin, virsh, wait_for
from vmpintest.expect import cpus, equal, full, full_in_force, pinned, policy
from vmpintest.guest import URI
from vmpintest.host import read
from vmpintest.waiting import holds_for

# A set on `vm` is what could be in libvirt's way: all that it writes must lie inside on v1.
OWN_SET = {"vm": cpus("2-5"), "vcpu*": cpus("3"), "emulator": cpus("2"), "iothread*": cpus("5")}


def own_set_in_force(guest):
    for role in guest.roles():
        pinned(guest, role, "3" if role.startswith("vcpu") else "2" if role == "emulator" else "5")
    return equal("vm", guest.nodes.cpus("vm"), "2-5")


def test_own_view(t):
    """vcpupin shows libvirt's record, vcpuinfo the policy; pinning likewise makes the two agree"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("4-5")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu0", "4-5"), 10, "the policy")

    def views():
        record = re.search(r"^\s*0\s+(\S+)", virsh("vcpupin", guest.name).out, re.M).group(1)
        truth = re.search(r"CPU Affinity:\s*(\S+)", virsh("vcpuinfo", guest.name).out).group(1)
        return record, truth
    equal("libvirt's record and what is", views(), ("0-7", "----yy--"))
    virsh("vcpupin", guest.name, "0", "4-5", "--live")
    equal("libvirt's record and what is", views(), ("4-5", "----yy--"))
    holds_for(lambda: pinned(guest, "vcpu0", "4-5"), 0.5, "the policy")
    assert "healed" not in agent.log(), "an equal value is no drift"
    equal("the status", t.vmpin.json("status", guest.name)[1]["guests"][0]["status"], "in sync")


def test_default_connection(t):
    """Without a URI vmpin finds what serves QEMU's guests here, as libvirt's own programs do"""
    guest = t.guest()
    told = t.vmpin.run("status", guest.name, wrapper=["env", "-u", "LIBVIRT_DEFAULT_URI"], status=0)
    assert guest.name in told.out, str(told)


PINNED_ELSEWHERE = "<cputune><vcpupin vcpu='0' cpuset='6'/><emulatorpin cpuset='7'/></cputune>"


def under_policy(guest):
    for role, wanted in (("vcpu0", "3"), ("vcpu1", "3"), ("emulator", "2")):
        wait_for(lambda r=role, w=wanted: pinned(guest, r, w), 10, f"the policy on {role}")


def test_start_with_pins_elsewhere(t):
    """A guest that libvirt pins to none of its policy's CPUs starts all the same, and obeys the policy"""
    guest = t.guest(start=False, extra=PINNED_ELSEWHERE)
    other = t.guest()
    t.policies.write("a.json", policy([guest, other], {"vcpu*": cpus("3"), "emulator": cpus("2")}))
    t.agent()
    wait_for(lambda: pinned(other, "vcpu1", "3"), 10, "the agent to know the guests")
    guest.start()
    under_policy(guest)


def held_start(t, guest):
    """libvirt starts the guest, and waits for a QEMU that is stopped: (its pid, what waits for the
    start's end)."""
    finish = t.background(["virsh", "-q", "-c", URI, "start", "--paused", guest.name])

    def qemu():
        pid = os.path.exists(guest.pid_file()) and read(guest.pid_file())
        return pid and "qemu-system" in os.readlink(f"/proc/{pid}/exe") and int(pid)
    pid = wait_for(qemu, 20, "QEMU")
    os.kill(pid, signal.SIGSTOP)
    equal("libvirt's state", virsh("domstate", "--reason", guest.name).out.strip(),
          "paused (starting up)")
    return pid, finish


def test_start_under_way(t):
    """An agent that connects while libvirt starts a guest leaves it alone until it has started"""
    guest = t.guest(start=False, extra=PINNED_ELSEWHERE)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("3"), "emulator": cpus("2")}))
    pid, finish = held_start(t, guest)
    t.agent()
    holds_for(lambda: pinned(guest, "emulator", "7"), 0.5, "libvirt's pin")
    os.kill(pid, signal.SIGCONT)
    equal("the start", finish()[0], 0)
    under_policy(guest)


def test_hotplug(t):
    """vCPUs and iothreads can be added to and taken from a guest whose own set is narrowed"""
    guest = t.guest(vcpus=4, current=2, iothreads=1)
    t.policies.write("a.json", policy(guest, OWN_SET))
    t.agent()
    wait_for(lambda: own_set_in_force(guest), 10, "the policy")
    virsh("setvcpus", guest.name, "4", "--live")
    virsh("iothreadadd", guest.name, "2", "--live")
    guest.current, guest.iothreads = 4, 2
    wait_for(lambda: own_set_in_force(guest), 10, "the policy for what was added")
    virsh("iothreaddel", guest.name, "2", "--live")
    guest.iothreads = 1
    wait_for(lambda: own_set_in_force(guest), 10, "the policy for what is left")


def test_save_and_restore(t):
    """A guest under a policy can be saved to a file and restored, and has its policy again"""
    guest = t.guest(vcpus=3, iothreads=1)
    t.policies.write("a.json", full(guest))
    t.policies.write("b.json", policy(guest, {"vm": cpus("0-3")}))
    t.agent()
    for _ in range(2):
        wait_for(lambda: full_in_force(guest), 10, "the policy")
        equal("vm", guest.nodes.cpus("vm"), "0-3")
        virsh("save", guest.name, f"{t.root}/saved", "--running")
        virsh("restore", f"{t.root}/saved", "--paused")
    wait_for(lambda: full_in_force(guest), 10, "the policy after the restore")


def test_pins_of_the_operator(t):
    """vcpupin, emulatorpin and iothreadpin work on a guest under a policy and are undone; numatune stays"""
    guest = t.guest(iothreads=1,
                    extra="<numatune><memory mode='restrictive' nodeset='0-1'/></numatune>")
    t.policies.write("a.json", policy(guest, OWN_SET))
    t.agent()
    wait_for(lambda: own_set_in_force(guest), 10, "the policy")
    pin(guest, "vcpupin", "0", "4")
    pin(guest, "emulatorpin", "4")
    pin(guest, "iothreadpin", "1", "4")
    wait_for(lambda: own_set_in_force(guest), 10, "the policy again")
    # libvirt changes the nodes of a running guest in this mode alone, and vmpin leaves them to it then.
    virsh("numatune", guest.name, "--nodeset", "1", "--live")
    holds_for(lambda: own_set_in_force(guest) and guest.nodes.mems("vcpu0") == "1", 1,
              "the policy, and libvirt's memory nodes")


if __name__ == "__main__":
    sys.exit(main())
