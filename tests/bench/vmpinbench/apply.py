"""From facts received to the last value in force, for one guest of 4 vCPUs."""
import contextlib
import os
import subprocess
import time
import uuid

from . import groups, plan, programs
from .table import count, milliseconds

ROUNDS = 100
URI = "qemu:///system"
STAGES = {
    "facts": "facts: parse the line",
    "resolve": "match and resolve",
    "bind": "bind: pid, /proc/PID/cgroup, the nodes' ids",
    "load": "holds, lock, state",
    "observe": "observe: the named cells",
    "plan": "plan: targets, what they need, order",
    "check": "check: ancestors, memory",
    "baseline": "baseline: save before the first write",
    "write": "write",
    "settle": "save what was written",
    "verify": "verify: read back, effective sets, threads",
}


class RealGuest:
    """A paused guest of libvirt's: it has its threads and costs no CPU. It is started inside the
    `with`, so that no interrupt can come between its start and the care for its end."""

    def __init__(self, folder):
        self.name, self.uuid = f"{groups.PREFIX}-{os.getpid()}", str(uuid.uuid4())
        self.file = f"{folder}/guest.xml"
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(f"""<domain type='qemu'>
  <name>{self.name}</name>
  <uuid>{self.uuid}</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>4</vcpu>
  <iothreads>1</iothreads>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices><memballoon model='none'/></devices>
</domain>
""")

    @staticmethod
    def virsh(*args):
        return programs.run(["virsh", "-q", "-c", URI, *args])

    def start(self):
        with groups.patience():
            self.virsh("create", "--paused", self.file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with groups.patience():
            with contextlib.suppress(programs.Failed):
                self.virsh("destroy", self.uuid)
            end = time.monotonic() + 10
            while os.path.exists(f"/run/libvirt/qemu/{self.name}.pid") and time.monotonic() < end:
                time.sleep(0.05)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"/var/log/libvirt/qemu/{self.name}.log")

    def guest(self):
        guest = groups.Guest(1)
        guest.name, guest.uuid = self.name, self.uuid
        guest.id = int(self.virsh("domid", self.uuid))
        return guest


def have_libvirt():
    return programs.have("virsh") and subprocess.call(
        ["virsh", "-q", "-c", URI, "list"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL) == 0


def measure(table, folder, what, guest):
    policies, record = f"{folder}/policies", f"{folder}/one.jsonl"
    plan.write_policies(policies)
    groups.record(record, [guest])
    times = programs.numbers([programs.program("bench_apply"), record, policies,
                              f"{folder}/state", folder, str(ROUNDS)])
    table.section(f"from facts received to the last value in force: {what}, 4 vCPUs, "
                  f"{count(times['writes'])} writes")
    table.row("all of it, as the agent does it", milliseconds(times["whole"]),
              milliseconds(times["bare"]), times["ratio"])
    for name, text in STAGES.items():
        if name == "write":
            table.row(f"  {text}", milliseconds(times[name]), milliseconds(times["bare"]),
                      times["write_ratio"])
        else:
            table.row(f"  {text}", milliseconds(times[name]))


def bench(table, folder):
    with groups.Groups() as made:
        measure(table, folder, "control groups alone", made.make(1)[0])
    if have_libvirt():
        with RealGuest(folder) as real:
            real.start()
            measure(table, folder, "a paused guest of libvirt's", real.guest())
    else:
        table.section("from facts received to the last value in force: a real guest")
        table.note(f"not measured: no libvirtd answers at {URI}")
