#!/usr/bin/python3
"""What users see: exit statuses, JSON, messages, and what needs no root."""
import json
import sys

from vmpintest import main, wait_for
from vmpintest.expect import cpus, equal, full, full_in_force, pinned, policy
from vmpintest.node import thread_cpus

VERBS = ("agent", "reconcile", "plan", "status", "explain", "hold", "release", "revert", "check")


def test_help(t):
    """Every subcommand has --help, and vmpin --help names them all"""
    general = t.vmpin.bare("--help", status=0).out
    for verb in VERBS:
        assert verb in general, f"no {verb} in vmpin --help"
        assert verb in t.vmpin.bare(verb, "--help", status=0).out
    assert t.vmpin.bare("--version", status=0).out.startswith("vmpin ")


def test_usage(t):
    """Wrong usage ends with 64 and says what is right"""
    for words in ((), ("nonsense",), ("plan", "--nonsense"), ("explain",), ("hold",),
                  ("hold", "--for", "soon", "x"), ("plan", "--observe")):
        result = t.vmpin.bare(*words, status=64)
        assert result.err and not result.out, str(result)


def test_usage_before_policy(t):
    """The first of the exit statuses that holds is told: usage before a wrong policy"""
    t.policies.write("a.json", "{")
    t.vmpin.run("plan", "--nonsense", status=64)
    t.vmpin.run("plan", status=65)


def test_unavailable(t):
    """A libvirt that cannot be reached ends with 69"""
    uri = f"qemu+unix:///system?socket={t.root}/no-such-socket"
    result = t.vmpin.run("plan", "-c", uri, status=69)
    assert result.err, str(result)


def test_invalid_policy_before_unavailable(t):
    """A wrong policy is told before a libvirt that cannot be reached"""
    t.policies.write("a.json", "{")
    t.vmpin.run("plan", "-c", f"qemu+unix:///system?socket={t.root}/none", status=65)


def test_no_permission(t):
    """Who may not write is told so, with 77, by each command that writes"""
    guest = t.guest()
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    for words in (("reconcile",), ("hold", guest.name), ("release", guest.name),
                  ("revert", guest.name), ("agent",)):
        result = t.vmpin.run(*words, nobody=True, status=77)
        assert "root" in result.err or "permission" in result.err.lower(), str(result)
    t.untouched(guest, before)


def test_any_user_may_look(t):
    """plan, status and explain need no root"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}, name="corner"))
    for words in (("plan",), ("status",), ("explain", guest.name)):
        result = t.vmpin.run(*words, nobody=True)
        assert "corner" in result.out and "vcpu0" in result.out, str(result)
    t.vmpin.run("reconcile", status=0)
    t.vmpin.run("plan", nobody=True, status=0)
    assert "in sync" in t.vmpin.run("status", guest.name, nobody=True, status=0).out


def test_any_user_may_look_beside_agent(t):
    """Beside an agent any user sees what is in force"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}, name="corner"))
    t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy")
    result = t.vmpin.run("status", guest.name, nobody=True, folders=[], status=0)
    assert "corner" in result.out and "in sync" in result.out, str(result)


def test_json(t):
    """--json of plan, status, explain, check, reconcile and revert is one JSON value"""
    guest = t.guest(iothreads=1)
    t.policies.write("a.json", full(guest))
    for words in (("plan",), ("status",), ("explain", guest.name), ("check",), ("reconcile",),
                  ("plan",), ("status",), ("hold", guest.name), ("release", guest.name),
                  ("revert", guest.name)):
        _, told = t.vmpin.json(*words)
        if words[0] not in ("check", "hold", "release"):
            assert guest.name in json.dumps(told), f"{words}: {told}"


def test_status_tells_where(t):
    """status tells each guest's state and where its threads may really run"""
    guest, other = t.guests(2)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}, name="corner"))
    result = t.vmpin.run("status", status=2)
    assert "pending" in result.out and "unmanaged" in result.out, str(result)
    t.vmpin.run("reconcile", status=0)
    result = t.vmpin.run("status", "-v", status=0)
    for word in (guest.name, other.name, "corner", "in sync", "vcpu1", "unmanaged"):
        assert word in result.out, f"no {word!r} in {result}"
    guest.nodes.set_cpus("vcpu1", "0")
    assert "drift" in t.vmpin.run("status", status=2).out
    shows_where(t, guest, "drift", 2)
    t.vmpin.run("hold", guest.name, status=0)
    assert "held" in t.vmpin.run("status").out


def shows_where(t, guest, state, exit_status):
    """status shows of each role what its file grants, and of each of its threads what the kernel says.
    QEMU's threads come and go: what was shown may be over."""
    wait_for(lambda: is_shown(t, guest, state, exit_status), 10, "status to show where the threads run")


def is_shown(t, guest, state, exit_status):
    shown = t.vmpin.json("status", guest.name, status=exit_status)[1]["guests"][0]
    equal("the state", shown["status"], state)
    nodes = guest.nodes
    equal("where its threads run", {role["role"]: role["cpus"] for role in shown["roles"]},
          {role: nodes.cpus(role) for role in guest.roles()})
    for role in shown["roles"]:
        equal(role["role"], {thread["tid"]: thread["cpus"] for thread in role["threads"]},
              {tid: thread_cpus(tid) for tid in nodes.threads(role["role"])})
    return True


def test_status_tells_where_whatever_the_state(t):
    """status tells where each thread runs, also of a guest that no policy is for, or whose change is refused"""
    guest = t.guest(iothreads=1)
    guest.nodes.set_cpus("vcpu1", "1")
    shows_where(t, guest, "unmanaged", 0)
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("0"), "vm": {"memory": {"max": 1 << 20}}}))
    shows_where(t, guest, "failed", 1)
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("4000")}))
    shows_where(t, guest, "failed", 1)
    t.policies.write("a.json", policy(guest, {"vm": {"cpu": {"shares": 2048}}}))
    shows_where(t, guest, "pending", 2)
    t.vmpin.run("reconcile", status=0)
    shows_where(t, guest, "in sync", 0)


def test_explain(t):
    """explain tells every policy that spoke, which won and why"""
    guest = t.guest()
    t.policies.write("10.json", policy(guest, {"vcpu*": cpus("0")}, name="first"))
    t.policies.write("20.json", policy(guest, {"vcpu*": cpus("1"), "vcpu0": cpus("0-1")},
                                       name="second"))
    result = t.vmpin.run("explain", guest.name, status=0)
    for word in ("first", "second", "10.json", "20.json", "vcpu0", "cpuset.cpus", "0-1"):
        assert word in result.out, f"no {word!r} in {result}"
    t.vmpin.run("explain", "vmpin-test-no-such", status=1)


def test_hold_one_shot(t):
    """A hold keeps one-shot runs from writing, too, until it is released"""
    guest, other = t.guests(2)
    before = guest.nodes.settings()
    t.policies.write("a.json", policy([guest, other], {"vcpu*": cpus("1")}))
    t.vmpin.run("hold", guest.name, status=0)
    t.vmpin.run("reconcile")
    t.untouched(guest, before)
    pinned(other, "vcpu0", "1")
    t.vmpin.run("release", guest.name, status=0)
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "1")


def test_revert(t):
    """revert restores the baseline of one guest and leaves the others"""
    guest, other = t.guests(2, iothreads=1)
    before = guest.nodes.settings()
    t.policies.write("a.json", full([guest, other]))
    t.vmpin.run("reconcile", status=0)
    t.vmpin.run("revert", guest.name, status=0)
    t.restored(guest, before)
    full_in_force(other)


def test_attribute_of_the_other_version(t):
    """An attribute without a counterpart here is an error, unless it is optional"""
    guest = t.guest()
    lacking = ("cpu", "max_burst", 1000) if guest.nodes.version("cpu") == 1 else \
        ("memory", "soft_limit_in_bytes", "1GiB")
    controller, key, value = lacking
    apply = {"vm": {controller: {key: value}}, "vcpu*": cpus("1")}
    t.policies.write("a.json", policy(guest, apply))
    result = t.vmpin.run("plan")
    assert result.status != 0 and key in result.out + result.err, str(result)
    t.vmpin.run("check", "--host", str(t.policies), status=65)
    t.vmpin.run("check", str(t.policies), status=0)
    t.policies.write("a.json", policy(guest, apply, optional=[f"{controller}.{key}"]))
    t.vmpin.run("check", "--host", str(t.policies), status=0)
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "1")


def test_control_characters(t):
    """A guest's title cannot move the terminal's cursor"""
    guest = t.guest(extra="<title>red \u009b31m\u202e end</title>")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    for words in (("status", "-v"), ("plan",), ("explain", guest.name)):
        result = t.vmpin.run(*words)
        assert "\u009b" not in result.out and "\x1b" not in result.out, str(result)


def test_cgtree(t):
    """cgtree shows real guests as trees, and gets and sets their attributes"""
    guest = t.guest(iothreads=1)
    shown = t.vmpin.cgtree("tree", "--vms")
    for word in (guest.name, "vcpu0", "emulator", "iothread1"):
        assert word in shown, f"no {word!r} in {shown}"
    equal("get", t.vmpin.cgtree("get", f"{guest.name}/vcpu0", "cpuset.cpus").strip(),
          guest.nodes.read("vcpu0", "cpuset.cpus"))  # empty on v2
    t.vmpin.cgtree("set", f"{guest.name}/vcpu0", "cpuset.cpus=1")
    equal("set", guest.nodes.cpus("vcpu0"), "1")
    assert "vcpu1" in t.vmpin.cgtree("tree", "--grouped")


if __name__ == "__main__":
    sys.exit(main())
