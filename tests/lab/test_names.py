#!/usr/bin/python3
"""Guests are told apart whatever they are called and wherever systemd puts them: libvirt keeps only
part of a name in the path of the control groups, systemd escapes what is left."""
import sys

from vmpintest import Guest, main, virsh, wait_for
from vmpintest.expect import cpus, pinned, policy
from vmpintest.guest import PREFIX
from vmpintest.waiting import holds_for

LONG = "x" * (80 - len(PREFIX))  # libvirt's paths keep less of it


def named(t, name, **options):
    """A guest of just this name."""
    guest = Guest(name, vcpus=1, **options)
    t.made.append(guest.define())
    return guest.start()


def test_names(t):
    """Guests of any name get their own policy each, and nobody else's"""
    names = ["two words", "a.b.c", "a-b--c", "ünï-日本", LONG + "1", LONG + "2", "web", "web-1", "R&D"]
    guests = [named(t, name) for name in names]
    for number, guest in enumerate(guests):
        t.policies.write(f"{number}.json", policy(guest, {"vcpu0": cpus(str(number % 8))}))
    t.agent()
    for number, guest in enumerate(guests):
        wait_for(lambda: pinned(guest, "vcpu0", str(number % 8)), 20, f"the policy of {guest}")
    assert "not checked" not in t.vmpin.run("status", status=0).out, "a process is not known"
    t.vmpin.run("revert", guests[6].name, status=0)
    wait_for(lambda: pinned(guests[6], "vcpu0", "0-7"), 10, "the baseline of one alone")
    holds_for(lambda: pinned(guests[7], "vcpu0", "7"), 1, "the policy of its namesake")


def test_partitions(t):
    """Guests of like names in slices of their own, nested ones too, get their own policy each"""
    places = ["/vmpin-test", "/vmpin-test/deep", "/vmpin-test/deep/tenant-a", "/machine"]
    guests = [named(t, f"web-{n}", extra=f"<resource><partition>{place}</partition></resource>")
              for n, place in enumerate(places)]
    for number, guest in enumerate(guests):
        t.policies.write(f"{number}.json", policy(guest, {"vm": {"cpu": {"shares": 2048}},
                                                          "vcpu0": cpus(str(number))}))
    t.vmpin.run("reconcile", status=0)
    for number, guest in enumerate(guests):
        pinned(guest, "vcpu0", str(number))
    where = guests[2].nodes.directory("vcpu0", "cpuset")
    for slice in ("/vmpin\\x2dtest.slice/", "-deep.slice/", "-tenant\\x2da.slice/"):
        assert slice in where, f"no {slice} in {where}"


def test_namesake(t):
    """A guest defined anew under an old name is another guest, with policies by its own UUID"""
    first = named(t, "again")
    t.policies.write("first.json", {"match": {"uuid": first.uuid},
                                    "apply": {"vcpu0": cpus("2")}})
    t.agent()
    wait_for(lambda: pinned(first, "vcpu0", "2"), 10, "the policy of the first")
    first.destroy()
    virsh("undefine", first.name)
    second = named(t, "again")
    t.policies.write("second.json", {"match": {"uuid": second.uuid},
                                     "apply": {"emulator": cpus("3")}})
    wait_for(lambda: pinned(second, "emulator", "3"), 10, "the policy of the second")
    holds_for(lambda: pinned(second, "vcpu0", "0-7"), 1, "nothing of the first's")
    t.policies.remove("second.json")
    wait_for(lambda: pinned(second, "emulator", "0-7"), 10, "its own baseline")


if __name__ == "__main__":
    sys.exit(main())
