"""Where vCPUs run from the moment on that QEMU lets them: with the agent as it is, and with one that
waits until libvirt tells that the guest has started."""
import os
import statistics

from . import programs, real
from .table import count
from vmpintest import host
from vmpintest.expect import cpus, policy
from vmpintest.trace import Trace

STARTS = int(os.environ.get("VMPIN_BENCH_STARTS", "100"))
# libvirt's pid files are hidden from it.
WAITS_FOR_STARTED = ["unshare", "--mount", "sh", "-c",
                     'mount -t tmpfs none /run/libvirt/qemu && exec "$@"', "sh"]


def starts(test, trace, guest, wrapper):
    agent = test.agent(wrapper=wrapper)
    ran = []
    for _ in range(STARTS):
        ran.append(1000 * trace.start(guest, {0}))
        guest.destroy()
    programs.stop(agent.process)  # a wrapper has become the agent by now
    return ran


def share(ran):
    return f"{100 * sum(1 for ms in ran if ms == 0) / len(ran):.0f} %"


def show(table, ran, events):
    table.row("starts in which no vCPU ran elsewhere", share(ran), share(events))
    table.row("ms that vCPUs ran elsewhere a start: median", f"{statistics.median(ran):.3f}",
              f"{statistics.median(events):.3f}")
    table.row("ms that vCPUs ran elsewhere a start: most", f"{max(ran):.3f}", f"{max(events):.3f}")


def compare(table, test, trace, transient):
    guest = test.guest(vcpus=4, start=False, transient=transient)
    test.policies.write("a.json", policy(guest, {"vcpu*": cpus("0")}))
    trace.wait_until_heard(guest)
    show(table, starts(test, trace, guest, ()), starts(test, trace, guest, WAITS_FOR_STARTED))


def bench(table, folder):
    try:
        for kind in "defined", "transient":
            with real.guests(folder) as test, Trace() as trace:
                table.section(f"first instruction: {count(STARTS)} starts of a {kind} guest with 4 "
                              "vCPUs on one CPU (bare: an agent that waits for libvirt's Started)")
                compare(table, test, trace, kind == "transient")
    except host.Missing as missing:
        table.note(f"the first instruction was not looked at: {missing}")
