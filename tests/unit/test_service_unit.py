#!/usr/bin/python3
"""The unit that is shipped: how exposed it is, when it starts, and that the manual explains its
capabilities."""
import os
import re
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("top_srcdir", ".")
MOST_EXPOSED = 2.0


def read(path):
    with open(f"{SOURCE}/{path}", encoding="utf-8") as file:
        return file.read()


def exposure():
    """systemd-analyze rates the unit at most 2.0"""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/vmpin.service", "w", encoding="utf-8") as file:
            file.write(read("src/agent/vmpin.service.in").replace("@bindir@", "/usr/bin"))
        told = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                               f"{folder}/vmpin.service"], stdout=subprocess.PIPE, text=True,
                              env=dict(os.environ, LC_ALL="C"), check=True).stdout
    line = told.strip().splitlines()[-1]
    print(f"# {line}")
    return float(re.search(r"service: ([\d.]+)", line).group(1)) <= MOST_EXPOSED


def capabilities():
    """the manual says of each capability, and of no other, why it is there"""
    unit = re.search(r"^CapabilityBoundingSet=(.*)$", read("src/agent/vmpin.service.in"), re.M)
    rows = re.findall(r"^\|  (CAP_.*)$", read("man/vmpin.service.8.scd"), re.M)
    return sorted(unit.group(1).split()) == sorted(name for row in rows for name in row.split(", "))


def order():
    """it starts before libvirt's daemons, and not before their sockets, which would be a circle"""
    before = re.search(r"^Before=(.*)$", read("src/agent/vmpin.service.in"), re.M).group(1).split()
    return sorted(before) == ["libvirtd.service", "virtqemud.service"]


def main():
    checks = (exposure, capabilities, order)
    failed = 0
    print(f"1..{len(checks)}")
    for number, check in enumerate(checks, 1):
        good = check()
        failed += not good
        print(f"{'' if good else 'not '}ok {number} - {check.__doc__}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
