#!/usr/bin/python3
"""The programs of examples/ on this host and with a real guest: what they print is what is there."""
import os
import re
import sys

from vmpintest import main
from vmpintest.expect import equal
from vmpintest.guest import run
from vmpintest.host import hierarchies, hierarchy_of
from vmpintest.vmpin import program

SOURCE = os.environ.get("top_srcdir", ".")


def example(t, name, *words):
    result = run([program(f"example_{name}"), *words], env=t.vmpin.environment())
    equal(f"the exit status of {result}", result.status, 0)
    return result.out.splitlines()


def test_tree(t):
    """A control group is made, restricted to one CPU and removed"""
    top = hierarchy_of("cpuset").path
    lines = example(t, "tree")
    for line in lines[:-3]:
        assert os.path.isdir(f"{top}/{line.removeprefix('there is ')}"), line
    (root, new, one) = (line.split(" may use the CPUs ") for line in lines[-3:])
    equal("the root's path", root[0], "/")
    equal("what a new group may use", new, ["/libcgtree-test", root[1]])
    equal("what is left of it", one[1], re.match(r"\d+", root[1]).group())
    for hierarchy in hierarchies():
        assert not os.path.exists(f"{hierarchy.path}/libcgtree-test")


def test_guests(t):
    """Guests are listed with libvirt's ids"""
    guest = t.guest(name="example")
    (line,) = [line for line in example(t, "guest") if line.startswith(f"{guest} ")]
    assert re.fullmatch(rf"{guest} \(id \d+\)", line), line


def test_guest(t):
    """A guest's shares, CPUs, limit, children and path are shown, and a vCPU's CPUs changed"""
    guest = t.guest(name="example", vcpus=2)
    before = guest.nodes.cpus("vcpu1")
    text = "\n".join(example(t, "guest", guest.name, "1"))
    for what in (r"path: /machine", r"cpu\.(shares|weight) of ", r"cpuset\.\S+ of ",
                 r"memory\.\S+ of ", r"\S+ of vcpu0: 1\b", rf"\S+ of vcpu1: {before}\b",
                 r"\S+ of emulator: "):
        assert re.search(rf"^{what}", text, re.M), f"no {what} in\n{text}"
    equal("vcpu0", guest.nodes.cpus("vcpu0"), "1")
    equal("vcpu1", guest.nodes.cpus("vcpu1"), before)


def test_installed(t):
    """They use nothing but what is installed"""
    for name in ("tree", "guest"):
        with open(f"{SOURCE}/examples/{name}.c", encoding="utf-8") as file:
            headers = re.findall(r"#include (\S+)", file.read())
        assert '"' not in "".join(headers) and "<cgtree.h>" in headers, headers


if __name__ == "__main__":
    sys.exit(main())
