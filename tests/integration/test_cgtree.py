#!/usr/bin/python3
"""cgtree on this host's control groups: a group of the test's own, and a real guest."""
import contextlib
import json
import os
import sys

from vmpintest import main
from vmpintest.expect import equal
from vmpintest.guest import run
from vmpintest.host import hierarchies
from vmpintest.vmpin import program

OURS = f"/vmpin-test-cgtree-{os.getpid()}"


def cgtree(t, *words, status=0):
    result = run([program("cgtree"), *words], env=t.vmpin.environment())
    equal(f"the exit status of {result}", result.status, status)
    return result


def remove(path):
    for hierarchy in hierarchies():
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(f"{hierarchy.path}{path}")


def create(t, path):
    t.undo.callback(remove, path)
    cgtree(t, "create", path)


def test_own_group(t):
    """A group is made in every hierarchy, used at once, shown and removed"""
    create(t, OURS)
    for hierarchy in hierarchies():
        assert os.path.isdir(hierarchy.path + OURS), hierarchy.path
    cgtree(t, "set", OURS, "cpuset.cpus=1")
    equal("its CPUs", cgtree(t, "get", OURS, "cpuset.cpus").out, "1\n")
    (shown,) = json.loads(cgtree(t, "tree", "--grouped", "--json", OURS).out)
    equal("its path", shown["path"], OURS)
    cgtree(t, "delete", OURS)
    for hierarchy in hierarchies():
        assert not os.path.exists(hierarchy.path + OURS), hierarchy.path


def test_refusal(t):
    """What the kernel refuses is told with file, value and what it means"""
    create(t, OURS)
    result = cgtree(t, "set", OURS, "cpuset.cpus=4000", status=1)
    for what in (OURS, "cpuset.cpus", "4000", "exist"):
        assert what in result.err, f"no {what} in {result}"


def test_every_attribute(t):
    """get prints every attribute of a guest without an error, and each alone as in the list"""
    guest = t.guest(name="cgtree")
    lines = cgtree(t, "get", guest.name).out.splitlines()
    named = dict(line.partition(" ")[::2] for line in lines)
    assert len(named) > 20, lines
    for name, still in ("cpuset.cpus", ""), ("cpu.stat", "nr_periods"):  # the rest of it runs on
        alone = [line for line in cgtree(t, "get", guest.name, name).out.splitlines() if line.startswith(still)]
        assert alone and f"{name} {alone[0]}".rstrip() in lines, (name, alone, lines)
    equal("what is listed", set(cgtree(t, "get", "--names", guest.name).out.split()), set(named))


def test_guest(t):
    """A guest goes by its name, its directory's and its path, and so do its vCPUs"""
    guest = t.guest(name="cgtree")
    (shown,) = json.loads(cgtree(t, "tree", "--vms", "--json", guest.name).out)
    roles = {child["role"]: child["path"] for child in shown["children"]}
    equal("the roles", sorted(roles), ["emulator", "vcpu0", "vcpu1"])
    directory = os.path.basename(shown["path"])
    for node in (f"{guest}/vcpu1", f"{directory}/vcpu1", roles["vcpu1"]):
        cgtree(t, "set", node, "cpuset.cpus=0")
        equal(f"the CPUs of {node}", guest.nodes.cpus("vcpu1"), "0")
        cgtree(t, "set", node, "cpuset.cpus=0-1")
    names = cgtree(t, "tree", "--vms", "--names").out.splitlines()
    assert {guest.name, f"{guest}/vcpu0"} <= set(names), names


if __name__ == "__main__":
    sys.exit(main())
