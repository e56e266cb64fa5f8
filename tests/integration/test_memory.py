#!/usr/bin/python3
"""The whole program without memory: one allocation of it fails, whichever it is. It ends with an
error or does without; it never crashes, and what it could not do is done later.

Some of the allocations are tried, other ones each time; all of them with VMPIN_TEST_MEMORY=all. On
plain files in the place of control groups, as test_cli_recorded.py has them: neither root nor guests.
"""
import os
import random
import shutil
import subprocess
import sys
import time

from test_cli_recorded import BUILD, Host, pins
from vmpintest import tap
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
        self.before = self.texts()
        self.host.policy("a.json", pins("*"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.host.root)

    def texts(self):
        """Of every file but the state and the log."""
        return {path: text.strip() for path, (text, _) in self.host.everything().items()
                if not path.endswith(".log")}

    def words(self, verb):
        return [program()] + self.host.command(verb)[1:]

    def run(self, **variables):
        return subprocess.run(self.words("reconcile"), env=environment(**variables), text=True,
                              capture_output=True, timeout=PATIENCE)

    def agent(self, **variables):
        """An agent until all is in force, or it has ended: (exit status, what it said)."""
        log = f"{self.host.root}/agent.log"
        with open(log, "w") as file:
            agent = subprocess.Popen(self.words("agent"), stdout=file, stderr=file,
                                     env=environment(LD_PRELOAD=PRELOAD, **variables))
        try:
            end = time.monotonic() + PATIENCE
            while agent.poll() is None and not self.in_force():
                assert time.monotonic() < end, open(log).read()
                time.sleep(0.02)
        finally:
            agent.terminate()
            agent.wait(PATIENCE)
        return agent.returncode, open(log).read()

    def in_force(self):
        return self.host.read("db1", "vcpu3", "cpuset.cpus") == "2-3" and \
            self.host.read("web1", "vcpu1", "cpuset.cpus") == "2-3"

    def comes_right(self):
        """The next run has all in force; without a policy all is as it was, and nothing is left."""
        done = self.run()
        assert done.returncode == 0 and self.in_force(), done
        os.unlink(f"{self.host.policies}/a.json")
        done = self.run()
        assert done.returncode == 0 and self.texts() == self.before, done
        left = [name for _, _, files in os.walk(f"{self.host.root}/run") for name in files
                if name.startswith(".") or name.endswith(".damaged")]
        assert not left, left


def reconcile_lacks_memory(scene, at):
    done = scene.run(LD_PRELOAD=PRELOAD, FAIL_AT=str(at))
    assert done.returncode >= 0, f"signal {-done.returncode}"
    assert done.returncode == 0 or done.stderr, "silence"
    scene.comes_right()


def agent_lacks_memory(scene, at):
    status, said = scene.agent(FAIL_AT=str(at))
    assert status >= 0, f"{status}: {said}"
    assert status == 0 or (said and " runs" not in said), f"the agent ended: {said}"
    scene.comes_right()


def each(count, attempt):
    """The attempt at each allocation that is to fail; all failures are told."""
    step = 1 if os.environ.get("VMPIN_TEST_MEMORY") == "all" else count // TRIES
    moments = range(random.randint(1, step), count + 1, step)
    print(f"# {len(moments)} of {count} allocations fail, from number {moments.start} on", flush=True)
    failed = []
    for at in moments:
        try:
            with Scene() as scene:
                attempt(scene, at)
        except AssertionError as error:
            failed.append(f"allocation {at}: {error}")
    assert not failed, "\n".join(failed)


def counted(run):
    """How many allocations there are when none fails."""
    with Scene() as scene:
        path = f"{scene.host.root}/count.log"
        run(scene, path)
        with open(path) as file:
            count = int(file.read())
    assert count > 300, f"only {count} allocations"
    return count


def test_reconcile():
    """A run that lacks memory once says so or does without; the next one has all in force"""
    count = counted(lambda scene, path: scene.run(LD_PRELOAD=PRELOAD, FAIL_COUNT=path))
    each(count, reconcile_lacks_memory)


def test_agent():
    """An agent that lacks memory once lives on and has all in force, or does not start, and says so"""
    count = counted(lambda scene, path: scene.agent(FAIL_COUNT=path))
    each(count, agent_lacks_memory)


def main():
    if not os.path.exists(PRELOAD):
        print(f"1..0 # SKIP there is no {PRELOAD}: built without shared libraries")
        return 0
    return tap.run([test_reconcile, test_agent])


if __name__ == "__main__":
    sys.exit(main())
