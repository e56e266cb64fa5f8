#!/usr/bin/python3
"""What a weight is for: two guests that want the same CPU get it in its proportion, on v1 and v2,
from the same policy files."""
import contextlib
import os
import sys

from vmpintest import main, wait_for
from vmpintest.expect import cpus, pinned, policy
from vmpintest.host import read
from vmpintest.trace import mounted, write
from vmpintest.waiting import slow

BUSY_CPU, OTHER_CPU = "5", "4"
SECTOR = b"\xfa\xeb\xfe".ljust(510, b"\0") + b"\x55\xaa"  # no interrupts; jmp to itself
SECONDS = 30  # of CPU time that both get together: an emulated host's time is coarse


def busy_guest(t):
    """A guest that does nothing but run, after its BIOS."""
    path = f"{t.root}/busy"
    with open(path, "wb") as file:
        file.write(SECTOR.ljust(1440 * 1024, b"\0"))
    os.chmod(path, 0o644)
    return t.guest(vcpus=1, start=False, extra=f"""<devices>
      <disk type='file' device='floppy'>
        <driver name='qemu' type='raw'/><source file='{path}'/><target dev='fda'/><readonly/>
        <boot order='1'/>
      </disk></devices>""")


def cpu_seconds(guest):
    """What vcpu0's node has used."""
    nodes = guest.nodes
    if nodes.version("cpu") == 1:
        return int(nodes.read("vcpu0", "cpuacct.usage")) / 1e9
    return int(nodes.read("vcpu0", "cpu.stat").split()[1]) / 1e6


@contextlib.contextmanager
def patient_scheduler():
    """What a group did not get of its share is forgotten beyond two slices, since Linux 6.6, and an
    emulated host's ticks come later than that: its slices are made longer."""
    with mounted("debugfs") as folder:
        file = f"{folder}/sched/base_slice_ns"
        if not os.path.exists(file):
            yield
            return
        before = read(file)
        write(file, "100000000")
        try:
            yield
        finally:
            write(file, before)


def test_one_to_three(t):
    """Two busy guests of weight 100 and 300 on one CPU get CPU time 1:3 within 15 percent"""
    light, heavy = busy_guest(t), busy_guest(t)
    t.policies.write("10-place.json", policy([light, heavy], {"vcpu*": cpus(BUSY_CPU),
                                                              "emulator": cpus(OTHER_CPU)}))
    t.policies.write("20-light.json", policy(light, {"vm": {"cpu": {"weight": 100}}}))
    t.policies.write("20-heavy.json", policy(heavy, {"vm": {"cpu": {"weight": 300}}}))
    t.agent()
    for guest in (light, heavy):
        guest.start(paused=False)
    for guest in (light, heavy):
        wait_for(lambda g=guest: pinned(g, "vcpu0", BUSY_CPU), 10, "the policy")
        wait_for(lambda g=guest: t.vmpin.run("status", g.name).out.count("in sync"), 10, "in sync")
        wait_for(lambda g=guest: cpu_seconds(g) > 1, 20, "the guest to run")
    with patient_scheduler():
        before = cpu_seconds(light), cpu_seconds(heavy)
        wait_for(lambda: sum(cpu_seconds(g) for g in (light, heavy)) - sum(before) > SECONDS,
                 slow(SECONDS), "CPU time")
        used = [cpu_seconds(g) - b for g, b in zip((light, heavy), before)]
    ratio = used[1] / used[0]
    print(f"# CPU seconds {used[0]:.2f} and {used[1]:.2f}: 1:{ratio:.2f}")
    assert 3 * 0.85 <= ratio <= 3 * 1.15, f"1:{ratio:.2f} instead of 1:3"


if __name__ == "__main__":
    sys.exit(main())
