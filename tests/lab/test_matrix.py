#!/usr/bin/python3
"""What the kernel really grants: a matrix of policies, of pins that libvirt set before, and of the
sets above the guest. A row is a policy and, for each role, the CPUs that its node and all of its
threads must have then; or the refusal, naming who forbids it, before anything was written.

Linux 6.2 and later remember libvirt's sched_setaffinity(2) and intersect with it, so the rows with
a pin differ between Debian 12 and 13 in what vmpin has to do, and not in what comes out.
"""
import os
import subprocess
import sys

from vmpintest import main, virsh, wait_for
from vmpintest.expect import cpus, equal, policy
from vmpintest.host import read

ALL = "0-7"
REFUSED = "refused: "


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


class Scene:
    """A guest whose vcpu0 libvirt has pinned to `pin`, below a slice and a scope with these sets."""

    def __init__(self, t, pin=None, slice=None, scope=None):
        self.t, self.guest = t, t.guest()
        nodes = self.guest.nodes
        self.v1 = nodes.version("cpuset") == 1
        self.scope = os.path.dirname(nodes.directory("vm", "cpuset"))
        self.slice = os.path.dirname(self.scope)
        if pin:
            virsh("vcpupin", self.guest.name, "0", pin, "--live")
        if slice or scope:
            t.undo.callback(self.widen)
            self.narrow(scope or slice, slice or ALL)

    def narrow(self, scope, slice):
        """v1 wants what is below narrowed first; systemd leaves its sets alone there."""
        nodes = self.guest.nodes
        if self.v1:
            for role in self.guest.roles() + ["vm"]:
                nodes.set_cpus(role, scope)
            write(f"{self.scope}/cpuset.cpus", scope)
            write(f"{self.slice}/cpuset.cpus", slice)
        else:
            self.allow(self.slice, slice)
            self.allow(self.scope, scope)

    @staticmethod
    def allow(path, allowed):
        subprocess.run(["systemctl", "set-property", "--runtime", "--", os.path.basename(path),
                        f"AllowedCPUs={allowed}"], check=True)
        wait_for(lambda: read(f"{path}/cpuset.cpus") == allowed, 10, f"{path} on {allowed}")

    def widen(self):
        if self.v1:
            write(f"{self.slice}/cpuset.cpus", ALL)
        else:
            self.allow(self.slice, ALL)

    def apply(self, wanted):
        apply = {role: cpus(value) for role, value in wanted.items()}
        self.t.policies.write("a.json", policy(self.guest, apply))
        return self.t.vmpin.json("reconcile")

    def granted(self, role, wanted):
        """The node and each of the role's threads have just that, and all of the memory nodes."""
        nodes = self.guest.nodes
        where = f"{self.guest} {role}"
        equal(f"{where} effective CPUs", wanted,
              nodes.read(role, "cpuset.effective_cpus" if self.v1 else "cpuset.cpus.effective"))
        equal(f"{where} effective nodes", "0-1",
              nodes.read(role, "cpuset.effective_mems" if self.v1 else "cpuset.mems.effective"))
        if role != "vm":
            equal(f"{where} threads", nodes.allowed(role), {wanted})

    def row(self, wanted, expected):
        refused = isinstance(expected, str)
        before = self.guest.nodes.settings() if refused else None
        status, told = self.apply(wanted)
        if refused:
            reasons = [refusal["reason"] for refusal in told["guests"][0]["refusals"]]
            assert status == 1 and any(expected[len(REFUSED):] in r for r in reasons), \
                f"{wanted}: not refused by {expected[len(REFUSED):]}: {status} {reasons}"
            self.t.untouched(self.guest, before)
            return
        assert status == 0, f"{wanted}: {status} {told}"
        for role, value in expected.items():
            self.granted(role, value)

    def rows(self, *rows):
        """Of vcpu0: (policy, what it gets); one thing where it gets what it asks for."""
        for row in rows:
            wanted, expected = row if isinstance(row, tuple) else (row, row)
            if not expected.startswith(REFUSED):
                expected = {"vcpu0": expected}
            self.row({"vcpu0": wanted}, expected)

    def returns(self, to):
        """Without the policy vcpu0 has what it had."""
        self.t.policies.remove("a.json")
        self.t.vmpin.run("reconcile", status=0)
        self.granted("vcpu0", to)


def test_no_pin(t):
    """Where nothing forbids it, a vCPU gets what the policy says (9 rows)"""
    scene = Scene(t)
    scene.rows("0", "7", "2-3", "0-7", ("all", ALL), ("all,^0", "1-7"), "0,2,4,6",
               ("8", REFUSED + "8"), ("5-9", REFUSED + "8-9"))
    scene.returns(ALL)


def test_pin(t):
    """What libvirt pinned before keeps no thread from the policy's CPUs (8 rows)"""
    scene = Scene(t, pin="2-3")
    scene.rows("2-3", "2", "3-5", "0-7", "6", ("all,^2", "0-1,3-7"), "0-1", "4-7")
    scene.returns("2-3")


def test_pin_of_one(t):
    """... nor does a pin to a single CPU, or one that shares nothing with the policy (5 rows)"""
    scene = Scene(t, pin="6")
    scene.rows("6", "5", "0-7", "6-7", "0-5")
    scene.returns("6")


def test_slice(t):
    """What the slice forbids is refused, naming it, before anything is written (8 rows)"""
    scene = Scene(t, slice="0-5")
    lacks = REFUSED + "machine.slice does not have "
    scene.rows("0", "4-5", "0-5", ("6", lacks + "6"), ("5-6", lacks + "6"), ("0-7", lacks + "6-7"),
               ("all", lacks + "6-7"), "1,3,5")
    scene.returns("0-5")


def test_scope(t):
    """What the guest's scope forbids is refused, naming it (6 rows)"""
    scene = Scene(t, scope="4-7")
    lacks = f"{REFUSED}{os.path.basename(scene.scope)} does not have "
    scene.rows("4", "4-7", ("3", lacks + "3"), ("0-7", lacks + "0-3"), ("3-4", lacks + "3"), "6-7")
    scene.returns("4-7")


def test_slice_and_scope(t):
    """Of two that forbid it the higher one is named (6 rows)"""
    scene = Scene(t, slice="0-5", scope="4-5")
    slice = REFUSED + "machine.slice does not have "
    scope = f"{REFUSED}{os.path.basename(scene.scope)} does not have "
    scene.rows("4", "4-5", ("6", slice + "6"), ("4-7", slice + "6-7"), ("0", scope + "0"),
               ("3,5", scope + "3"))
    scene.returns("4-5")


def test_owner(t):
    """The refusal names the systemd unit that owns the set, and what it would have to be"""
    scene = Scene(t, slice="0-5")
    owner = ("whoever owns that control group" if scene.v1
             else "systemd's unit machine.slice, whose AllowedCPUs= would have to be 0-6")
    scene.rows(("6", REFUSED + f"6: {scene.slice} does not have 6: "), ("6", REFUSED + owner))


def test_pin_and_slice(t):
    """A pin and a slice together grant what the policy says of the slice (5 rows)"""
    scene = Scene(t, pin="2-3", slice="2-5")
    scene.rows("2-3", "4-5", "2-5", "5", ("1-2", REFUSED + "machine.slice does not have 1"))


def test_own_set(t):
    """The guest's own set grants its vCPUs what both say, and outside of it is refused (7 rows)"""
    scene = Scene(t)
    outside = REFUSED + "outside the guest's own"
    for wanted, expected in (
            ({"vm": "2-5"}, {"vm": "2-5", "vcpu0": "2-5", "vcpu1": "2-5", "emulator": "2-5"}),
            ({"vm": "2-5", "vcpu0": "3"}, {"vm": "2-5", "vcpu0": "3", "vcpu1": "2-5"}),
            ({"vm": "2-5", "vcpu0": "6"}, outside),
            ({"vm": "2-5", "vcpu0": "5-6"}, outside),
            ({"vm": "4-7", "vcpu0": "6"}, {"vm": "4-7", "vcpu0": "6", "vcpu1": "4-7"}),
            ({"vm": "0-1", "vcpu0": "1", "emulator": "0"},
             {"vm": "0-1", "vcpu0": "1", "vcpu1": "0-1", "emulator": "0"}),
            ({"vm": ALL, "vcpu*": ["3", "4"]}, {"vm": ALL, "vcpu0": "3", "vcpu1": "4"})):
        scene.row(wanted, expected)


if __name__ == "__main__":
    sys.exit(main())
