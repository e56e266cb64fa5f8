#!/usr/bin/python3
"""The model of the kernel, on which the planner is tried, against the kernel of this machine: the
same random operations in both. Runs test_model_v1 or test_model_v2, whichever this host has.

usage: top_builddir=BUILD python3 tests/integration/test_model.py [SEED [ROUNDS [OPERATIONS]]]
"""
import os
import sys


def version():
    with open("/proc/mounts") as mounts:
        for line in mounts:
            kind, options = line.split()[2:4]
            if kind == "cgroup" and "cpuset" in options.split(","):
                return 1
    return 2


def main():
    program = f"{os.environ.get('top_builddir', '.')}/test_model_v{version()}"
    if not os.path.exists(program):
        print(f"1..0 # SKIP {program} is not built")
        return
    numbers = [word for word in sys.argv[1:] if word.isdigit()]
    sys.stdout.flush()
    os.execv(program, [program, *numbers])


main()
