#!/usr/bin/python3
"""`vmpin agent`: policies are in force from a guest's start on, and stay so."""
import os
import re
import signal
import sys
import uuid

from vmpintest import main, pin, virsh, wait_for
from vmpintest.expect import EVERY, cpus, equal, full, full_in_force, pinned, policy, weighs
from vmpintest.runner import takes
from vmpintest.waiting import holds_for, slow


def in_force(guest, role, wanted, seconds=10):
    wait_for(lambda: pinned(guest, role, wanted), seconds, f"{role} on {wanted}")


def back(t, guest, before, seconds=10):
    wait_for(lambda: t.restored(guest, before), seconds, f"{guest} to be as it was")


def test_agent_start(t):
    """The agent puts guests that run already where the policies say"""
    guest = t.guest(vcpus=3, iothreads=1)
    t.policies.write("a.json", full(guest))
    t.agent()
    wait_for(lambda: full_in_force(guest), 10, "the policy")


def test_guest_start(t):
    """A guest that starts while the agent runs obeys its policy"""
    guest = t.guest(vcpus=3, iothreads=1, start=False)
    t.policies.write("a.json", full(guest))
    t.agent()
    guest.start(paused=False)
    wait_for(lambda: full_in_force(guest), 10, "the policy")
    guest.destroy()
    guest.start()
    wait_for(lambda: full_in_force(guest), 10, "the policy at the next start")


def test_new_guest(t):
    """A guest that is defined while the agent runs obeys its policy"""
    t.policies.write("a.json", {"match": EVERY, "apply": {"vcpu*": cpus("1")}})
    t.agent()
    in_force(t.guest(), "vcpu1", "1")


def test_name_used_again(t):
    """A guest that has got the name of another one is not taken for it before libvirt tells of it"""
    guest = t.guest(start=False)
    t.policies.write("a.json", {"match": {"uuid": guest.uuid}, "apply": {"vcpu*": cpus("1")}})
    agent = t.agent()
    guest.start()
    in_force(guest, "vcpu1", "1")
    guest.destroy()
    os.kill(agent.helper(), signal.SIGSTOP)
    virsh("undefine", guest.name)
    guest.uuid = str(uuid.uuid4())
    guest.define().start()
    holds_for(lambda: guest.nodes.cpus("vcpu1") != "1", 0.5, "the other guest's own CPUs")


def test_dropped_in_place(t):
    """A policy that is written into the folder is in force"""
    guest = t.guest(vcpus=3, iothreads=1)
    t.agent()
    t.policies.write("a.json", full(guest))
    wait_for(lambda: full_in_force(guest), 10, "the policy")


def test_renamed_into_place(t):
    """A policy that is renamed into the folder is in force"""
    guest = t.guest()
    t.agent()
    t.policies.move_in("a.json", policy(guest, {"vcpu*": cpus("1")}))
    in_force(guest, "vcpu1", "1")


def test_changed(t):
    """A policy that is changed, in place or by renaming, is in force anew"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    t.agent()
    in_force(guest, "vcpu1", "1")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    in_force(guest, "vcpu1", "0")
    t.policies.move_in("a.json", policy(guest, {"vcpu*": cpus("1")}))
    in_force(guest, "vcpu1", "1")


def test_removed(t):
    """A policy that is removed is undone"""
    guest = t.guest(vcpus=3, iothreads=1)
    before = guest.nodes.settings()
    t.policies.write("a.json", full(guest))
    t.agent()
    wait_for(lambda: full_in_force(guest), 10, "the policy")
    t.policies.remove("a.json")
    back(t, guest, before)


def test_removed_after_virsh(t):
    """A pin set through virsh is healed, and is what comes back when the policy goes"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0"), "vm": {"cpu": {"shares": 2048}}}))
    agent = t.agent()
    in_force(guest, "vcpu0", "0")

    def told():
        """Only of a heal that libvirt's word follows at once: on a slow machine not of every one."""
        pin(guest, "vcpupin", "0", "1")
        in_force(guest, "vcpu0", "0")
        return "libvirt tells of a change through it" in agent.log()
    wait_for(told, 10, "libvirt's word in the agent's log")
    wait_for(lambda: weighs(guest, "vm", 2048), 10, "the shares")
    t.policies.remove("a.json")
    in_force(guest, "vcpu0", "1")


def test_memtune(t):
    """A limit set through virsh, of which libvirt tells nobody, is healed and comes back"""
    guest = t.guest()
    limit = 4 << 30
    t.policies.write("a.json", policy(guest, {"vm": {"memory": {"max": limit}}}))
    t.agent()
    wait_for(lambda: guest.nodes.memory_limit() == limit, 10, "the limit")
    virsh("memtune", guest.name, "--live", "--hard-limit", "1500MiB")
    wait_for(lambda: guest.nodes.memory_limit() == limit, 10, "the limit again")
    t.policies.remove("a.json")
    wait_for(lambda: guest.nodes.memory_limit() == 1500 << 20, 10, "virsh's limit")


def reloads(agent):
    """How often the agent told that it reads its policies again."""
    return agent.notified.count("RELOADING=1")


def test_many_files(t):
    """Many files at once are one reload"""
    guest = t.guest()
    t.policies.write("00.json", policy(guest, {"vcpu0": cpus("0")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "0")
    begin = reloads(agent)
    for n in range(1, 40):
        t.policies.write(f"{n:02}.json", policy(guest, {"vcpu0": cpus(str(n % 2))}))
    in_force(guest, "vcpu0", "1")
    holds_for(lambda: pinned(guest, "vcpu0", "1"), 0.5, "the last file wins")
    equal("reloads", reloads(agent) - begin, 1)


def test_echo_is_healed(t):
    """What somebody's echo changes is set again; the log tells guest, role, values, and who asked"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu1": cpus("1")}, name="corner"))
    agent = t.agent()
    agent.wait_log("set vcpu1 cpuset.cpus")
    lines = len(agent.log())
    guest.nodes.set_cpus("vcpu1", "0")
    in_force(guest, "vcpu1", "1")
    agent.wait_log("cpuset.cpus", since=lines)
    told = next(line for line in agent.log()[lines:].splitlines() if "cpuset.cpus" in line)
    for word in (guest.name, "vcpu1 cpuset.cpus", "0 -> 1", "policy corner"):
        assert word in told, f"no {word!r} in {told!r}"


def test_quiet(t):
    """An agent with nothing to do writes nothing and says nothing"""
    guest = t.guest()
    t.policies.write("a.json", full(guest))
    agent = t.agent()
    wait_for(lambda: full_in_force(guest), 10, "the policy")
    log = wait_for(lambda: settled(agent), 10, "silence")
    holds_for(lambda: agent.log() == log, 2, "silence")


def settled(agent):
    log = agent.log()
    holds_for(lambda: agent.log() == log, 0.5, "silence")
    return log


def test_first_iothread(t):
    """The first iothread that a guest gets obeys the policy that was there before it"""
    guest = t.guest(vcpus=2, iothreads=0)
    t.policies.write("a.json", policy(guest, {"iothread*": cpus("1")}))
    t.agent()
    virsh("iothreadadd", guest.name, "3", "--live")
    in_force(guest, "iothread3", "1")


def test_hotplugged_vcpu(t):
    """A vCPU that is plugged in obeys the policy that was there before it"""
    guest = t.guest(vcpus=4, current=2)
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0"), "vcpu3": cpus("1")}))
    t.agent()
    in_force(guest, "vcpu1", "0")
    virsh("setvcpus", guest.name, "4", "--live")
    in_force(guest, "vcpu2", "0")
    in_force(guest, "vcpu3", "1")


def test_added_iothread(t):
    """An iothread that is added obeys the policy that was there before it"""
    guest = t.guest(iothreads=1)
    t.policies.write("a.json", policy(guest, {"iothread*": cpus("1")}))
    t.agent()
    in_force(guest, "iothread1", "1")
    virsh("iothreadadd", guest.name, "2", "--live")
    in_force(guest, "iothread2", "1")


def test_metadata_change(t):
    """A policy that matches metadata takes hold when the metadata is set"""
    guest = t.guest()
    before = guest.nodes.settings()
    t.policies.write("a.json", {
        "match": {"metadata": {"https://example.org/o": {"owner/@team": "blue"}}},
        "apply": {"vcpu*": cpus("1")}})
    t.agent()
    holds_for(lambda: not guest.nodes.cpus("vcpu0") == "1", 0.5, "no match yet")
    change = ["metadata", guest.name, "--live", "--uri", "https://example.org/o", "--key", "o"]
    virsh(*change, "--set", "<owner team='blue'/>")
    in_force(guest, "vcpu0", "1")
    virsh(*change, "--remove")
    back(t, guest, before)


def test_enforce_start(t):
    """With enforce start the operator's value stays, also across the agent's restart"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("0"), "vcpu1": cpus("0")},
                                      enforce="start"))
    agent = t.agent()
    in_force(guest, "vcpu1", "0")
    guest.nodes.set_cpus("vcpu0", "1")
    agent.stop()
    t.agent()
    guest.nodes.set_cpus("vcpu1", "1")
    holds_for(lambda: guest.nodes.cpus("vcpu0") == "1" and guest.nodes.cpus("vcpu1") == "1", 1,
              "the operator's values")


def test_unmatched_guest(t):
    """A guest that no policy matches is byte for byte untouched, from its start on"""
    matched, other = t.guests(2, iothreads=1)
    t.policies.write("a.json", full(matched))
    before = other.nodes.settings()
    t.agent()
    wait_for(lambda: full_in_force(matched), 10, "the policy")
    t.untouched(other, before)
    virsh("vcpupin", other.name, "0", "1", "--live")
    changed = other.nodes.settings()
    t.policies.remove("a.json")
    in_force(matched, "vcpu1", matched.nodes.cpus("vm"))
    t.untouched(other, changed)
    late = t.guest()
    before = late.nodes.settings()
    holds_for(lambda: late.nodes.settings() == before, 0.5, "an unmatched guest's settings")


def test_hold(t):
    """A guest on hold is not written to, also across the agent's restart, until released"""
    guest, other = t.guests(2)
    t.policies.write("a.json", policy([guest, other], {"vcpu*": cpus("0")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "0")
    t.vmpin.run("hold", guest.name, status=0)
    guest.nodes.set_cpus("vcpu0", "1")
    other.nodes.set_cpus("vcpu0", "1")
    in_force(other, "vcpu0", "0")
    agent.stop()
    agent = t.agent()
    t.policies.write("a.json", policy([guest, other], {"vcpu*": dict(cpus("0"),
                                                                    cpu={"shares": 512})}))
    wait_for(lambda: weighs(other, "vcpu0", 512), 10, "the changed policy")
    weighs(guest, "vcpu0", 1024)
    equal("vcpu0 on hold", guest.nodes.cpus("vcpu0"), "1")
    assert "held" in t.vmpin.run("status", guest.name).out
    t.vmpin.run("release", guest.name, status=0)
    in_force(guest, "vcpu0", "0")
    wait_for(lambda: weighs(guest, "vcpu0", 512), 10, "the changed policy after release")


def test_hold_for(t):
    """A hold for a time ends by itself"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    t.agent()
    in_force(guest, "vcpu0", "0")
    t.vmpin.run("hold", guest.name, "--for", "3s", status=0)
    guest.nodes.set_cpus("vcpu0", "1")
    holds_for(lambda: guest.nodes.cpus("vcpu0") == "1", 1, "the hold")
    in_force(guest, "vcpu0", "0", 20)


def test_hold_all(t):
    """hold --all holds guests that start later too"""
    t.policies.write("a.json", {"match": EVERY, "apply": {"vcpu*": cpus("0")}})
    t.agent()
    t.vmpin.run("hold", "--all", status=0)
    guest = t.guest()
    before = guest.nodes.read("vcpu0", "cpuset.cpus")
    assert before != "0", "the guest starts where the policy wants it: nothing could be seen"
    holds_for(lambda: guest.nodes.read("vcpu0", "cpuset.cpus") == before, 1, "the hold")
    t.vmpin.run("release", "--all", status=0)
    in_force(guest, "vcpu0", "0")


def test_revert_beside_agent(t):
    """revert beside a running agent restores the baseline and holds it"""
    guest = t.guest(iothreads=1)
    before = guest.nodes.settings()
    t.policies.write("a.json", full(guest))
    t.agent()
    wait_for(lambda: full_in_force(guest), 10, "the policy")
    t.vmpin.run("revert", guest.name, status=0)
    t.restored(guest, before)
    holds_for(lambda: t.restored(guest, before), 1, "the reverted values")
    t.vmpin.run("release", guest.name, status=0)
    wait_for(lambda: full_in_force(guest), 10, "the policy after release")


def test_status_line(t):
    """The service manager is told how many guests are managed, in sync and failed, as that changes"""
    good, bad = t.guests(2)
    t.policies.write("a.json", policy(good, {"vcpu*": cpus("1")}))
    t.policies.write("b.json", policy(bad, {"vcpu*": cpus("4000")}))
    agent = t.agent()

    def told(text):
        wait_for(lambda: equal("the status line", last_status(agent), text), 10, "the status line")
    told("guests: 2 (1 in sync, 1 failed), policies: 2")
    t.policies.write("b.json", policy(bad, {"vcpu*": cpus("0")}))
    told("guests: 2 (2 in sync), policies: 2")
    t.vmpin.run("hold", bad.name, status=0)
    t.policies.write("b.json", "{")
    told("guests: 2 (1 in sync, 1 held), policies: 2, wrong policy files: 1")
    lock = f"{t.vmpin.state}/guests/{good.uuid}.lock"
    os.unlink(lock)
    os.mkdir(lock)  # no pass can be made
    good.nodes.set_cpus("vcpu0", "0")
    told("guests: 2 (1 held, 1 failed), policies: 2, wrong policy files: 1")
    os.rmdir(lock)
    told("guests: 2 (1 in sync, 1 held), policies: 2, wrong policy files: 1")


def last_status(agent):
    lines = [line for line in agent.notified if line.startswith("STATUS=")]
    return lines[-1].removeprefix("STATUS=") if lines else None


def test_sighup(t):
    """SIGHUP reads the policies again and leaves what is in force"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent()
    in_force(guest, "vcpu1", "1")
    before = reloads(agent)
    agent.signal(signal.SIGHUP)
    wait_for(lambda: reloads(agent) > before, 10, "a reload")
    assert agent.running()
    pinned(guest, "vcpu1", "1")


def test_sigterm(t):
    """SIGTERM ends the agent within a second and leaves the values in place"""
    guest = t.guest()
    t.policies.write("a.json", full(guest))
    agent = t.agent()
    wait_for(lambda: full_in_force(guest), 10, "the policy")
    helper = agent.helper()
    took = agent.stop()
    assert took < slow(1), f"it took {took:.2f} s"
    equal("exit status", agent.process.returncode, 0)
    wait_for(lambda: "STOPPING=1" in agent.notified, 5, "word of the end to the service manager")
    full_in_force(guest)
    assert not os.path.exists(f"/proc/{helper}"), "the helper outlives the agent"


def test_stopped_and_started(t):
    """What changed while no agent ran is put right when it starts, and the baseline is the old"""
    guest = t.guest()
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "0")
    agent.stop()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent()
    in_force(guest, "vcpu0", "1")
    agent.stop()
    t.policies.remove("a.json")
    t.agent()
    back(t, guest, before)


def test_gone_while_stopped(t):
    """What is on record of a guest that went for good while no agent ran is forgotten by the next one"""
    guest = t.guest()
    record = f"{t.vmpin.state}/guests/{guest.uuid}"
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    agent = t.agent()
    in_force(guest, "vcpu1", "0")
    agent.stop()
    guest.destroy()
    virsh("undefine", guest.name)
    t.agent()
    wait_for(lambda: not os.path.exists(f"{record}.json") and not os.path.exists(f"{record}.lock"), 10,
             "the end of its record")


def test_one_agent(t):
    """A second agent with the same state refuses to run"""
    t.agent()
    second = t.agent(ready=False)
    wait_for(lambda: not second.running(), 10, "the second agent's end")
    assert second.process.returncode != 0
    assert t.agents[0].running()


def test_reconcile_with_policies_is_refused(t):
    """reconcile with policies of its own is refused beside a running agent"""
    guest = t.guest()
    before = guest.nodes.settings()
    t.agent()
    t.policies.write("later", "no policy")
    folder = f"{t.root}/mine"
    os.mkdir(folder)
    with open(f"{folder}/a.json", "w") as file:
        file.write(t.policies.text(policy(guest, {"vcpu*": cpus("1")})))
    result = t.vmpin.run("reconcile", folders=[folder])
    assert result.status != 0 and "agent" in result.err, str(result)
    t.untouched(guest, before)


def test_status_speaks_of_what_is_in_force(t):
    """status and plan beside an agent speak of its policies, whatever the user's own folder"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}, name="corner"))
    t.agent()
    in_force(guest, "vcpu0", "1")
    result = t.vmpin.run("status", guest.name, folders=[], status=0)
    assert "corner" in result.out and "in sync" in result.out, str(result)


@takes(60)
def test_hung_helper(t):
    """A helper that hangs is ended and started again, and what it missed is caught up"""
    t.policies.write("a.json", {"match": EVERY, "apply": {"vcpu*": cpus("1")}})
    t.vmpin.variables.update(VMPIN_LIBVIRT_TIMEOUT=f"{slow(1):g}", WATCHDOG_USEC="4000000")
    agent = t.agent()
    agent.wait_log("connected to")
    hung = agent.helper()
    os.kill(hung, signal.SIGSTOP)
    guest = t.guest()
    in_force(guest, "vcpu1", "1", 30)
    agent.wait_log("the helper has not run for")
    assert agent.helper() != hung


def test_parent_process(t):
    """The helper runs without privilege where libvirtd admits any user"""
    agent = t.agent()
    status = open(f"/proc/{agent.helper()}/status").read()
    if re.search(r"^Uid:\s+0\s", status, re.M):
        assert "root" in agent.log() and "privilege" in agent.log(), "it is root and nobody says so"
        equal("NoNewPrivs", re.search(r"^NoNewPrivs:\s+(\d)", status, re.M).group(1), "1")


if __name__ == "__main__":
    sys.exit(main())
