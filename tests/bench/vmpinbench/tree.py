"""libcgtree's trees over 10,000 nodes, beside a bare openat/getdents walk of the same directories."""
from . import groups, programs
from .table import count, milliseconds

GUESTS = 1430  # 10 010 nodes in all, and the partition
ROUNDS = 9


# Memory that is given back is counted as such at once, not kept for the next of its size.
EXACT = ["env", "GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"]


def measure(table, what, controllers):
    program = [programs.program("bench_tree"), "machine"]
    m = programs.numbers([*program, str(ROUNDS), *controllers])
    left = programs.numbers([*EXACT, *program, "3", *controllers])["left"]
    table.section(f"{what}: {count(m['nodes'])} nodes, {count(m['directories'])} directories "
                  "(CPU times)")
    for name, key, ratio in (("opening it", "open", m["ratio"]),
                             ("reading it again", "refresh", m["refresh_ratio"])):
        table.row(f"{name}, a node", milliseconds(m[key] / m["nodes"]),
                  milliseconds(m["bare"] / m["nodes"]), ratio, 1.5)
    table.row("memory a node, bytes", count(m["memory"] / m["nodes"]),
              count(m["bare_memory"] / m["nodes"]), m["memory"] / m["bare_memory"], 1.5)
    table.check("nothing is left when it is closed", left == 0, f"{left:.0f} bytes")


def bench(table, folder):
    with groups.Groups() as made:
        made.make(GUESTS)
        measure(table, "a tree of cpu", ["cpu"])
        measure(table, "a grouped tree of cpu, cpuset and memory", list(groups.CONTROLLERS))
