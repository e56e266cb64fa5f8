"""Runs a program with a limit on inotify: the kernel's limits hold for each user namespace, and this
is one of the program's own, where root and all users are who they are outside.

    few_watches.py {watches|instances} MOST PROGRAM [ARGUMENT]...
"""
import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000
ALL = "0 0 4294967295"


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def main(what, most, *program):
    mine, outside = os.getpid(), os.pipe()
    child = os.fork()
    if child == 0:  # it stays outside, where the users may be mapped
        os.read(outside[0], 1)
        write(f"/proc/{mine}/uid_map", ALL)
        write(f"/proc/{mine}/gid_map", ALL)
        os._exit(0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    os.write(outside[1], b".")
    os.waitpid(child, 0)
    write(f"/proc/sys/user/max_inotify_{what}", most)
    os.execvp(program[0], program)


main(*sys.argv[1:])
