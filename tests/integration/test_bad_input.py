#!/usr/bin/python3
"""Wrong policies leave what is in force, name their place, and cost nothing else."""
import json
import os
import shutil
import sys

from vmpintest import main, virsh, wait_for
from vmpintest.expect import cpus, equal, pinned, policy
from vmpintest.waiting import holds_for

# What is wrong, the file (%s is the guest's name), and the place and reason that must stand behind the
# file's name.
HEAD = '{"match": {"name": "%s"}, "apply": '
SHORT = '{"match": {}, "apply": '
BAD = {
    "a syntax error": (SHORT + '{"vcpu*": {"cpuset" {"cpus": "0"}}}}',
                       ":1:44: is not JSON: ':' expected near '{'"),
    "a syntax error in a later line": ('{\n  "match": {},\n  "apply": {},\n}\n',
                                       ":4:1: is not JSON: string or '}' expected near '}'"),
    "a wrong type": (HEAD + '{"vcpu*": {"cpuset": {"cpus": 7}}}}',
                     ": /apply/vcpu*/cpuset/cpus: must be a string, not a whole number"),
    "an unknown key": (HEAD + '{"vcpu*": {"cpuset": {"cpu": "0"}}}}',
                       ': /apply/vcpu*/cpuset/cpu: is not a known key: did you mean "cpus"?'),
    "a duplicate key": (HEAD + '{"vcpu0": {}, "vcpu0": {}}}', ": /apply/vcpu0: is there twice"),
    "a size beyond range": (HEAD + '{"vm": {"memory": {"limit_in_bytes": "99999999999TiB"}}}}',
                            ": /apply/vm/memory/limit_in_bytes: is out of range"),
    "a value beyond range": (HEAD + '{"vcpu0": {"cpu": {"shares": 1}}}}',
                             ": /apply/vcpu0/cpu/shares: 1 is out of range: 2 to 262144"),
    "an empty file": ("", ": is empty"),
    "a 2 MiB file": (HEAD + "{}}" + " " * (2 << 20), ": is bigger than 1024 KiB"),
    "10,000 levels of nesting": ("[" * 10000 + "]" * 10000,
                                 ":1:2049: is nested deeper than 2048 levels"),
    "invalid UTF-8": (SHORT.encode() + b'{"vcpu0": {"cpuset": {"cpus": "\xff\xfe"}}}}',
                      ":1:54: is not valid UTF-8: unable to decode byte 0xff"),
    "no object": ("7", ":1:1: is not JSON: '[' or '{' expected near '7'"),
    "a missing match": ('{"apply": {}}', ': has no "match"'),
    "a NUL byte": (SHORT + '{}}\0', ":1:27: has a NUL byte"),
}


def wrong_text(text, guest):
    if isinstance(text, bytes):
        return text
    return text.replace("%s", guest.name, 1)


def group_writable(t, guest):
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
    os.chmod(t.policies.file("z.json"), 0o664)


def of_another_user(t, guest):
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
    os.chown(t.policies.file("z.json"), 65534, 65534)


def a_directory(t, guest):
    os.mkdir(t.policies.file("z.json"))


def a_dangling_link(t, guest):
    os.symlink("/nonexistent/policy", t.policies.file("z.json"))


def a_fifo(t, guest):
    os.mkfifo(t.policies.file("z.json"), 0o644)


ODD = {
    group_writable: ": the file may be written by its group (mode 0664)",
    of_another_user: ": the file belongs to the user 65534",
    a_directory: ": is a folder, not a file",
    a_dangling_link: ': is a link into "/nonexistent", which cannot be opened: No such file',
    a_fifo: ": is a FIFO, not a file",
}


def remove(path):
    shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)


def one_shot_refuses(t, guest, before, what, told_of):
    """Exit status 65, file, place and reason told, nothing written, also not for other policies."""
    for verb in ("reconcile", "check"):
        result = t.vmpin.run(verb, *([str(t.policies)] if verb == "check" else []), seconds=20)
        told = result.out + result.err
        assert result.status == 65, f"{what}: {result}"
        assert f"{t.policies}/z.json{told_of}" in told, f"{what}: no {told_of!r} in {result}"
    t.untouched(guest, before)


def test_one_shot_text(t):
    """A one-shot run with a wrong file writes nothing and names file and place, exit status 65"""
    guest = t.guest()
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    for what, (text, told_of) in BAD.items():
        t.policies.write("z.json", wrong_text(text, guest))
        one_shot_refuses(t, guest, before, what, told_of)
    t.policies.remove("z.json")
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu0", "1")


def test_one_shot_odd_files(t):
    """A file that is no trusted, regular file is refused: group-writable, foreign, directory, link"""
    guest = t.guest()
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    for odd, reason in ODD.items():
        odd(t, guest)
        result = t.vmpin.run("reconcile", status=65, seconds=20)
        assert f"{t.policies}/z.json{reason}" in result.err, f"no {reason!r} in {result}"
        t.untouched(guest, before)
        remove(t.policies.file("z.json"))


def test_writable_folder(t):
    """A policy folder that others may write to is refused"""
    guest = t.guest()
    before = guest.nodes.settings()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    os.chmod(str(t.policies), 0o775)
    result = t.vmpin.run("reconcile", status=65)
    assert f"{t.policies}: the folder may be written by its group (mode 0775)" in result.err, str(result)
    t.untouched(guest, before)


def test_missing_folder(t):
    """A policy folder that was given and does not exist is an error"""
    result = t.vmpin.run("reconcile", folders=[f"{t.root}/none"], status=65)
    assert f"{t.root}/none: there is no such folder" in result.err, str(result)


def test_masked_file(t):
    """A link to /dev/null masks the file of that name in a later folder, and is no error"""
    guest = t.guest()
    before = guest.nodes.settings()
    first = f"{t.root}/first.d"
    os.mkdir(first)
    os.symlink("/dev/null", f"{first}/a.json")
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    t.vmpin.run("reconcile", folders=[first, t.policies], status=0)
    t.untouched(guest, before)


def test_missing_cpu(t):
    """A CPU that does not exist is refused for its vCPU alone: that one stays, the others are set"""
    guest, other = t.guests(2)
    before = guest.nodes.read("vcpu1", "cpuset.cpus")
    t.policies.write("a.json", [policy(guest, {"vcpu0": cpus("1"), "vcpu1": cpus("4000")}),
                                policy(other, {"vcpu*": cpus("1")})])
    result = t.vmpin.run("reconcile", status=1)
    told = result.out + result.err
    for word in ("4000", "vcpu1", guest.name):
        assert word in told, f"no {word!r} in {result}"
    assert guest.nodes.read("vcpu1", "cpuset.cpus") == before
    pinned(guest, "vcpu0", "1")
    pinned(other, "vcpu0", "1")
    result = t.vmpin.run("check", "--host", str(t.policies), status=65)
    assert "4000" in result.out + result.err, str(result)


def test_all_errors(t):
    """Every error of a file is told, not the first"""
    t.policies.write("z.json", {"match": {"nam": "x"}, "apply": {"vcpuX": {}, "vm": {"cpu": {
        "shares": -5}}}, "enforce": "sometimes"})
    result = t.vmpin.run("check", str(t.policies), status=65)
    told = result.out + result.err
    for word in ("/match/nam", "name", "vcpuX", "/apply/vm/cpu/shares", "/enforce"):
        assert word in told, f"no {word!r} in {result}"


def test_check_json(t):
    """check --json tells file and place of each error"""
    t.policies.write("z.json", {"match": {}, "apply": {"vm": {"cpu": {"shares": -5}}}})
    _, told = t.vmpin.json("check", str(t.policies), status=65)
    assert "/apply/vm/cpu/shares" in json.dumps(told), told


LIBVIRT_TEXT_LIMIT = 4 << 20  # of libvirt's protocol; what it adds to the XML by itself is more than 1200


def test_huge_metadata(t):
    """A guest whose metadata make its XML longer than libvirt can send obeys its policy all the same"""
    huge = "<metadata><x:a xmlns:x='u'>" + "A" * (LIBVIRT_TEXT_LIMIT - 1200) + "</x:a></metadata>"
    guest = t.guest(extra=huge)
    assert virsh("dumpxml", guest.name, check=False).status != 0, "libvirt sends it after all"
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("1")}))
    t.vmpin.run("reconcile", status=0)
    pinned(guest, "vcpu1", "1")


def good_agent(t):
    guest = t.guest()
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("1")}))
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the policy")
    return guest, agent


def stays(guest, agent, what):
    holds_for(lambda: pinned(guest, "vcpu1", "1"), 0.3, f"what was in force, after {what}")
    assert agent.running(), f"the agent ended after {what}"


def test_agent_text(t):
    """A running agent keeps the last good version of a file that becomes wrong, and says so"""
    guest, agent = good_agent(t)
    for what, (text, told_of) in BAD.items():
        lines = len(agent.log())
        t.policies.move_in("z.json", wrong_text(text, guest))
        agent.wait_log(f"{t.policies}/z.json{told_of}", since=lines)
        stays(guest, agent, what)
    told = t.vmpin.run("status", status=None)
    assert "z.json" in told.out + told.err, f"status does not name the wrong file: {told}"
    t.policies.write("z.json", policy(guest, {"vcpu*": cpus("0")}))
    wait_for(lambda: pinned(guest, "vcpu1", "0"), 10, "the mended file")


# What no file is wrong with, and this guest or host cannot have.
IMPOSSIBLE = {
    "a CPU that does not exist": (cpus("4000"), ": CPU 4000 does not exist on this host"),
    "CPUs of which one does not exist": (cpus("0-1,4001"), ": CPU 4001 does not exist on this host"),
    "a list shorter than the vCPUs": (cpus(["1"]), ": the array has no element for vcpu1, only 1"),
}


def test_impossible_one_shot(t):
    """What a guest cannot have leaves what is in force there as it was, and is named"""
    guest = t.guest()
    for what, (bad, reason) in IMPOSSIBLE.items():
        t.policies.write("z.json", policy(guest, {"vcpu*": cpus("1")}))
        t.vmpin.run("reconcile", status=0)
        t.policies.write("z.json", policy(guest, {"vcpu*": bad}))
        result = t.vmpin.run("reconcile", status=1)
        assert f"{guest}: vcpu1 cpuset.cpus{reason}" in result.err, f"{what}: no {reason!r} in {result}"
        assert f"{t.policies}/z.json" in result.err, f"{what}: the file is not named in {result}"
        assert pinned(guest, "vcpu1", "1"), what


def test_impossible_agent(t):
    """What a guest cannot have leaves what the agent has in force there as it was, and is named"""
    guest, agent = good_agent(t)
    for what, (bad, reason) in IMPOSSIBLE.items():
        lines = len(agent.log())
        t.policies.move_in("z.json", policy(guest, {"vcpu*": bad}))
        agent.wait_log(f"{guest}: refused: vcpu1 cpuset.cpus{reason}", since=lines)
        stays(guest, agent, what)


def test_agent_odd_files(t):
    """A running agent keeps the last good version of a file that is replaced by an odd one"""
    guest, agent = good_agent(t)
    for odd, reason in ODD.items():
        lines = len(agent.log())
        remove(t.policies.file("z.json"))
        odd(t, guest)
        agent.wait_log(f"{t.policies}/z.json{reason}", since=lines)
        stays(guest, agent, odd.__name__)


def test_last_good_outlives_agent(t):
    """The last good version of a wrong file outlives the agent's restart, and SIGKILL"""
    guest, agent = good_agent(t)
    t.policies.write("z.json", "{")
    agent.wait_log("z.json")
    agent.kill()
    guest.nodes.set_cpus("vcpu1", "0")
    t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the last good version")
    status, told = t.vmpin.json("status")
    assert "z.json" in json.dumps(told), told
    equal("exit status", status, 65)


def test_no_good_version(t):
    """Without a last good version the agent applies the valid files and says what is missing"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    t.policies.write("z.json", "{")
    agent = t.agent()
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 10, "the valid file")
    agent.wait_log("z.json")


if __name__ == "__main__":
    sys.exit(main())
