#!/usr/bin/python3
"""Includes point downwards only, and each library stays in the place that DESIGN gives it."""
import glob
import os
import re
import sys

TOP = os.environ.get("top_srcdir", ".")
# From the bottom up: a layer includes itself and those in front of it.
ORDER = ["base", "cgroup", "host", "guest", "policy", "reconcile", "agent", "cli"]
ALLOWED = {layer: ORDER[:n + 1] for n, layer in enumerate(ORDER)}
ALLOWED["helper"] = ["base", "cgroup", "host", "guest", "helper"]
ALLOWED["cgtree"] = ["base", "cgtree"]  # the library's program uses what is installed
PUBLIC = "cgroup/cgtree.h"
LIBRARIES = {  # the header's beginning: the only layers that may include it
    "libvirt/": ["helper"],
    "libxml/": ["helper"],
    "hwloc": ["host"],
    "libsmartcols": ["cli", "cgtree"],
}


def includes(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if found:
                yield number, found.group(1) == '"', found.group(2)


def wrong(layer, own, header):
    """Why this layer must not include that, or None."""
    if own:
        target = header.partition("/")[0]
        if layer == "cgtree" and header == PUBLIC:
            return None
        if target in ALLOWED and target not in ALLOWED[layer]:
            return f"{layer} must not know {target}"
        return None
    for begin, layers in LIBRARIES.items():
        if header.startswith(begin) and layer not in layers:
            return f"only {' and '.join(layers)} may use {begin}"
    return None


def main():
    layers = sorted(d for d in os.listdir(f"{TOP}/src") if os.path.isdir(f"{TOP}/src/{d}"))
    print(f"1..{len(layers)}")
    failed = 0
    for number, layer in enumerate(layers, 1):
        bad = [] if layer in ALLOWED else [f"src/{layer}: not a layer that DESIGN names"]
        for path in sorted(glob.glob(f"{TOP}/src/{layer}/*.[ch]")) if not bad else []:
            for line, own, header in includes(path):
                reason = wrong(layer, own, header)
                if reason:
                    bad.append(f"{path}:{line}: {header}: {reason}")
        for text in bad:
            print("# " + text)
        failed += bool(bad)
        print(f"{'not ok' if bad else 'ok'} {number} - src/{layer} includes only what lies below it")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
