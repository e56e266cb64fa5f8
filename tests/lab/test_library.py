#!/usr/bin/python3
"""libcgtree on the lab's kernel, v2's most of all: the programs tests/integration/test_*_host.c, which
`make check` runs by themselves on a plain machine."""
import os
import subprocess
import sys

PROGRAMS = ("test_attributes_host", "test_cgroup_host", "test_tree_host")


def main():
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP",
                       LD_LIBRARY_PATH="/job")  # where tests/lab/run puts cmocka
    built = [f"{os.environ.get('top_builddir', '.')}/{name}" for name in PROGRAMS]
    return any([subprocess.run([program], env=environment, check=False).returncode != 0
                for program in built])


sys.exit(main())
