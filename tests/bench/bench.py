#!/usr/bin/env python3
"""Measures vmpin and prints one table: `make bench`, as root, on a host with v1 control groups.

    bench.py [plan] [agent] [helper] [apply] [tree] [drift] [first]

Without names, everything, in ten minutes or so: `drift` and `first` start real guests and take most
of them. What is compared runs in turn, several times, and
medians are shown; where nothing waits, CPU time is taken, which other programs disturb least. It
makes guests' control groups of its own below `machine`, and removes them; it touches no guest,
policy or control group of others. A run fails when something is wrong, not when it is slow.
"""
import fcntl
import os
import shutil
import signal
import sys
import tempfile

from vmpinbench import agent, apply, drift, first, groups, helper, plan, programs, table, tree

LOCK = "/run/vmpin-bench.lock"
SECTIONS = {"plan": plan, "agent": agent, "helper": helper, "apply": apply,
            "tree": tree, "drift": drift, "first": first}


def end(number, _):
    raise SystemExit(128 + number)


def check_host():
    if os.geteuid() != 0:
        raise groups.Refused("must run as root: it makes control groups")
    groups.mountpoints()


def work_folder():
    """In memory, as /run is on a real host: vmpin keeps its state there."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    folder = tempfile.mkdtemp(prefix="vmpin-bench-", dir=memory)
    os.chmod(folder, 0o755)
    return folder


def run(names):
    shown = table.Table()
    for name in names:
        folder = work_folder()
        try:
            SECTIONS[name].bench(shown, folder)
        finally:
            shutil.rmtree(folder)
    return shown.end()


def main(names):
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        print(__doc__, file=sys.stderr)
        return os.EX_USAGE
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    with open(LOCK, "w", encoding="ascii") as lock:
        try:
            check_host()
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return run(names or list(SECTIONS))
        except BlockingIOError:
            print("bench: another bench runs", file=sys.stderr)
        except (groups.Refused, programs.Failed) as trouble:
            print(f"bench: {trouble}", file=sys.stderr)
        except KeyboardInterrupt:
            print("bench: interrupted; what it made is removed", file=sys.stderr)
            return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
