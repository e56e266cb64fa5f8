"""Policies that the tests use, and what must be true of a guest when they are in force."""
from .guest import PREFIX

GIB = 1 << 30
# Matches every guest of this run, and never anyone else's.
EVERY = {"name": f"{PREFIX}*"}


def policy(guest, apply, **more):
    """One policy for one guest, or for all of a list."""
    guests = guest if isinstance(guest, list) else [guest]
    return dict({"match": {"name": [g.name for g in guests]}, "apply": apply}, **more)


def cpus(value):
    return {"cpuset": {"cpus": value}}


# One of everything that the main job names. CPUs 0 and 1 are on every machine of the tests.
FULL = {
    "vm": {"cpu": {"shares": 2048}, "memory": {"limit_in_bytes": "guest+1GiB"}},
    "vcpu*": {"cpuset": {"cpus": "0"}, "cpu": {"shares": 512}},
    "vcpu1": {"cpuset": {"cpus": "1"}, "cpu": {"cfs_quota_us": 50000, "cfs_period_us": 100000}},
    "emulator": {"cpuset": {"cpus": "1"}},
    "iothread*": {"cpuset": {"cpus": "0"}},
}


def full(guest, **more):
    return policy(guest, FULL, **more)


def equal(what, found, wanted):
    assert found == wanted, f"{what} is {found!r}, not {wanted!r}"
    return True


def pinned(guest, role, wanted):
    """The file says so, and every thread of the role may run there and nowhere else."""
    nodes = guest.nodes
    equal(f"{guest} {role} cpuset.cpus", nodes.cpus(role), wanted)
    threads = nodes.threads(role)
    assert threads, f"{guest} {role} has no threads"
    return equal(f"{guest} {role} Cpus_allowed_list", nodes.allowed(role), {wanted})


def weighs(guest, role, shares):
    nodes = guest.nodes
    assert nodes.has_shares(role, shares), f"{guest} {role} has not the weight of {shares} shares"
    return True


def full_in_force(guest):
    nodes = guest.nodes
    equal(f"{guest} memory limit", nodes.memory_limit(), guest.memory + GIB)
    weighs(guest, "vm", 2048)
    for n in range(guest.current):
        pinned(guest, f"vcpu{n}", "1" if n == 1 else "0")
        weighs(guest, f"vcpu{n}", 512)
        equal(f"{guest} vcpu{n} quota", nodes.quota(f"vcpu{n}"),
              (50000 if n == 1 else None, 100000))
    pinned(guest, "emulator", "1")
    for n in range(guest.iothreads):
        pinned(guest, f"iothread{n + 1}", "0")
    return True
