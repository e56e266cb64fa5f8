"""Conditions with deadlines. No test sleeps for a fixed time and hopes."""
import os
import time

# How many times slower than a plain machine this one is (the emulated lab sets it).
SLOW = float(os.environ.get("VMPIN_TEST_SLOW", "1"))


class Timeout(AssertionError):
    pass


def slow(seconds):
    """A deadline for a plain machine, stretched for this one."""
    return seconds * SLOW


def wait_for(condition, seconds=10, what="the condition"):
    """Calls `condition` until it is true and returns its value. An AssertionError of it means
    "not yet", and is what the timeout tells."""
    end = time.monotonic() + slow(seconds)
    last = None
    while True:
        begin = time.monotonic()
        try:
            value = condition()
            if value:
                return value
            last = f"last: {value!r}"
        except AssertionError as error:
            last = str(error)
        if time.monotonic() > end:
            raise Timeout(f"not within {slow(seconds):g} s: {what} ({last})")
        # Looking is work too, and may not take the machine from what is waited for.
        time.sleep(min(max(0.02, 2 * (time.monotonic() - begin)), 0.2))


def holds_for(condition, seconds, what):
    """The opposite: `condition` must be true now and for all of this time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not condition():
            raise AssertionError(f"it did not last: {what}")
        time.sleep(0.05)
