#!/usr/bin/python3
"""Guests up and down and policies in and out for long: memory and descriptors stay flat.

`make soak` does it for 30 minutes (SOAK_SECONDS), a plain run for two.
"""
import os
import random
import statistics
import sys
import time

from test_crash import Churn
from vmpintest import main
from vmpintest.host import read
from vmpintest.runner import comment, takes

SECONDS = int(os.environ.get("SOAK_SECONDS", "120"))
ROUND = 5  # steps between two looks


def resident(pid):
    """KiB of memory that are the process's alone: what it maps of files is not counted."""
    status = read(f"/proc/{pid}/status")
    return int(status.partition("RssAnon:")[2].split()[0])


class Figures:
    def __init__(self, agent):
        self.agent = agent
        self.pids = {"agent": agent.pid, "helper": agent.helper()}
        self.memory = {name: [] for name in self.pids}
        self.descriptors = {name: [] for name in self.pids}

    def take(self):
        assert self.agent.running() and self.agent.helper() == self.pids["helper"], \
            f"agent or helper ended: {self.agent.log()[-2000:]}"
        for name, pid in self.pids.items():
            self.memory[name].append(resident(pid))
            self.descriptors[name].append(len(os.listdir(f"/proc/{pid}/fd")))

    def judge(self):
        for name in self.pids:
            for what, unit, spare, series in (("memory", "KiB", 1024, self.memory[name]),
                                              ("descriptors", "open", 3, self.descriptors[name])):
                third = len(series) // 3
                begin = statistics.median(series[third // 2:third + 1])
                end = statistics.median(series[-third - 1:])
                comment(f"{name}: {what} {begin:g} {unit} in the first third, {end:g} in the last, "
                        f"{max(series)} at most, of {len(series)} looks")
                assert end <= begin * 1.1 + spare, f"the {name}'s {what} grow: {series}"


@takes(SECONDS * 2 + 300)
def test_soak(t):
    """Under churn for long neither agent nor helper grows, and everything is in force at the end"""
    churn = Churn(t, random.Random(int(os.environ.get("VMPIN_TEST_SEED", "1"))))
    t.harmless(*churn.guests)
    agent = t.agent()
    figures = Figures(agent)
    end = time.monotonic() + SECONDS
    turn = 0
    while time.monotonic() < end or turn < 6 * ROUND:
        churn.step()
        turn += 1
        if turn % ROUND == 0:
            figures.take()
    comment(f"{turn} changes in {SECONDS} s")
    agent.stop()
    churn.settle()
    figures.judge()


if __name__ == "__main__":
    sys.exit(main())
