#!/usr/bin/python3
"""What must write nothing writes nothing: told by strace, not by the program."""
import os
import re
import shutil
import sys

from vmpintest import main, skip_unless, virsh, wait_for
from vmpintest.expect import EVERY, cpus, full, policy

# Whatever can change a control group, a thread or a file, or ask systemd to.
CALLS = ("open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,sendfile,splice,"
         "copy_file_range,truncate,ftruncate,rename,renameat,renameat2,mkdir,mkdirat,rmdir,"
         "unlink,unlinkat,sched_setaffinity,prlimit64,setpriority,sched_setscheduler,"
         "sched_setattr,kill,tgkill,connect,sendto,sendmsg,sendmmsg")
BUS = re.compile("system_bus_socket|/run/systemd/private|SetUnitProperties")


def traced(t):
    skip_unless(shutil.which("strace"), "strace is not installed")
    file = f"{t.root}/strace"
    return file, ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-s", "200", "-o", file,
                  "-e", f"trace={CALLS}"]


def writes(file):
    """The calls that changed, or opened for changing, anything of a guest."""
    found = []
    for line in open(file, errors="replace"):
        call = re.sub(r"^\d+\s+", "", line)
        if call.startswith("sched_set") or call.startswith("setpriority"):
            found.append(line)
        elif re.match(r"(<\.\.\. )?(connect|send)", call):
            if BUS.search(call):
                found.append(line)
        elif re.match(r"open|<\.\.\. open", call):
            if "/cgroup" in call and re.search(r"O_WRONLY|O_RDWR|O_CREAT", call):
                found.append(line)
        elif "/sys/fs/cgroup" in call:
            found.append(line)
    return found


def test_observe(t):
    """agent --observe does everything but write, through starts, drops and drift"""
    guest = t.guest(iothreads=1)
    was = guest.nodes.cpus("vcpu0")
    guest.nodes.set_cpus("vcpu0", was)  # v2 would not take an empty set back
    before = guest.nodes.settings()
    t.policies.write("a.json", full(guest))
    file, wrapper = traced(t)
    agent = t.agent("--observe", wrapper=wrapper)
    agent.wait_log("cpuset.cpus")
    t.policies.write("b.json", {"match": EVERY,
                                "apply": {"vcpu*": {"cpu": {"shares": 333}}}})
    agent.wait_log("policy b")
    other = t.guest()
    wait_for(lambda: other.name in agent.log(), 10, "the new guest in the log")
    guest.nodes.set_cpus("vcpu0", "1")
    guest.nodes.set_cpus("vcpu0", was)
    virsh("vcpupin", other.name, "0", "1", "--live")
    t.policies.remove("a.json")
    t.policies.remove("b.json")
    agent.stop()
    assert not os.path.exists(t.vmpin.state), "it made itself a state folder"
    assert "openat" in open(file).read(), "strace saw nothing at all"
    assert not writes(file), "".join(writes(file))
    t.untouched(guest, before)


def test_plan_writes_nothing(t):
    """plan, status, explain, check and reconcile -n write nothing"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
    file, wrapper = traced(t)
    for words in (["plan"], ["status"], ["explain", guest.name], ["reconcile", "-n"], ["check"]):
        t.vmpin.run(*words, wrapper=wrapper)
        assert not writes(file), f"{words}: " + "".join(writes(file))


def test_strace_would_tell(t):
    """The same trace of a real reconcile shows its writes, and what it asks systemd"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vm": {"cpu": {"shares": 512}}, "vcpu*": cpus("1")}))
    file, wrapper = traced(t)
    t.vmpin.run("reconcile", wrapper=wrapper, status=0)
    assert len(writes(file)) >= 2, "the trace cannot see a write"
    if t.machine.has_systemd() and guest.nodes.version("cpu") == 2:
        assert any("SetUnitProperties" in call for call in writes(file)), "nor D-Bus"


if __name__ == "__main__":
    sys.exit(main())
