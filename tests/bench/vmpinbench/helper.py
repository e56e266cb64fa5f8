"""What it costs to have the helper run while nothing happens."""
import subprocess
import time

from . import agent, groups, programs
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


def connected(output):
    with open(output, "rb") as file:
        return b'"synced"' in file.read()


def look(table, uri, pid, output):
    time.sleep(2)
    woken = wakeups_at_rest(pid, output) if connected(output) else None
    if woken is not None:
        table.row(f"{uri}: wake-ups in {QUIET} s", count(woken), bound=1, judged=woken)
        table.row(f"{uri}: resident memory, MB", f"{agent.resident(pid):.1f}")
    elif connected(output):
        table.note(f"{uri}: there was no quiet moment: others' guests come and go")
    else:
        table.note(f"{uri}: the helper cannot connect")


def measure(table, folder, uri):
    output, helper = f"{folder}/helper", None
    args = [programs.program("vmpin-guests"), "--connect", uri]
    try:
        with open(output, "wb") as file, groups.patience():
            helper = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                      preexec_fn=groups.listen)
        look(table, uri, helper.pid, output)
    finally:
        with groups.patience():
            if helper:
                programs.stop(helper)


def bench(table, folder):
    table.section("helper at rest")
    for uri in ("qemu:///system", "test:///default"):
        measure(table, folder, uri)
