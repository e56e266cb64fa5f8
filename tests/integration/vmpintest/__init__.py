"""Tests with real guests: libvirtd, QEMU under emulation and this host's control groups.

Nothing in here uses vmpin's own code to look at the host, so that the tests do not believe what
they are to prove. Python's standard library alone, of Debian 12 and 13.
"""
from .guest import Guest, pin, virsh
from .runner import main
from .tap import Skip, skip_unless
from .waiting import Timeout, wait_for, slow

__all__ = ["Guest", "Skip", "Timeout", "main", "pin", "skip_unless", "slow", "virsh", "wait_for"]
