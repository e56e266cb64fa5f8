#!/usr/bin/python3
"""The installed service under a real systemd: the unit as it is shipped, in its own sandbox."""
import json
import os
import pwd
import re
import shutil
import signal
import sys
import tempfile
import time

from vmpintest import main, skip_unless, wait_for
from vmpintest.expect import cpus, equal, pinned, policy
from vmpintest.guest import run
from vmpintest.node import put_by
from vmpintest.runner import takes
from vmpintest.vmpin import Folder
from vmpintest.waiting import slow

INSTALLED = "/job/install"  # what `make install` has put together: tests/lab/run
HEALED = "e5fc85d1e83d4acb9287c41084f877de"
FIGHT = "5431910795934ec8ad957698caa679ad"
MOST_EXPOSED = 2.0
CAP_SYS_ADMIN = 21


def systemctl(*words, check=True):
    return run(["systemctl", *words], check=check)


def shown(name):
    return systemctl("show", "-P", name, "vmpin").out.strip()


def install():
    """Once a machine."""
    if not os.path.exists("/var/lib/vmpin-installed"):
        shutil.copytree(INSTALLED, "/", dirs_exist_ok=True, symlinks=True)
        for words in (["ldconfig"], ["systemd-sysusers"], ["journalctl", "--update-catalog"],
                      ["systemctl", "daemon-reload"]):
            run(words, check=True)
        open("/var/lib/vmpin-installed", "w").close()


class Service:
    """The running unit. Its policies are in /etc."""

    def __init__(self, t, drop_in=""):
        install()
        self.undo = t.undo
        self.folder = Folder("/etc/vmpin/policies.d") if not os.path.exists("/etc/vmpin") else None
        t.undo.callback(shutil.rmtree, "/etc/vmpin", ignore_errors=True)
        t.undo.callback(systemctl, "stop", "vmpin")
        if drop_in:
            self.drop_in(drop_in)

    def drop_in(self, text):
        path = "/run/systemd/system/vmpin.service.d"
        os.makedirs(path)
        self.undo.callback(systemctl, "daemon-reload")
        self.undo.callback(shutil.rmtree, path)
        with open(f"{path}/test.conf", "w") as file:
            file.write(f"[Service]\n{text}\n")
        systemctl("daemon-reload")

    def start(self, guest, **apply):
        """Until the guest's vCPUs are where the policy wants them."""
        self.folder.write("a.json", policy(guest, {"vcpu*": cpus("1"), **apply}, name="corner"))
        systemctl("start", "vmpin")
        self.in_force(guest, "1")
        return self

    @staticmethod
    def in_force(guest, wanted):
        wait_for(lambda: pinned(guest, "vcpu1", wanted), 20, f"vcpu1 on {wanted}")

    @property
    def pid(self):
        return int(shown("MainPID"))

    def helper(self):
        def child():
            with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
                return int(file.read().split()[0])
        return wait_for(child, 10, "the helper")


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_start_and_stop(t):
    """systemctl starts the agent, shows its guests by state, and leaves values in place when it stops"""
    guest = t.guest()
    service = Service(t).start(guest)
    equal("state", shown("ActiveState"), "active")
    wait_for(lambda: re.match(r"guests: 1 \(1 in sync\), policies: 1$", shown("StatusText")), 10,
             "the status line")
    before = guest.nodes.settings()
    systemctl("stop", "vmpin")
    equal("result", shown("Result"), "success")
    t.untouched(guest, before)
    assert os.path.exists("/run/vmpin/policies.json"), "the state does not outlive the service"
    systemctl("restart", "vmpin")
    service.in_force(guest, "1")


def test_reload(t):
    """systemctl reload reads the policies anew, in the same process; a wrong file changes nothing"""
    guest = t.guest()
    service = Service(t).start(guest)
    pid = service.pid
    service.folder.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    hangups = told_of_hangup()
    systemctl("reload", "vmpin")
    service.in_force(guest, "0")
    wait_for(lambda: told_of_hangup() == hangups + 1, 10, "word of the reload")
    service.folder.write("b.json", "{")
    systemctl("reload", "vmpin")
    wait_for(lambda: "wrong policy files: 1" in shown("StatusText"), 10, "word of the wrong file")
    equal("state", shown("ActiveState"), "active")
    service.in_force(guest, "0")
    equal("process", service.pid, pid)


def told_of_hangup():
    return run(["journalctl", "-u", "vmpin", "-o", "cat"], check=True).out.count("(SIGHUP)")


@takes(200)
def test_watchdog(t):
    """An agent that hangs is killed by the watchdog, started again, and heals what changed meanwhile"""
    guest = t.guest()
    service = Service(t, f"WatchdogSec={slow(1):g}s\nTimeoutAbortSec={slow(1):g}s").start(guest)
    pid = service.pid
    os.kill(pid, signal.SIGSTOP)
    guest.nodes.set_cpus("vcpu1", "0")
    wait_for(lambda: service.pid not in (0, pid), 20, "another process")
    service.in_force(guest, "1")
    equal("restarts", shown("NRestarts"), "1")


def test_restarted_often(t):
    """However often the agent was killed and started lately, it is started again"""
    guest = t.guest()
    service = Service(t).start(guest)
    for _ in range(8):
        os.kill(service.pid, signal.SIGKILL)
        systemctl("start", "vmpin")
    guest.nodes.set_cpus("vcpu1", "0")
    service.in_force(guest, "1")


def entries(guest, kind):
    told = run(["journalctl", "-u", "vmpin", "-o", "json", f"VMPIN_GUEST={guest.name}",
                f"MESSAGE_ID={kind}"], check=True).out
    return [json.loads(line) for line in told.splitlines()]


def test_journal(t):
    """The journal's entry of a heal has its fields, and journalctl -x explains it"""
    guest = t.guest()
    service = Service(t).start(guest)
    guest.nodes.set_cpus("vcpu1", "0")
    service.in_force(guest, "1")
    entry = wait_for(lambda: entries(guest, HEALED), 10, "the entry")[-1]
    wanted = {"VMPIN_UUID": guest.uuid, "VMPIN_NODE": "vcpu1", "VMPIN_ATTRIBUTE": "cpuset.cpus",
              "VMPIN_POLICY": "corner", "PRIORITY": "5", "SYSLOG_IDENTIFIER": "vmpin"}
    equal("fields", {name: entry.get(name) for name in wanted}, wanted)
    told = run(["journalctl", "-x", "-u", "vmpin", f"MESSAGE_ID={HEALED}"], check=True).out
    assert f"A value of guest {guest.name} was healed" in told, told
    assert "cpuset.cpus of vcpu1, which a policy has set" in told, told


def test_fight(t):
    """The journal's entry of a fight is an error, and journalctl -x says what to do"""
    guest = t.guest()
    service = Service(t).start(guest)
    for _ in range(5):
        guest.nodes.set_cpus("vcpu1", "0")
        service.in_force(guest, "1")
    entry = wait_for(lambda: entries(guest, FIGHT), 10, "the entry")[-1]
    wanted = {"VMPIN_NODE": "vcpu1", "VMPIN_ATTRIBUTE": "cpuset.cpus", "PRIORITY": "3"}
    equal("fields", {name: entry.get(name) for name in wanted}, wanted)
    told = run(["journalctl", "-x", "-u", "vmpin", f"MESSAGE_ID={FIGHT}"], check=True).out
    assert "Find the other writer" in told, told


# What vmpin.service(8) says a drop-in for --trace-writers needs.
TRACING = """ExecStart=
ExecStart=@vmpin@ agent --trace-writers
CapabilityBoundingSet=CAP_SYS_ADMIN
SystemCallFilter=fanotify_init fanotify_mark capset"""
# ... and for --metrics.
METRICS = """ExecStart=
ExecStart=@vmpin@ agent --metrics @folder@/vmpin.prom
ReadWritePaths=@folder@"""


def program():
    """As the unit starts it."""
    return re.search(r"path=(\S+)", shown("ExecStart")).group(1)


def test_writers(t):
    """With the manual's drop-in the entry of a heal says who wrote, and the capability is given up"""
    guest = t.guest()
    install()
    service = Service(t, TRACING.replace("@vmpin@", program())).start(guest)
    with put_by("python3", guest.nodes.file("vcpu1", "cpuset.cpus"), "0", "a\tb") as pid:
        service.in_force(guest, "1")
        entry = wait_for(lambda: entries(guest, HEALED), 10, "the entry")[-1]
    wanted = {"VMPIN_WRITER": "a\\x09b", "VMPIN_WRITER_PID": str(pid)}
    equal("fields", {name: entry.get(name) for name in wanted}, wanted)
    for process in (service.pid, service.helper()):
        granted = int(status_of(process)["CapPrm"], 16)
        assert not granted >> CAP_SYS_ADMIN & 1, f"{process} has CAP_SYS_ADMIN"


def test_helper_user(t):
    """The helper runs as the user vmpin, with no capability and no way to get one"""
    service = Service(t).start(t.guest())
    status = status_of(service.helper())
    equal("user", status["Uid"].split()[0], str(pwd.getpwnam("vmpin").pw_uid))
    equal("capabilities", status["CapEff"], "0" * 16)
    equal("no new privileges", status["NoNewPrivs"], "1")
    for process in (service.pid, service.helper()):
        equal("system calls are filtered", status_of(process)["Seccomp"], "2")


def test_exposure(t):
    """systemd-analyze finds nothing wrong with the unit and rates it at most 2.0"""
    install()
    found = run(["systemd-analyze", "verify", "--man=no", shown("FragmentPath")], check=True)
    equal("what systemd-analyze verify finds", found.out + found.err, "")
    told = run(["systemd-analyze", "security", "--no-pager", "vmpin.service"], check=True).out
    line = told.strip().splitlines()[-1]
    print(f"# {line}", flush=True)
    assert float(re.search(r"[\d.]+", line.split("service:")[1]).group()) <= MOST_EXPOSED, told


def pressure(guest):
    """As the kernel tells it: {(resource, kind): seconds}"""
    found = {}
    for resource in ("cpu", "memory", "io"):
        text = guest.nodes.read("vm", f"{resource}.pressure")
        for kind, total in re.findall(r"^(some|full) .*total=(\d+)$", text, re.M):
            found[resource, kind] = int(total) / 1e6
    return found


@takes(200)
def test_pressure(t):
    """The metrics tell the pressure that the kernel counts for a guest"""
    guest = t.guest(paused=False)
    skip_unless(guest.nodes.version("cpu") == 2, "cgroup v1 counts no pressure")
    folder = tempfile.mkdtemp(prefix="vmpin-metrics-", dir="/var/lib")
    t.undo.callback(shutil.rmtree, folder)
    install()
    service = Service(t, METRICS.replace("@vmpin@", program()).replace("@folder@", folder))
    # Its threads wait for each other.
    service.start(guest, emulator=cpus("1"))
    wait_for(lambda: pressure(guest)["cpu", "some"] > 0.01, 20, "pressure")
    enough = pressure(guest)

    def told():
        assert os.path.exists(f"{folder}/vmpin.prom"), "no metrics yet"
        with open(f"{folder}/vmpin.prom", encoding="ascii") as file:
            found = re.findall(r'^vmpin_guest_pressure_seconds_total\{guest="([^"]*)",.*'
                               r'resource="(\w+)",kind="(\w+)"\} (\S+)$', file.read(), re.M)
        return {(resource, kind): float(value) for name, resource, kind, value in found
                if name == guest.name}

    def reached():
        found = told()
        equal("kinds of pressure", set(found), set(enough))
        return all(found[kind] >= enough[kind] for kind in enough) and found
    metrics = wait_for(reached, 30, "the metrics")
    now = pressure(guest)
    for kind, value in metrics.items():
        assert value <= now[kind], f"{kind}: {metrics}, {now}"


def switches(pid):
    status = status_of(pid)
    return int(status["voluntary_ctxt_switches"]) + int(status["nonvoluntary_ctxt_switches"])


def test_idle(t):
    """In 10 seconds with nothing to do, nothing but the watchdog wakes the agent, nothing its helper"""
    guest = t.guest()
    service = Service(t).start(guest)
    pids = service.pid, service.helper()
    wait_for(lambda: quiet_for(pids, 2), 30, "the agent to settle")
    before = [switches(pid) for pid in pids]
    quiet_for(pids, 10)
    woken = [switches(pid) - count for pid, count in zip(pids, before)]
    print(f"# woken in 10 s: the agent {woken[0]} times, its helper {woken[1]} times", flush=True)
    # A wake-up for the watchdog (every 15 to 22 s) is one switch, two where it was preempted.
    assert woken[0] <= 2 and woken[1] == 0, woken


def quiet_for(pids, seconds):
    """True when none of them ran in that time."""
    before = [switches(pid) for pid in pids]
    time.sleep(seconds)
    return before == [switches(pid) for pid in pids]


if __name__ == "__main__":
    sys.exit(main())
