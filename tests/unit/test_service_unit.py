#!/usr/bin/python3
"""The unit that is shipped: how exposed it is, when it starts, and that the manual explains its
capabilities."""
import os
import re
import subprocess
import sys
import tempfile

from recorded import SOURCE, tap

MOST_EXPOSED = 2.0


def read(path):
    with open(f"{SOURCE}/{path}", encoding="utf-8") as file:
        return file.read()


def test_exposure():
    """systemd-analyze rates the unit at most 2.0"""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/vmpin.service", "w", encoding="utf-8") as file:
            file.write(read("src/agent/vmpin.service.in").replace("@bindir@", "/usr/bin"))
        told = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                               f"{folder}/vmpin.service"], stdout=subprocess.PIPE, text=True,
                              env=dict(os.environ, LC_ALL="C"), check=True).stdout
    line = told.strip().splitlines()[-1]
    tap.comment(line)
    assert float(re.search(r"service: ([\d.]+)", line).group(1)) <= MOST_EXPOSED, line


def test_capabilities():
    """the manual says of each capability, and of no other, why it is there"""
    unit = re.search(r"^CapabilityBoundingSet=(.*)$", read("src/agent/vmpin.service.in"), re.M)
    rows = re.findall(r"^\|  (CAP_.*)$", read("man/vmpin.service.8.scd"), re.M)
    assert sorted(unit.group(1).split()) == sorted(name for row in rows for name in row.split(", "))


def test_restarts():
    """it is started again however often it fails, as the manual says, but with a wrong command line"""
    unit = read("src/agent/vmpin.service.in")
    for line in ("Restart=on-failure", "RestartSec=1s", "StartLimitIntervalSec=0",
                 "RestartPreventExitStatus=64"):
        assert re.search(rf"^{line}$", unit, re.M), line
    head, service = unit.split("[Service]")
    assert "StartLimitIntervalSec" in head and "Restart=" in service, "of no effect in that section"


def test_order():
    """it starts before libvirt's daemons, and not before their sockets, which would be a circle"""
    before = re.search(r"^Before=(.*)$", read("src/agent/vmpin.service.in"), re.M).group(1).split()
    assert sorted(before) == ["libvirtd.service", "virtqemud.service"]


sys.exit(tap.run(tap.chosen()))
