"""What it costs to have the helper run while nothing happens."""
import subprocess
import time

from . import agent, programs
from .table import count

QUIET = 10
TRIES = 6


def lines(path):
    with open(path, "rb") as file:
        return file.read().count(b"\n")


def wakeups_at_rest(pid, output):
    """In QUIET seconds without an event of libvirt's; None when libvirt is never quiet."""
    for _ in range(TRIES):
        before, told = agent.wakeups(pid), lines(output)
        time.sleep(QUIET)
        if lines(output) == told:
            return agent.wakeups(pid) - before
    return None


def measure(table, folder, uri):
    output = f"{folder}/helper"
    with open(output, "wb") as file:
        helper = subprocess.Popen([programs.program("vmpin-guests"), "--connect", uri],
                                  stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        time.sleep(2)
        with open(output, "rb") as file:
            if b'"synced"' not in file.read():
                table.note(f"{uri}: the helper does not connect")
                return
        woken = wakeups_at_rest(helper.pid, output)
        if woken is None:
            table.note(f"{uri}: there was no quiet moment: others' guests come and go")
            return
        table.row(f"{uri}: wake-ups in {QUIET} s", count(woken), bound=1, judged=woken)
        table.row(f"{uri}: resident memory, MB", f"{agent.resident(helper.pid):.1f}")
    finally:
        helper.terminate()
        helper.wait()


def bench(table, folder):
    table.section("helper at rest")
    for uri in ("qemu:///system", "test:///default"):
        measure(table, folder, uri)
