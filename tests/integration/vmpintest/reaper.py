"""Starts a daemon and waits for the processes that it leaves without a parent: libvirt takes a QEMU that
ended for one that lives until somebody has waited for it, and a container's first process may let
seconds pass. Its own end is theirs.

    reaper.py PROGRAM [ARGUMENT]...
"""
import contextlib
import ctypes
import os
import sys

PR_SET_CHILD_SUBREAPER = 36


def reap():
    """Until there is nobody left."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def main(program):
    told, tell = os.pipe()
    if os.fork():
        os.close(tell)
        return 0 if os.read(told, 1) == b"0" else 1
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = os.spawnvp(os.P_WAIT, program[0], program) == 0
    os.write(tell, b"0" if started else b"1")
    os.close(tell)
    reap()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
