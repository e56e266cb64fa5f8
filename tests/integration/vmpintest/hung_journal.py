"""Runs a program whose standard error is a journal that takes entries until its queue is full, and
reads none: as journald is while it hangs. The socket is in a mount namespace of the program's own.

    hung_journal.py PROGRAM [ARGUMENT]...
"""
import ctypes
import os
import socket
import subprocess
import sys

CLONE_NEWNS = 0x20000


def main(*program):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    os.makedirs("/run/systemd", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "vmpin-test", "/run/systemd"], check=True)
    os.mkdir("/run/systemd/journal")
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal.bind("/run/systemd/journal/socket")
    os.set_inheritable(journal.fileno(), True)
    stderr = os.fstat(2)
    os.environ["JOURNAL_STREAM"] = f"{stderr.st_dev}:{stderr.st_ino}"
    os.execvp(program[0], program)


main(*sys.argv[1:])
