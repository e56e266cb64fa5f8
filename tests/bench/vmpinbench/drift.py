"""From a foreign write to the healed value, beside the bare time of inotify and one write."""
import os
import subprocess
import time

from . import programs, real
from .table import count, milliseconds
from vmpintest import host, wait_for
from vmpintest.drift import (Spread, disturbing, drift_in_force, drift_policy, files, healed_after,
                             put, quantile)

GUESTS = int(os.environ.get("VMPIN_BENCH_GUESTS", "20"))
WRITES = int(os.environ.get("VMPIN_BENCH_WRITES", "1000"))
MOMENT = 0.2  # seconds: the longest between two writes
LIMIT = 30    # seconds: what takes longer is not healed
MEDIAN, MOST = 2e6, 20e6  # nanoseconds: the bounds


class Bare:
    """A program that does nothing but heal one file, of a guest that no policy matches."""

    def __init__(self, test):
        self.path = test.guest().nodes.file("vcpu0", "cpuset.cpus")
        put(self.path, "0")
        self.process = subprocess.Popen([programs.program("bench_echo"), self.path, "0"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        test.undo.callback(programs.stop, self.process)
        self.process.stdout.readline()


class Drift:
    def __init__(self, table, test):
        self.table, self.test = table, test
        self.guests = test.guests(GUESTS, vcpus=4, current=3, iothreads=1)
        self.spread = Spread([path for guest in self.guests for path in files(guest)], 1)
        self.bare = Bare(test)
        test.policies.write("a.json", drift_policy(self.guests))
        test.agent()
        self.settle()

    def settle(self):
        for guest in self.guests:
            wait_for(lambda: drift_in_force(guest), 60, f"the policy of {guest}")

    def writes(self, number, restart):
        """(nanoseconds that each took to be healed, of the bare program in between, lost ones)"""
        times, bare, lost = [], [], 0
        for n in range(number):
            time.sleep(self.spread.moment(MOMENT))
            if n == restart:
                self.test.machine.restart_libvirtd()
            took = healed_after(self.spread.next(), LIMIT)
            if took is None:
                lost += 1
            else:
                times.append(1e9 * took)
            if n % 5 == 0:
                bare.append(1e9 * healed_after(self.bare.path, LIMIT))
        return times, bare, lost

    def show(self, what, times, bare):
        for name, share, bound in (("median", 0.5, MEDIAN), ("99th percentile", 0.99, MOST)):
            took, least = quantile(times, share), quantile(bare, share)
            self.table.row(f"{what}: {name} (bound: {milliseconds(bound)})", milliseconds(took),
                           milliseconds(least), took / least, bound / 1e6, took / 1e6)

    def run(self):
        half = WRITES // 2
        times, bare, lost = self.writes(half, None)
        self.show("while nothing else happens", times, bare)
        restart = half // 2 if self.test.machine.may_kill_libvirtd() else None
        with disturbing(self.guests):
            times, bare, more = self.writes(half, restart)
        self.show("with vCPUs and iothreads plugged, libvirtd killed", times, bare)
        self.settle()
        self.table.check("all are healed: value, effective set, every thread's mask",
                         lost + more == 0, f"{lost + more} writes were not undone")


def bench(table, folder):
    try:
        with real.guests(folder) as test:
            table.section(f"drift: {count(WRITES)} foreign writes at random moments over {GUESTS} "
                          "guests, until the value is back (bare: inotify and one write)")
            Drift(table, test).run()
    except host.Missing as missing:
        table.note(f"drift was not measured: {missing}")
