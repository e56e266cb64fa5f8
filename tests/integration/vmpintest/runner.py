"""Runs the test functions of one file and tells of each in TAP.

A test is a function `test_*(t)` whose docstring's first line is the sentence it proves. `t` is a
test.Test: what it starts and makes ends with the test, however the test ends.
"""
import os
import signal

from . import host, tap, vmpin
from .tap import Skip, comment
from .waiting import slow

TEST_SECONDS = 120


class TookTooLong(BaseException):
    """Not an Exception, so that no `except` of a test swallows it."""


def run_one(function, machine):
    from .test import Test

    def too_long(signum, frame):
        raise TookTooLong(f"over {slow(seconds):g} s")

    seconds = getattr(function, "seconds", TEST_SECONDS)
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(int(slow(seconds)))
    t = Test(machine)
    try:
        with t:
            try:
                function(t)
                t.finish()
            finally:
                signal.alarm(0)
    except (Skip, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        comment(t.told())
        raise AssertionError(str(error)) from error


def takes(seconds):
    """Decorator: the test may take this long (a plain machine's seconds)."""
    def mark(function):
        function.seconds = seconds
        return function
    return mark


def main(module="__main__"):
    def stop(signum, frame):
        raise SystemExit(128 + signum)

    for signum in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(signum, stop)
    try:
        if not os.path.exists(vmpin.program("vmpin")):
            raise host.Refused(f"no {vmpin.program('vmpin')}: top_builddir must name the build")
        with host.Machine() as machine:
            comment(machine.describe())
            return tap.run(tap.chosen(module), lambda function: run_one(function, machine))
    except host.Missing as missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    except host.Refused as leftover:
        print(f"Bail out! {leftover}")
        return 1
