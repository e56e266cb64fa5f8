#!/usr/bin/python3
"""`vmpin reconcile` and `vmpin plan`, one shot on real guests."""
import sys

from vmpintest import main, virsh
from vmpintest.expect import (GIB, EVERY, cpus, equal, full, full_in_force, pinned, policy, weighs)


def test_vcpus_glob(t):
    """A policy for vcpu* pins every vCPU's node and thread"""
    guest = t.guest(vcpus=3)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    t.vmpin.run("reconcile", status=0)
    for role in ("vcpu0", "vcpu1", "vcpu2"):
        pinned(guest, role, "1")


def test_exact_vcpu(t):
    """A policy for vcpu1 pins that vCPU and no other"""
    guest = t.guest(vcpus=3)
    everywhere = guest.nodes.cpus("vcpu0")
    t.policies.write("a.json", policy(guest, {"vcpu1": cpus("0")}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu1", "0")
    for role in ("vcpu0", "vcpu2", "emulator"):
        pinned(guest, role, everywhere)


def test_exact_beats_glob(t):
    """An exact role beats the glob within a policy, whatever their order"""
    guest = t.guest(vcpus=3)
    t.policies.write("a.json", policy(guest, {"vcpu1": cpus("1"), "vcpu*": cpus("0")}))
    t.vmpin.run("reconcile", status=0)
    for role, wanted in (("vcpu0", "0"), ("vcpu1", "1"), ("vcpu2", "0")):
        pinned(guest, role, wanted)


def test_later_policy_wins(t):
    """Between policies the later file wins, attribute by attribute"""
    guest = t.guest()
    t.policies.write("20.json", policy(guest, {"vcpu*": cpus("1")}))
    t.policies.write("10.json", policy(guest, {"vcpu*": dict(cpus("0"), cpu={"shares": 512})}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "1")
    weighs(guest, "vcpu0", 512)


def test_list_of_cpus(t):
    """A list for vcpu* gives vCPU N its element N"""
    guest = t.guest(vcpus=3)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus(["1", "0", "0-1"])}))
    t.vmpin.run("reconcile", status=0)
    for role, wanted in (("vcpu0", "1"), ("vcpu1", "0"), ("vcpu2", "0-1")):
        pinned(guest, role, wanted)


def test_emulator(t):
    """A policy pins the emulator and all of its threads"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"emulator": cpus("1")}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "emulator", "1")


def test_iothreads(t):
    """A policy pins iothreads, by glob and by exact name"""
    guest = t.guest(iothreads=2)
    t.policies.write("a.json", policy(guest, {"iothread*": cpus("0"), "iothread2": cpus("1")}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "iothread1", "0")
    pinned(guest, "iothread2", "1")


def test_shares(t):
    """A policy sets CPU shares of the guest and of a vCPU"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vm": {"cpu": {"shares": 4096}},
                                              "vcpu1": {"cpu": {"shares": 256}}}))
    t.vmpin.run("reconcile", status=0)
    weighs(guest, "vm", 4096)
    weighs(guest, "vcpu1", 256)
    weighs(guest, "vcpu0", 1024)


def test_weight_name(t):
    """The v2 names mean the same on either version"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {
        "vm": {"cpu": {"weight": 200}, "memory": {"max": "2GiB"}},
        "vcpu0": {"cpu": {"max": "30000 100000"}}}))
    t.vmpin.run("reconcile", status=0)
    weighs(guest, "vm", 2048)
    equal("memory limit", guest.nodes.memory_limit(), 2 * GIB)
    equal("vcpu0 quota", guest.nodes.quota("vcpu0"), (30000, 100000))


def test_quota(t):
    """A policy sets the CPU quota of one vCPU and of the guest"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {
        "vm": {"cpu": {"cfs_quota_us": 150000}},
        "vcpu0": {"cpu": {"cfs_quota_us": 20000, "cfs_period_us": 50000}}}))
    t.vmpin.run("reconcile", status=0)
    equal("vm quota", guest.nodes.quota("vm"), (150000, 100000))
    equal("vcpu0 quota", guest.nodes.quota("vcpu0"), (20000, 50000))
    equal("vcpu1 quota", guest.nodes.quota("vcpu1"), (None, 100000))


def test_memory_limit(t):
    """A policy sets the memory limit, absolute or relative to the guest's memory"""
    one, two = t.guests(2)
    t.policies.write("1.json", policy(one, {"vm": {"memory": {"limit_in_bytes": "2GiB"}}}))
    t.policies.write("2.json", policy(two, {"vm": {"memory": {"limit_in_bytes": "guest+1GiB"}}}))
    t.vmpin.run("reconcile", status=0)
    equal("absolute", one.nodes.memory_limit(), 2 * GIB)
    equal("relative", two.nodes.memory_limit(), two.memory + GIB)


def test_memory_limit_too_low(t):
    """A memory limit that would have the guest killed is refused unless forced"""
    guest = t.guest()
    apply = {"vm": {"memory": {"limit_in_bytes": "128MiB"}}}
    t.policies.write("a.json", policy(guest, apply))
    before = guest.nodes.settings()
    result = t.vmpin.run("reconcile", status=1)
    assert "memory" in result.out + result.err, str(result)
    t.untouched(guest, before)
    t.policies.write("a.json", policy(guest, apply, force=True))
    t.vmpin.run("reconcile", status=0)
    equal("forced", guest.nodes.memory_limit(), 128 << 20)


def test_mems(t):
    """The memory nodes of a guest are the same in all of its nodes"""
    guest = t.guest(iothreads=1)
    t.policies.write("a.json", policy(guest, {"vm": {"cpuset": {"mems": "0"}}}, migrate=True))
    t.vmpin.run("reconcile", status=0)
    for role in guest.roles():
        equal(f"{role} mems", guest.nodes.mems(role), "0")


def test_all_of_it(t):
    """A policy with one of everything is in force after one run"""
    guest = t.guest(vcpus=4, iothreads=2)
    t.policies.write("a.json", full(guest))
    t.vmpin.run("reconcile", status=0)
    full_in_force(guest)


def test_running_guest(t):
    """Guests whose vCPUs run are pinned as paused ones are"""
    guest = t.guest(paused=False, iothreads=1)
    t.policies.write("a.json", full(guest))
    t.vmpin.run("reconcile", status=0)
    full_in_force(guest)


def test_plan_shows(t):
    """plan shows every change as old and new and writes nothing"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("1")}, name="corner"))
    before = guest.nodes.settings()
    result = t.vmpin.run("plan", status=2)
    old = guest.nodes.read("vcpu0", "cpuset.cpus")  # empty on v2
    for word in (guest.name, "vcpu0", "cpuset.cpus", old, "corner"):
        assert word in result.out, f"no {word!r} in {result}"
    t.vmpin.run("reconcile", "-n")
    t.untouched(guest, before)


def test_second_run(t):
    """A second run plans nothing"""
    guest = t.guest(vcpus=4, iothreads=1)
    t.policies.write("a.json", full(guest))
    equal("changes before", bool(changes(t.vmpin.json("plan", status=2)[1], guest)), True)
    t.vmpin.run("reconcile", status=0)
    equal("changes after", changes(t.vmpin.json("plan", status=0)[1], guest), [])
    settings = guest.nodes.settings()
    t.vmpin.run("reconcile", status=0)
    t.untouched(guest, settings)


def test_page_rounding(t):
    """A memory limit that the kernel rounds down to the page is no drift"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vm": {"memory": {"limit_in_bytes": 1999999999}}}))
    t.vmpin.run("reconcile", status=0)
    t.vmpin.run("plan", status=0)


def test_removed_policy(t):
    """Removing the policy restores all that it had set"""
    guest = t.guest(vcpus=3, iothreads=1)
    before = guest.nodes.settings()
    t.policies.write("a.json", full(guest))
    t.vmpin.run("reconcile", status=0)
    full_in_force(guest)
    t.policies.remove("a.json")
    t.vmpin.run("plan", status=2)
    t.vmpin.run("reconcile", status=0)
    t.restored(guest, before)
    t.vmpin.run("plan", status=0)


def test_no_longer_matched(t):
    """A policy that stops matching is undone like a removed one"""
    guest = t.guest()
    before = guest.nodes.settings()
    t.policies.write("a.json", full(guest))
    t.vmpin.run("reconcile", status=0)
    t.policies.write("a.json", {"match": {"name": "vmpin-test-no-such"}, "apply": {}})
    t.vmpin.run("reconcile", status=0)
    t.restored(guest, before)


def test_edit_keeps_baseline(t):
    """Editing a policy does not change the baseline"""
    guest = t.guest()
    before = guest.nodes.settings()
    for wanted in ("0", "1"):
        t.policies.write("a.json", policy(guest, {"vcpu*": cpus(wanted)}))
        t.vmpin.run("reconcile", status=0)
        pinned(guest, "vcpu0", wanted)
    t.policies.remove("a.json")
    t.vmpin.run("reconcile", status=0)
    t.restored(guest, before)


def change_through_virsh(guest):
    """What an operator may do meanwhile: pins, weight, limit."""
    virsh("vcpupin", guest.name, "0", "1", "--live")
    virsh("emulatorpin", guest.name, "0", "--live")
    virsh("schedinfo", guest.name, "--live", "--set", "cpu_shares=3072")
    virsh("memtune", guest.name, "--live", "--hard-limit", "1500MiB")


def changed_through_virsh(guest):
    pinned(guest, "vcpu0", "1")
    pinned(guest, "emulator", "0")
    if guest.nodes.version("cpu") == 1:  # libvirt takes the number as a weight on v2
        weighs(guest, "vm", 3072)
    else:
        equal("cpu.weight", guest.nodes.read("vm", "cpu.weight"), "3072")
    equal("memory limit", guest.nodes.memory_limit(), 1500 << 20)


def test_baseline_through_virsh(t):
    """What somebody set through virsh meanwhile is the new baseline, and comes back"""
    guest = t.guest(iothreads=1)
    t.policies.write("a.json", full(guest))
    t.vmpin.run("reconcile", status=0)
    change_through_virsh(guest)
    changed_through_virsh(guest)
    t.vmpin.run("status", status=2)
    t.vmpin.run("reconcile", status=0)
    full_in_force(guest)
    t.policies.remove("a.json")
    t.vmpin.run("reconcile", status=0)
    changed_through_virsh(guest)


def test_virsh_then_removed(t):
    """Values that virsh changed are left alone when the policy goes before the next run"""
    guest = t.guest(iothreads=1)
    iothread = guest.nodes.cpus("iothread1")
    t.policies.write("a.json", full(guest))
    t.vmpin.run("reconcile", status=0)
    change_through_virsh(guest)
    t.policies.remove("a.json")
    t.vmpin.run("reconcile", status=0)
    changed_through_virsh(guest)
    pinned(guest, "iothread1", iothread)


def test_pins_of_the_domain(t):
    """libvirt's own pins come back, in the node and in the threads, when the policy goes"""
    guest = t.guest(vcpus=2, iothreads=1, extra="<cputune><vcpupin vcpu='0' cpuset='1'/>"
                    "<emulatorpin cpuset='0'/><iothreadpin iothread='1' cpuset='1'/></cputune>")
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0"), "emulator": cpus("0-1"),
                                              "iothread1": cpus("0")}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "0")
    pinned(guest, "emulator", "0-1")
    pinned(guest, "iothread1", "0")
    t.policies.remove("a.json")
    t.vmpin.run("reconcile", status=0)
    t.restored(guest, before)


def test_masked_thread(t):
    """A thread that its own mask keeps from the policy's CPUs gets them all the same"""
    guest = t.guest()
    virsh("vcpupin", guest.name, "0", "1", "--live")
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("0-1")}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "0-1")
    t.policies.remove("a.json")
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "1")


def test_drift_is_healed(t):
    """A value that somebody else's echo changed is set again"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("0")}))
    t.vmpin.run("reconcile", status=0)
    guest.nodes.set_cpus("vcpu0", "1")
    result = t.vmpin.run("status", status=2)
    assert "drift" in result.out, str(result)
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "0")


def test_enforce_start(t):
    """With enforce start a value is set once and then left to the operator"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("0")}, enforce="start"))
    t.vmpin.run("reconcile", status=0)
    guest.nodes.set_cpus("vcpu0", "1")
    t.vmpin.run("plan", status=0)
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "1")


def test_unmatched_guest(t):
    """A guest that no policy matches is byte for byte untouched"""
    matched = t.guest(iothreads=1)
    other = t.guest(iothreads=1)
    before = other.nodes.settings()
    t.policies.write("a.json", full(matched))
    t.vmpin.run("reconcile", status=0)
    t.untouched(other, before)
    t.policies.remove("a.json")
    t.vmpin.run("reconcile", status=0)
    t.untouched(other, before)


def test_only_named_attributes(t):
    """Of a matched guest only what the policy names is changed"""
    guest = t.guest(iothreads=1)
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, {"vcpu1": {"cpu": {"shares": 777}}}))
    t.vmpin.run("reconcile", status=0)
    after = guest.nodes.settings()
    changed = {path.rpartition("/vcpu1/")[2] for path in after if after[path] != before.get(path)}
    assert changed <= {"cpu.shares", "cpu.weight", "cpu.weight.nice"}, changed


def test_named_guest(t):
    """With a guest's name, id or UUID only that guest is changed"""
    one, two = t.guests(2)
    t.policies.write("a.json", policy([one, two], {"vcpu*": cpus("1")}))
    before = two.nodes.settings()
    t.vmpin.run("reconcile", one.name, status=0)
    pinned(one, "vcpu0", "1")
    t.untouched(two, before)
    t.vmpin.run("reconcile", two.uuid, status=0)
    pinned(two, "vcpu0", "1")


def test_unknown_guest(t):
    """A guest that does not exist is an error, exit status 1, and named"""
    result = t.vmpin.run("reconcile", "vmpin-test-no-such", status=1)
    assert "vmpin-test-no-such" in result.err, str(result)


def test_ignored_guest(t):
    """A guest whose metadata has vmpin's ignore element is never touched"""
    guest = t.guest(extra="<metadata><v:ignore xmlns:v='https://vmpin.org/xmlns/domain/1.0'/>"
                    "</metadata>")
    before = guest.nodes.settings()
    t.policies.write("a.json", {"match": {}, "apply": {"vcpu*": cpus("1")}})
    t.vmpin.run("reconcile", guest.name)
    t.untouched(guest, before)


def test_matches(t):
    """Guests are matched by name, UUID, title, metadata, vCPUs and memory"""
    one = t.guest(vcpus=1)
    two = t.guest(vcpus=2, extra="<title>the blue one</title><metadata>"
                  "<o:owner xmlns:o='https://example.org/o'><o:team name='blue'/></o:owner>"
                  "</metadata>")
    where = EVERY
    matches = [{"uuid": two.uuid}, {"title": "*blue*"}, {"vcpus": ">=2"}, {"name": two.name},
               {"metadata": {"https://example.org/o": {"owner/team/@name": "blue"}}},
               {"memory": "64MiB..64MiB", "not": {"uuid": one.uuid}}]
    for n, match in enumerate(matches):
        shares = 300 + n * 200
        t.policies.write("a.json", {"match": dict(where, **match),
                                    "apply": {"emulator": {"cpu": {"shares": shares}}}})
        t.vmpin.run("reconcile", status=0)
        weighs(two, "emulator", shares)
        weighs(one, "emulator", 1024)


def test_vm_is_narrowed(t):
    """Narrowing the guest's own node takes in the nodes below it, and all of it comes back"""
    guest = t.guest(iothreads=1)
    before = guest.nodes.settings()
    apply = {"vm": cpus("0"), "vcpu*": cpus("0"), "emulator": cpus("0"), "iothread*": cpus("0")}
    t.policies.write("a.json", policy(guest, apply))
    t.vmpin.run("reconcile", status=0)
    equal("vm", guest.nodes.cpus("vm"), "0")
    for role in guest.roles():
        pinned(guest, role, "0")
    t.policies.write("a.json", policy(guest, {k: cpus("1") for k in apply}))
    t.vmpin.run("reconcile", status=0)
    equal("vm", guest.nodes.cpus("vm"), "1")
    for role in guest.roles():
        pinned(guest, role, "1")
    t.policies.remove("a.json")
    t.vmpin.run("reconcile", status=0)
    t.restored(guest, before)


def test_odd_name(t):
    """A guest whose name libvirt shortens in its paths is found all the same"""
    guest = t.guest(name="ünï_ö·日本 x")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu1", "1")


def test_long_name(t):
    """A guest whose name libvirt cuts in its paths is found all the same"""
    guest = t.guest(name="long-" + "x" * 60)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu1", "1")


def test_partition(t):
    """A guest in a partition of its own is found all the same"""
    name = "vmpin-test"
    t.partition(name)
    guest = t.guest(extra=f"<resource><partition>/{name}</partition></resource>")
    t.policies.write("a.json", full(guest))
    t.vmpin.run("reconcile", status=0)
    assert name in guest.nodes.file("vcpu0", "cpuset.cpus").replace("\\x2d", "-").split("/qemu")[0]
    full_in_force(guest)


def test_next_incarnation(t):
    """A guest that was started anew has a baseline of its own"""
    guest = t.guest()
    t.policies.write("a.json", full(guest))
    t.vmpin.run("reconcile", status=0)
    guest.destroy()
    guest.start()
    before = guest.nodes.settings()
    t.policies.remove("a.json")
    t.vmpin.run("plan", status=0)
    t.vmpin.run("reconcile", status=0)
    t.untouched(guest, before)


def test_short_list(t):
    """A list shorter than the vCPUs fails for the rest alone, with exit status 1"""
    guest = t.guest(vcpus=3)
    everywhere = guest.nodes.cpus("vcpu2")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus(["0", "1"])}))
    result = t.vmpin.run("reconcile", status=1)
    assert "vcpu2" in result.out + result.err, str(result)
    for role, wanted in (("vcpu0", "0"), ("vcpu1", "1"), ("vcpu2", everywhere)):
        pinned(guest, role, wanted)


def test_json_of_reconcile(t):
    """reconcile --json tells of every guest and every change"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    _, told = t.vmpin.json("reconcile", status=0)
    equal("changes", len(changes(told, guest)), 2)


def changes(told, guest):
    """The changes that plan or reconcile tells of a guest in its JSON."""
    found = [g for g in told["guests"] if g["name"] == guest.name]
    assert len(found) == 1, f"{guest} is {len(found)} times in {told}"
    return found[0]["changes"]


if __name__ == "__main__":
    sys.exit(main())
