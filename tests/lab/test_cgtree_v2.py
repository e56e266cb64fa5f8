#!/usr/bin/python3
"""What cgtree does on v2 alone: controllers are enabled on the way down to a new group."""
import contextlib
import os
import subprocess
import sys

from vmpintest import main, skip_unless
from vmpintest.expect import equal
from vmpintest.guest import run
from vmpintest.host import hierarchies, read
from vmpintest.vmpin import program

OURS = f"/vmpin-test-cgtree-{os.getpid()}"


def unified():
    (hierarchy,) = hierarchies()[:1]
    skip_unless(hierarchy.version == 2, "needs cgroup v2")
    return hierarchy.path


def remove(paths):
    for path in reversed(paths):
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(path)


def test_way_down(t):
    """A group below one that has no controllers enabled gets all of them, and takes a process"""
    top = unified()
    made = [f"{top}{OURS}", f"{top}{OURS}/plain", f"{top}{OURS}/plain/deep"]
    t.undo.callback(remove, made)
    os.mkdir(made[0])
    os.mkdir(made[1])
    equal("the controllers of a plain group", read(f"{made[1]}/cgroup.controllers"), "")
    result = run([program("cgtree"), "create", f"{OURS}/plain/deep"], env=t.vmpin.environment())
    equal(f"the status of {result}", result.status, 0)
    equal("the controllers of the new one", set(read(f"{made[2]}/cgroup.controllers").split()),
          set(read(f"{top}/cgroup.controllers").split()))
    with subprocess.Popen(["sleep", "100"]) as process:
        try:
            with open(f"{made[2]}/cgroup.procs", "w") as file:
                file.write(str(process.pid))
        finally:
            process.kill()


def test_busy_parent(t):
    """A group with processes of its own gets no child with controllers, and is told why"""
    top = unified()
    made = [f"{top}{OURS}", f"{top}{OURS}/child"]
    t.undo.callback(remove, made)
    os.mkdir(made[0])
    with subprocess.Popen(["sleep", "100"]) as process:
        try:
            with open(f"{made[0]}/cgroup.procs", "w") as file:
                file.write(str(process.pid))
            # The root's controllers reach it with the first child that is asked for.
            result = run([program("cgtree"), "create", f"{OURS}/child"], env=t.vmpin.environment())
        finally:
            process.kill()
    equal(f"the status of {result}", result.status, 1)
    assert "processes" in result.err, str(result)
    assert not os.path.exists(f"{made[0]}/child")


if __name__ == "__main__":
    sys.exit(main())
