#!/usr/bin/python3
"""The whole program without memory: one allocation of it fails, whichever it is. It ends with an
error or does without; it never crashes, and what it could not do is done later.

Some of the allocations are tried, spread evenly; all of them with VMPIN_TEST_MEMORY=all. On plain
files in the place of control groups, as test_cli_recorded.py has them: neither root nor guests.
"""
import os
import shutil
import subprocess
import sys
import time
import traceback

from test_cli_recorded import BUILD, Host, pins
from vmpintest.waiting import slow

PRELOAD = f"{BUILD}/.libs/failing.so"
TRIES = 25
PATIENCE = slow(20)


def program():
    """Not libtool's script: each program that it starts would fail too."""
    return next(path for path in (f"{BUILD}/.libs/vmpin", f"{BUILD}/vmpin") if os.path.exists(path))


def environment(**variables):
    return dict(os.environ, LC_ALL="C.UTF-8", LD_LIBRARY_PATH=f"{BUILD}/.libs", **variables)


class Scene:
    """A host of two guests whose policy is not in force yet."""

    def __enter__(self):
        self.host = Host()
        self.host.policy("a.json", pins("*"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.host.root)

    def words(self, verb):
        return [program()] + self.host.command(verb)[1:]

    def run(self, **variables):
        return subprocess.run(self.words("reconcile"), env=environment(**variables), text=True,
                              capture_output=True, timeout=PATIENCE)

    def in_force(self):
        return self.host.read("db1", "vcpu3", "cpuset.cpus") == "2-3" and \
            self.host.read("web1", "vcpu1", "cpuset.cpus") == "2-3"


def moments():
    """Which allocations are to fail."""
    with Scene() as scene:
        path = f"{scene.host.root}/count"
        done = scene.run(LD_PRELOAD=PRELOAD, FAIL_COUNT=path)
        assert done.returncode == 0, done
        with open(path) as file:
            count = int(file.read())
    assert count > 300, f"only {count} allocations"
    return range(1, count + 1, 1 if os.environ.get("VMPIN_TEST_MEMORY") == "all" else
                 count // TRIES)


def test_reconcile():
    """A run that lacks memory once says so or does without; the next one has all in force"""
    for at in moments():
        with Scene() as scene:
            done = scene.run(LD_PRELOAD=PRELOAD, FAIL_AT=str(at))
            assert done.returncode >= 0, f"allocation {at} failed: signal {-done.returncode}"
            assert done.returncode == 0 or done.stderr, f"allocation {at} failed: silence"
            done = scene.run()
            assert done.returncode == 0 and scene.in_force(), f"allocation {at} failed, then: {done}"


def test_agent():
    """An agent that lacks memory once lives on and has all in force, or does not start, and says so"""
    for at in moments():
        with Scene() as scene:
            log = f"{scene.host.root}/log"
            with open(log, "w") as file:
                agent = subprocess.Popen(scene.words("agent"), stdout=file, stderr=file,
                                         env=environment(LD_PRELOAD=PRELOAD, FAIL_AT=str(at)))
            try:
                end = time.monotonic() + PATIENCE
                while agent.poll() is None and not scene.in_force():
                    assert time.monotonic() < end, f"allocation {at} failed: {open(log).read()}"
                    time.sleep(0.02)
            finally:
                agent.terminate()
                agent.wait(PATIENCE)
            said = open(log).read()
            assert agent.returncode >= 0, f"allocation {at} failed: {agent.returncode} {said}"
            assert agent.returncode == 0 or " runs" not in said, \
                f"allocation {at} failed, and the agent ended: {said}"


def main():
    tests = [test_reconcile, test_agent]
    if not os.path.exists(PRELOAD):
        print(f"1..0 # SKIP there is no {PRELOAD}: built without shared libraries")
        return 0
    print(f"1..{len(tests)}")
    failed = 0
    for number, function in enumerate(tests, 1):
        try:
            function()
        except Exception:
            failed += 1
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
            print("not ", end="")
        print(f"ok {number} - {function.__doc__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
