"""What is true after any fault, once it has passed: an agent holds no more than a new one, the guests
get back what they had before vmpin, its state folder has what it must and no more, no process is
left, and neither another guest nor anything else of the host was touched."""
import contextlib
import os
import time

from .host import daemon
from .node import content
from .surroundings import Surroundings
from .waiting import wait_for

IGNORE = "<metadata><v:ignore xmlns:v='https://vmpin.org/xmlns/domain/1.0'/></metadata>"
STATE = {"agent.lock", "agent.pid", "policies.json", "guests", "holds"}


class Aftermath:
    """From here on, until check() at the test's end. `left`: what more the state folder may have."""

    def __init__(self, t, guests, left):
        self.t, self.left = t, set(left)
        self.bystander = t.guest(name="bystander", iothreads=1, extra=IGNORE)
        self.before = {guest: guest.nodes.settings() for guest in (*guests, self.bystander)}
        self.libvirtd = daemon(t.machine.service)
        self.surroundings = Surroundings(t.root)

    def check(self):
        agent = self.compare_agents()
        for name in os.listdir(str(self.t.policies)):
            self.t.policies.remove(name)
        for guest, before in self.before.items():
            wait_for(lambda g=guest, b=before: self.t.restored(g, b), 15, f"{guest} as it was before")
        wait_for(self.tidy, 10, "the state folder")
        agent.stop()
        assert not self.processes(), f"left behind: {self.processes()}"
        self.t.untouched(self.bystander, self.but_for_libvirtd(self.before[self.bystander]))
        changed = self.surroundings.changed()
        assert not changed, f"what is not vmpin's was touched:\n{changed}"

    def but_for_libvirtd(self, settings):
        """The settings as a restart of libvirtd, if there was one, leaves them: on v2 it writes all
        memory nodes into each guest's `libvirt` group, where nothing stood. A test restarts it, or
        systemd does when it died of what the test put it through."""
        if daemon(self.t.machine.service) == self.libvirtd:
            return settings
        return {path: all_nodes(path) if path.endswith("/libvirt/cpuset.mems") else value
                for path, value in settings.items()}

    def compare_agents(self):
        """The agent that went through it all, and another in its place, which is returned."""
        used = None
        for old in self.t.agents:
            if old.running():
                used = descriptors(old)
                old.stop()
        new = self.t.agent()
        if used:
            of_new = descriptors(new)
            assert used.total() <= of_new.total(), (f"{used.total()} descriptors, where a new agent has "
                                                    f"{of_new.total()}: too many are {used - of_new}")
        return new

    def tidy(self):
        running = [guest for guest in self.t.made if os.path.exists(guest.pid_file())]
        state = self.t.vmpin.state
        found = set(os.listdir(state)) | set(os.listdir(f"{state}/guests")) | \
            set(os.listdir(f"{state}/holds"))
        more = found - STATE - self.left - {f"{guest.uuid}.{kind}" for guest in running
                                            for kind in ("json", "lock")}
        assert not more, f"{state} has {more} too"
        return True

    def processes(self):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                program = os.readlink(f"/proc/{pid}/exe")
                if program.startswith(self.t.vmpin.bin):
                    found.append(f"{pid} {program}")
        return found


def all_nodes(path):
    """What a file of that name has when it names all that its group's parent grants."""
    return content(f"{os.path.dirname(os.path.dirname(path))}/cpuset.mems.effective")


def descriptors(agent):
    """What it has when nothing is to be done."""
    def settled():
        counts = []
        for _ in range(4):
            counts.append(agent.descriptors() if agent.children() == 1 else None)
            time.sleep(0.1)
        return counts[0] if all(count == counts[0] for count in counts) else None
    return wait_for(settled, 20, "the agent and its helper to settle")
