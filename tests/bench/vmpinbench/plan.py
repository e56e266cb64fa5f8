"""`vmpin plan` over many guests, beside a bare loop over the same files."""
import json
import os
import statistics

from . import groups, programs
from .table import count, milliseconds

GUESTS = 500
UNMANAGED = 10
ROUNDS = 7  # of each
PASSES = 3  # in a round of bench_plan
PARTS = {
    "process": "a process's start and end (vmpin --version)",
    "policies": "reading the policies",
    "host": "the host: mounts, CPUs, memory nodes",
    "guests": "the recorded host's facts",
    "resolve": "match and resolve",
    "passes": "bind, observe, plan",
}

# may_be_read() says in which files that ends.
POLICY = {
    "match": {"name": "bench*", "not": {"title": "unmanaged"}},
    "apply": {
        "vm": {"cpu": {"shares": 2048}, "memory": {"limit_in_bytes": "guest+1GiB"}},
        "vcpu*": {"cpuset": {"cpus": "0"}},
        "emulator": {"cpuset": {"cpus": "0"}},
        "iothread*": {"cpuset": {"cpus": "0"}},
    },
}
GOLD = {"name": "gold", "match": {"title": "gold"}, "apply": {"vm": {"cpu": {"shares": 4096}}}}


def write_policies(folder):
    os.makedirs(folder, mode=0o755, exist_ok=True)
    with open(f"{folder}/bench.json", "w", encoding="utf-8") as file:
        json.dump([POLICY, GOLD], file, indent=1)


def may_be_read(made, guest):
    """File -> why: named by the policy, or needed by what is named. Nothing else."""
    vm = {name: made.path(name, guest.node) for name in groups.CONTROLLERS}
    files = {f"{vm['cpu']}/cpu.shares": "named", f"{vm['memory']}/memory.limit_in_bytes": "named",
             # not to be exceeded by the limit, and not to be undercut by it
             f"{vm['memory']}/memory.memsw.limit_in_bytes": "needed",
             f"{vm['memory']}/memory.usage_in_bytes": "needed",
             # holds those of the roles
             f"{vm['cpuset']}/cpuset.cpus": "needed"}
    for role in guest.roles():
        files[f"{vm['cpuset']}/{role}/cpuset.cpus"] = "named"
        files[f"{vm['cpuset']}/{role}/cpuset.effective_cpus"] = "needed"  # is it granted?
    return files


class Plan:
    def __init__(self, table, made, folder):
        self.table, self.made, self.folder = table, made, folder
        self.guests = made.make(GUESTS + UNMANAGED)
        for guest in self.guests[GUESTS:]:
            guest.title = "unmanaged"
        self.policies, self.state = f"{folder}/policies", f"{folder}/state"
        self.record, self.list = f"{folder}/host.jsonl", f"{folder}/reads"
        write_policies(self.policies)
        groups.record(self.record, self.guests)

    def vmpin(self, command):
        return [programs.program("vmpin"), command, "--guests", self.record, "-p", self.policies,
                "--state-dir", self.state]

    def bare(self):
        return [programs.program("bench_bare"), self.list]

    def round(self, good):
        """All that is compared, in turn."""
        times = programs.numbers([programs.program("bench_plan"), self.record, self.policies,
                                  self.state, self.list, str(PASSES)])
        if times["refusals"]:
            raise programs.Failed(f"{times['refusals']:.0f} refusals in the plan")
        times["plan"] = programs.cpu_time(self.vmpin("plan"), good)
        times["bare_process"] = programs.cpu_time(self.bare())
        times["process"] = programs.cpu_time([programs.program("vmpin"), "--version"])
        times["plan_ratio"] = times["plan"] / times["bare_process"]
        return times

    def times(self, good):
        rounds = [self.round(good) for _ in range(ROUNDS)]
        return {name: statistics.median(times[name] for times in rounds) for name in rounds[0]}

    def show(self, times):
        self.table.row(f"bind, observe, plan each guest ({count(times['changes'])} changes)",
                       milliseconds(times["passes"]), milliseconds(times["bare"]),
                       times["ratio"], 1.5)
        # Where there are changes, most of the rest is a table of some thousand lines.
        self.table.row("vmpin plan, the whole process", milliseconds(times["plan"]),
                       milliseconds(times["bare_process"]), times["plan_ratio"],
                       None if times["changes"] else 1.5)
        rest = times["plan"]
        for name, what in PARTS.items():
            self.table.row(f"  of it: {what}", milliseconds(times[name]))
            rest -= times[name]
        self.table.row("  of it: the rest (showing it, above all)", milliseconds(max(0, rest)))

    def calls(self, times, good):
        if not programs.have("strace"):
            self.table.note("strace is missing: system calls and files are not counted")
            return
        vmpin = programs.Calls(self.vmpin("plan"), good)
        bare = programs.Calls(self.bare())
        self.table.row("system calls of the two processes", count(vmpin.count), count(bare.count),
                       vmpin.count / bare.count)
        self.check_files(vmpin, int(times["files"]))

    def check_files(self, calls, files):
        root = os.path.dirname(self.made.path("cpu"))
        read = [path for path in calls.files(root)
                if not os.path.ismount(os.path.dirname(path))]  # the host's own, read once
        allowed = {self.made.path("cpuset", "machine", "cpuset.effective_cpus"): "needed"}
        for guest in self.guests[:GUESTS]:
            allowed.update(may_be_read(self.made, guest))
        kinds = [allowed.get(path) for path in read]
        self.table.row("control group files: named by the policy", count(kinds.count("named")))
        self.table.row("control group files: needed by what it names", count(kinds.count("needed")))
        others = [path for path, kind in zip(read, kinds) if not kind]
        self.table.check("nothing is read that no policy names or that is not needed", not others,
                         f"{len(others)} files, such as {others[0] if others else ''}")
        self.table.check("no file is read twice", len(read) == len(set(read)) == files,
                         f"{len(read)} reads of {len(set(read))} files, {files} expected")

    def measure(self, title, good):
        self.table.section(f"{title}: {GUESTS} guests of 4 vCPUs, {UNMANAGED} without a policy "
                           "(CPU times)")
        times = self.times(good)
        self.show(times)
        self.calls(times, good)

    def run(self):
        self.measure("plan, nothing in force yet", (2,))
        programs.run(self.vmpin("reconcile"))
        self.measure("plan, everything in force", (0,))


def bench(table, folder):
    with groups.Groups() as made:
        Plan(table, made, folder).run()
