"""What one test works with. Everything that it makes ends with it."""
import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile

from . import node
from .aftermath import Aftermath
from .guest import Guest, virsh
from .host import hierarchies, read
from .surroundings import Surroundings
from .vmpin import Agent, Vmpin
from .waiting import slow, wait_for

serial = itertools.count(1)


def removed(path):
    with contextlib.suppress(OSError):
        os.rmdir(path)
    return not os.path.exists(path)


class Test:
    def __init__(self, machine):
        self.machine = machine
        self.undo = contextlib.ExitStack()
        self.agents = []
        self.made = []
        self.aftermath = None
        self.root = tempfile.mkdtemp(prefix="vmpin-test-")
        os.chmod(self.root, 0o755)
        self.undo.callback(shutil.rmtree, self.root, ignore_errors=True)
        self.vmpin = Vmpin(self.root)
        self.policies = self.vmpin.policies

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error:
            self.last_words = self.gather()
        with self.undo:
            for agent in self.agents:
                agent.close()
            for ending in [guest.forget() for guest in self.made]:
                ending.wait(slow(60))

    def guest(self, vcpus=2, paused=True, start=True, name="", **options):
        """A guest that runs; one more name each time, for libvirt to have no stale state of it."""
        guest = Guest(f"{name or 'g'}{next(serial)}", vcpus=vcpus, **options)
        self.made.append(guest.define())
        if start:
            guest.start(paused=paused)
        return guest

    def guests(self, count, **options):
        return [self.guest(**options) for _ in range(count)]

    def partition(self, name):
        """A place for guests beside /machine. systemd makes it by itself; elsewhere libvirt wants
        it in every hierarchy, with a suffix where the name has no dot."""
        if self.machine.has_systemd():
            return
        for hierarchy in hierarchies():
            path = f"{hierarchy.path}/{name}.partition"
            os.mkdir(path)
            self.undo.callback(wait_for, lambda p=path: removed(p), 10, f"{path} to be empty")
            for file in ("cpuset.cpus", "cpuset.mems"):
                if hierarchy.version == 1 and "cpuset" in hierarchy.controllers:
                    with open(f"{path}/{file}", "w") as target:
                        target.write(read(f"{hierarchy.path}/{file}"))

    def agent(self, *args, ready=True, **options):
        agent = Agent(self.vmpin, *args, **options)
        self.agents.append(agent)
        return agent.wait_ready() if ready else agent

    def background(self, words, kill_after=None):
        """Starts a program; the function returned waits for its end: (status, what it said)."""
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True,
                                   env=self.vmpin.environment(), cwd="/")
        self.undo.callback(process.kill)

        def finish():
            try:
                told, _ = process.communicate(timeout=kill_after or slow(60))
            except subprocess.TimeoutExpired:
                process.kill()
                told, _ = process.communicate()
                assert kill_after, f"no end of {words}: {told}"
            return process.returncode, told
        return finish

    def harmless(self, *guests, left=()):
        """What the test does to vmpin from here on must do no harm; the test ends with a check of
        that: see aftermath.py. The guests are not under a policy yet."""
        self.aftermath = Aftermath(self, guests, left)

    def finish(self):
        if self.aftermath:
            self.aftermath.check()

    # -- what a test says often --------------------------------------------------------------------

    def untouched(self, guest, before):
        changed = node.difference(before, guest.nodes.settings())
        assert not changed, f"{guest} was touched:\n{changed}"

    @contextlib.contextmanager
    def nothing_else(self):
        """Nothing of the host is touched meanwhile but the tests' guests."""
        before = Surroundings(self.root)
        yield
        changed = before.changed()
        assert not changed, f"what is not vmpin's was touched:\n{changed}"

    def restored(self, guest, before):
        """As untouched, but for what the kernel does not take back. True, or an AssertionError."""
        changed = node.difference(before, node.back_to_full(guest.nodes.settings(), before))
        assert not changed, f"{guest} is not as it was:\n{changed}"
        return True

    def gather(self):
        text = ""
        for result in self.vmpin.results[-6:]:
            text += f"{result}\n"
        for agent in self.agents[-5:]:
            text += "".join(f"agent: {line}\n" for line in agent.log().splitlines()[-60:])
        return text

    def told(self):
        return getattr(self, "last_words", "")


__all__ = ["Test", "virsh", "wait_for"]
