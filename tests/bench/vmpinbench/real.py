"""Real guests for the bench: those of the integration tests, with their care for the machine."""
import contextlib
import os
import signal
import sys

from . import programs

sys.path.insert(0, f"{os.path.dirname(os.path.abspath(__file__))}/../../integration")
from vmpintest import host  # noqa: E402
from vmpintest.test import Test  # noqa: E402


@contextlib.contextmanager
def signals_kept():
    """A test program is deaf to signals while it leaves the machine as it was, and then ends; here
    the next part follows."""
    before = {number: signal.getsignal(number)
              for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def guests(folder):
    """A test's means: guests, policies and agents, all of which end with it. The state is kept in
    the bench's folder, in memory."""
    try:
        with signals_kept(), host.Machine() as machine, Test(machine) as test:
            test.vmpin.state = f"{folder}/state"
            yield test
    except (AssertionError, host.Refused) as trouble:
        raise programs.Failed(str(trouble)) from trouble
