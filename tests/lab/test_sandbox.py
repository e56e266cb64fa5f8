#!/usr/bin/python3
"""What the unit keeps from the agent, and of what it leaves, what for: each capability is taken away
once, and something fails that does not with it."""
import contextlib
import os
import shutil
import signal
import sys

from test_service import Service, install, shown, systemctl
from vmpintest import main, wait_for
from vmpintest.expect import cpus, equal, pinned, policy
from vmpintest.guest import run
from vmpintest.host import alive
from vmpintest.waiting import holds_for, slow

DROP_IN = "/run/systemd/system/vmpin.service.d"
HELPER_TROUBLE = "a3e1007c3d23433eae9326b9ec23137f"


@contextlib.contextmanager
def without(capability):
    """The unit as it is shipped, but for that one."""
    install()
    os.makedirs(DROP_IN)
    with open(f"{DROP_IN}/capability.conf", "w") as file:
        file.write(f"[Service]\nCapabilityBoundingSet=~{capability}\n")
    systemctl("daemon-reload")
    try:
        yield
    finally:
        systemctl("stop", "vmpin", check=False)
        shutil.rmtree(DROP_IN)
        systemctl("daemon-reload")


def inside(service, *words):
    """Runs it where the service's files are."""
    return run(["nsenter", "--mount", "--net", "--target", str(service.pid), *words])


def test_files(t):
    """Of the file system the service may write to the control groups and /run/vmpin, and no more"""
    guest = t.guest()
    service = Service(t).start(guest)
    cpuset = guest.nodes.file("vcpu1", "cpuset.cpus")
    for folder in ("/", "/etc", "/etc/vmpin", "/run", "/run/libvirt", "/usr/bin", "/var/lib"):
        result = inside(service, "touch", f"{folder}/vmpin-was-here")
        assert result.status != 0 and "Read-only" in result.err, \
            f"{folder}: {result}{inside(service, 'findmnt', folder).out}"
    for path in ("/proc/sys/kernel/hostname", "/sys/kernel/mm/ksm/run"):
        result = inside(service, "sh", "-c", f"echo 0 >{path}")
        assert result.status != 0, f"{path} can be written to"
    equal("control groups", inside(service, "sh", "-c", 'echo 1 >"$1"', "sh", cpuset).status, 0)
    equal("state", inside(service, "touch", "/run/vmpin/vmpin-was-here").status, 0)
    os.unlink("/run/vmpin/vmpin-was-here")


def test_network(t):
    """The service has no network and no devices"""
    service = Service(t).start(t.guest())
    with open(f"/proc/{service.pid}/net/dev") as file:
        devices = [line.split(":")[0].strip() for line in file if ":" in line]
    equal("network devices", devices, ["lo"])
    assert inside(service, "test", "-e", "/dev/vda").status != 0, "it sees the disk"
    assert inside(service, "test", "-e", "/dev/null").status == 0


def masked_guest(t):
    """One vCPU's thread keeps itself to CPU 0, of the two that its group grants it."""
    guest = t.guest()
    guest.nodes.set_cpus("vcpu1", "0-1")
    for tid in guest.nodes.threads("vcpu1"):
        os.sched_setaffinity(tid, {0})
    equal("vcpu1", guest.nodes.allowed("vcpu1"), {"0"})
    return guest


def test_sys_nice(t):
    """Without CAP_SYS_NICE a thread's own mask keeps it from the policy's CPUs"""
    guest = masked_guest(t)
    with without("CAP_SYS_NICE"):
        service = Service(t)
        service.folder.write("a.json", policy(guest, {"vcpu1": cpus("0-1")}))
        systemctl("start", "vmpin")
        wait_for(lambda: "1 failed" in shown("StatusText"), 20, "the refusal")
        equal("vcpu1", guest.nodes.allowed("vcpu1"), {"0"})
    systemctl("start", "vmpin")
    wait_for(lambda: pinned(guest, "vcpu1", "0-1"), 20, "the policy")


def test_kill(t):
    """Without CAP_KILL a helper that hangs keeps the agent from ending"""
    guest = t.guest()
    with without("CAP_KILL"):
        service = Service(t).start(guest)
        pid = end_beside_a_hung_helper(service)
        holds_for(lambda: alive(pid), slow(1), "the agent, which ends within a second else")
    service.start(guest)
    pid = end_beside_a_hung_helper(service)
    wait_for(lambda: not alive(pid), 10, "the agent's end")


def end_beside_a_hung_helper(service):
    """Not by systemd, which lets what is stopped go on."""
    pid = service.pid
    os.kill(service.helper(), signal.SIGSTOP)
    os.kill(pid, signal.SIGTERM)
    return pid


def helper_troubles():
    return run(["journalctl", "-u", "vmpin", f"MESSAGE_ID={HELPER_TROUBLE}", "-o", "cat"],
               check=True).out.count("\n")


def needs_to_start_the_helper(t, capability):
    guest = t.guest()
    before = guest.nodes.settings()
    with without(capability):
        service = Service(t)
        service.folder.write("a.json", policy(guest, {"vcpu*": cpus("1")}))
        told = helper_troubles()
        systemctl("start", "vmpin")
        wait_for(lambda: helper_troubles() > told, 20, "word of the helper")
        t.untouched(guest, before)
    service.start(guest)


def test_setuid(t):
    """Without CAP_SETUID the helper cannot become its user, and is not started"""
    needs_to_start_the_helper(t, "CAP_SETUID")


def test_setgid(t):
    """Without CAP_SETGID the helper cannot leave root's groups, and is not started"""
    needs_to_start_the_helper(t, "CAP_SETGID")


if __name__ == "__main__":
    sys.exit(main())
