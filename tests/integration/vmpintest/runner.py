"""Runs the test functions of one file and tells of each in TAP.

A test is a function `test_*(t)` whose docstring's first line is the sentence it proves. `t` is a
test.Test: what it starts and makes ends with the test, however the test ends.
"""
import os
import signal
import sys
import time
import traceback

from . import host, vmpin
from .waiting import slow

TEST_SECONDS = 120


class Skip(Exception):
    pass


class TookTooLong(BaseException):
    """Not an Exception, so that no `except` of a test swallows it."""


def skip_unless(condition, reason):
    if not condition:
        raise Skip(reason)


def comment(text):
    for line in text.rstrip().splitlines():
        print("# " + line, flush=True)


def sentence(function):
    text = (function.__doc__ or function.__name__[5:].replace("_", " ")).strip().splitlines()[0]
    return text.rstrip(".").replace("#", "\\#")


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
    except BaseException:
        comment(traceback.format_exc())
        comment(t.told())
        return False
    return True


def takes(seconds):
    """Decorator: the test may take this long (a plain machine's seconds)."""
    def mark(function):
        function.seconds = seconds
        return function
    return mark


def chosen(tests):
    """Words on the command line choose tests by parts of their names."""
    words = sys.argv[1:]
    return [f for f in tests if not words or any(w in f.__name__ for w in words)]


def main(module="__main__"):
    def stop(signum, frame):
        raise SystemExit(128 + signum)

    for signum in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(signum, stop)
    everything = vars(sys.modules[module])
    tests = chosen([f for n, f in everything.items() if n.startswith("test_") and callable(f)])
    try:
        if not os.path.exists(vmpin.program("vmpin")):
            raise host.Refused(f"no {vmpin.program('vmpin')}: top_builddir must name the build")
        with host.Machine() as machine:
            comment(machine.describe())
            print(f"1..{len(tests)}", flush=True)
            return report(tests, machine)
    except host.Missing as missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    except host.Refused as leftover:
        print(f"Bail out! {leftover}")
        return 1


def report(tests, machine):
    failed = 0
    for number, function in enumerate(tests, 1):
        begin = time.monotonic()
        try:
            good = run_one(function, machine)
            reason = ""
        except Skip as skip:
            good, reason = True, f" # SKIP {skip}"
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {sentence(function)}{reason}")
        comment(f"{time.monotonic() - begin:.1f} s")
    return 1 if failed else 0
