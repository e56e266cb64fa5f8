#!/usr/bin/python3
"""The whole program while memory, descriptors or the disk below its state run out: each call that may
tell so fails in turn, in a run for each. It ends with an error or does without; it never crashes and
leaks nothing, and what it could not do is done later.

On plain files in the place of control groups, as test_cli_recorded.py has them, and a helper that
tells the recording: neither root nor guests. The runs wait more than they work, so that many go on
at once."""
import contextlib
import functools
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from test_cli_recorded import BUILD, RECORDING, Host, pins
from vmpintest import tap
from vmpintest.waiting import slow

PRELOAD = f"{BUILD}/.libs/failing.so"
PATIENCE = slow(30)
AT_ONCE = 40
BEHIND = 20  # so many that nothing came of: behind the last one. How many an agent makes varies a little
ALWAYS = 1000000  # times
EVERY = int(os.environ.get("VMPIN_TEST_EVERY", "1"))  # 20: each 20th, for a quick look


def program(name):
    """Not libtool's script: each program that it starts would fail too."""
    return next(path for path in (f"{BUILD}/.libs/{name}", f"{BUILD}/{name}") if os.path.exists(path))


def environment(**variables):
    """Without a locale: a tree is drawn in ASCII where there is no memory for another one."""
    return dict(os.environ, LC_ALL="C", LD_LIBRARY_PATH=f"{BUILD}/.libs", **variables)


def wait(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what()
        time.sleep(0.04)


def told(path):
    """How many such calls there were, and how many allocations were not freed."""
    with open(path) as file:
        return [int(word) for word in file.read().split()]


class Scene:
    """A host of two guests whose policy is not in force yet."""

    helper = None  # the program that tells the recording

    def __enter__(self):
        self.host = Host()
        self.count = f"{self.host.root}/count.log"
        self.before = self.texts()
        self.host.policy("a.json", pins("*"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.host.root)

    def texts(self):
        """Of every file but the state and the logs."""
        return {path: text.strip() for path, (text, _) in self.host.everything().items()
                if not path.endswith(".log")}

    def words(self, verb):
        return [program("vmpin"), verb, "--root", self.host.root, "-p", self.host.policies]

    def run(self, *more, **variables):
        return subprocess.run(self.words("reconcile") + list(more), text=True, capture_output=True,
                              timeout=PATIENCE, env=environment(VMPIN_HELPER=self.helper, **variables))

    def run_plainly(self):
        return self.run("--guests", RECORDING)

    def failing(self, what, at, times=1):
        """The environment in which that call fails, and those behind it (failing.c)."""
        return {"LD_PRELOAD": PRELOAD, "FAIL_WHAT": what, "FAIL_AT": str(at), "FAIL_TIMES": str(times),
                "FAIL_BELOW": f"{self.host.root}/run/", "FAIL_COUNT": self.count}

    def told(self):
        return told(self.count)

    def read(self, *place):
        return self.host.read(*place, "cpuset.cpus")

    def in_force(self):
        return self.read("db1", "vcpu3") == "2-3" and self.read("web1", "vcpu1") == "2-3"

    def comes_right(self):
        """The next run has all in force; without a policy all is as it was, and nothing is left."""
        done = self.run_plainly()
        assert done.returncode == 0 and self.in_force(), done
        os.unlink(f"{self.host.policies}/a.json")
        done = self.run_plainly()
        assert done.returncode == 0 and self.texts() == self.before, done
        left = [name for _, _, files in os.walk(f"{self.host.root}/run") for name in files
                if name.startswith(".") or name.endswith(".damaged")]
        assert not left, left


class Agent:
    """An agent in a scene, and what happens to it."""

    def __init__(self, scene, **variables):
        self.scene = scene
        self.log = f"{scene.host.root}/agent.log"
        with open(self.log, "w") as file:
            self.process = subprocess.Popen(
                scene.words("agent"), stdout=file, stderr=file, start_new_session=True,
                env=environment(VMPIN_HELPER=scene.helper, **variables))

    def said(self):
        with open(self.log) as file:
            return file.read()

    def ended(self):
        return self.process.poll() is not None

    def until(self, condition):
        """False: it has ended."""
        wait(lambda: self.ended() or condition(), self.said)
        return not self.ended()

    def drifts(self):
        """In one write, of a text of the same length: nothing is seen half done."""
        fd = os.open(self.scene.host.file("web1", "vcpu1", "cpuset.cpus"), os.O_WRONLY)
        os.write(fd, b"0-7")
        os.close(fd)
        return self.until(self.scene.in_force)

    def has_another_policy(self):
        policies = self.scene.host.policies
        self.scene.host.policy("b.json", pins("db1", apply={"emulator": {"cpuset": {"cpus": "4-5"}}}))
        come = self.until(lambda: self.scene.read("db1", "emulator") == "4-5")
        os.unlink(f"{policies}/b.json")
        return come and self.until(lambda: self.scene.read("db1", "emulator") == "0-7")

    def lives(self):
        """A whole life; False: it ended by itself."""
        return self.until(self.scene.in_force) and self.drifts() and self.has_another_policy()

    def descriptors(self):
        with contextlib.suppress(FileNotFoundError):
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        return 0

    def end(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)


def live(scene, descriptors=None, **variables):
    """An agent's life, ended by itself or by us: (did it live to the end, its status, what it said,
    the descriptors that it had then). It comes down to `descriptors`, where these are given."""
    agent = Agent(scene, **variables)
    try:
        lived = agent.lives()
        if lived and descriptors is not None:
            wait(lambda: agent.descriptors() <= descriptors,
                 lambda: f"{agent.descriptors()} descriptors, not {descriptors}: {agent.said()}")
        had = agent.descriptors()
    finally:
        status = agent.end()
    return lived, status, agent.said(), had


class Turns:
    """Attempts, each of which has the next call of a program fail, until there are no more. An attempt
    answers whether there was one."""

    def __init__(self, attempt, scenes=Scene):
        self.attempt = attempt
        self.scenes = scenes
        self.numbers = itertools.count(1, EVERY)
        self.lock = threading.Lock()
        self.reached, self.behind, self.failed = 0, 0, []

    def next(self):
        with self.lock:
            return next(self.numbers) if self.behind < BEHIND else None

    def work(self):
        while (at := self.next()) is not None:
            try:
                with self.scenes() as scene:
                    reached = self.attempt(scene, at)
            except Exception as error:
                reached = True
                self.failed.append(f"number {at}: {error}")
            with self.lock:
                self.reached += reached
                self.behind += not reached

    def take(self, calls, least):
        begin, cpu = time.monotonic(), os.times()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for future in [pool.submit(self.work) for _ in range(AT_ONCE)]:
                future.result()
        cpu = sum(os.times()[:4]) - sum(cpu[:4])
        print(f"# {self.reached} {calls} failed, each in turn: {time.monotonic() - begin:.0f} s, "
              f"of one processor {cpu:.0f} s", flush=True)
        assert not self.failed, "\n".join(self.failed[:5])
        assert self.reached > least // EVERY, f"only {self.reached} {calls}"


def leaks_nothing(scene, usual, said):
    left = scene.told()[1]
    assert left <= usual, f"{left} allocations are not freed, where {usual} are usual: {said}"


def reconcile_in_turn(what, least, times=1):
    with Scene() as scene:
        scene.run(**scene.failing(what, 0))
        usual = scene.told()[1]

    def attempt(scene, at):
        done = scene.run(**scene.failing(what, at, times))
        assert done.returncode >= 0, f"signal {-done.returncode}"
        assert scene.in_force() if done.returncode == 0 else done.stderr, f"silence: {done}"
        leaks_nothing(scene, usual, done)
        count = scene.told()[0]
        scene.comes_right()
        return count >= at

    Turns(attempt).take(f"calls of reconcile ({what})", least)


def agents_usual(what):
    """What an agent has at most when nothing fails: descriptors, and allocations that are not freed."""
    had = []
    for _ in range(3):
        with Scene() as scene:
            lived, status, said, descriptors = live(scene, **scene.failing(what, 0))
            assert lived and status == 0, said
            had.append((descriptors, scene.told()[1]))
    return (max(each) for each in zip(*had))


def agent_in_turn(what, least, times=1):
    descriptors, usual = agents_usual(what)

    def attempt(scene, at):
        lived, status, said, _ = live(scene, descriptors, **scene.failing(what, at, times))
        assert status == 0 if lived else (status > 0 and said and " runs" not in said), \
            f"it ended with {status}: {said}"
        leaks_nothing(scene, usual, said)
        count = scene.told()[0]
        scene.comes_right()
        return count >= at

    Turns(attempt).take(f"calls of an agent ({what})", least)


def answers_in_turn(what, *words):
    """A command that only reads answers all of it, or with an error."""
    with Scene() as scene:
        def answer(at, count):
            more = ["-p", scene.host.policies] if words[0] == "vmpin" else []
            return subprocess.run([program(words[0]), *words[1:], "--root", scene.host.root, *more],
                                  text=True, capture_output=True, timeout=PATIENCE,
                                  env=environment(**dict(scene.failing(what, at), FAIL_COUNT=count)))

        whole = answer(0, scene.count)
        assert whole.returncode in (0, 2) and whole.stdout, whole

        def attempt(_, at):
            count = f"{scene.host.root}/{at}.log"
            done = answer(at, count)
            assert done.returncode >= 0, f"signal {-done.returncode}"
            if (done.returncode, done.stdout) != (whole.returncode, whole.stdout):
                assert done.returncode not in (0, 2) and done.stderr, f"{done}, not {whole}"
            return told(count)[0] >= at

        Turns(attempt, lambda: contextlib.nullcontext(scene)).take(f"calls of {words[1]} ({what})", 10)


def test_reconcile_memory():
    """A run that lacks memory once says so or does without; the next one has all in force"""
    reconcile_in_turn("memory", 900)


def test_agent_memory():
    """An agent that lacks memory once lives on and has all in force, or does not start, and says so"""
    agent_in_turn("memory", 1500)


def test_reconcile_descriptors():
    """So does a run that lacks a descriptor, once or from then on"""
    for times in (1, ALWAYS):
        reconcile_in_turn("descriptors", 80, times)


def test_agent_descriptors():
    """So does an agent that lacks descriptors, once or for a while"""
    for times in (1, 3):
        agent_in_turn("descriptors", 200, times)


def test_reconcile_disk():
    """So does a run that finds the disk full below its state folder, at each change of a file there"""
    for times in (1, ALWAYS):
        reconcile_in_turn("disk", 12, times)


def test_agent_disk():
    """So does an agent that finds it full, once or for a while"""
    for times in (1, 3):
        agent_in_turn("disk", 40, times)


def test_what_reads():
    """plan, status and explain tell all, or with an error that memory or descriptors lack"""
    for words in (["plan"], ["status", "--json"], ["explain", "db1"]):
        for what in ("memory", "descriptors"):
            answers_in_turn(what, "vmpin", *words, "--guests", RECORDING)


def test_cgtree():
    """So do cgtree tree and get; where cgtree set says that it is done it is"""
    for words in (["tree"], ["tree", "--vms", "--json"], ["tree", "--grouped", "--json"],
                  ["get", "db1/vcpu0"], ["get", "db1/vcpu0", "--json"]):
        for what in ("memory", "descriptors"):
            answers_in_turn(what, "cgtree", *words)

    def sets(what, scene, at):
        done = subprocess.run([program("cgtree"), "set", "db1/vcpu0", "cpuset.cpus=1", "--root",
                               scene.host.root], text=True, capture_output=True, timeout=PATIENCE,
                              env=environment(**scene.failing(what, at)))
        assert done.returncode >= 0, f"signal {-done.returncode}"
        assert done.returncode == 0 or done.stderr, f"silence: {done}"
        assert scene.read("db1", "vcpu0") in ("1", "0-7" if done.returncode else "1"), done
        return scene.told()[0] >= at

    for what in ("memory", "descriptors"):
        Turns(functools.partial(sets, what)).take(f"calls of set ({what})", 10)


@contextlib.contextmanager
def recorded_helper():
    """A helper that tells the recording, where another user may run it too, and stays."""
    with tempfile.TemporaryDirectory(prefix="vmpin-helper-") as folder:
        os.chmod(folder, 0o755)
        shutil.copy(RECORDING, f"{folder}/guests")
        with open(f"{folder}/helper", "w") as file:
            file.write(f"#!/bin/sh\ncat {folder}/guests\n"
                       "case \"$*\" in *--once*) ;; *) exec sleep 600 ;; esac\n")
        os.chmod(f"{folder}/helper", 0o755)
        yield f"{folder}/helper"


def run(tests):
    if not os.path.exists(PRELOAD):
        print(f"1..0 # SKIP there is no {PRELOAD}: built without shared libraries")
        return 0
    with recorded_helper() as Scene.helper:
        if os.path.isdir("/dev/shm"):
            tempfile.tempdir = "/dev/shm"  # thousands of hosts, of a hundred files each
        return tap.run(tests)


if __name__ == "__main__":
    sys.exit(run(tap.chosen()))
