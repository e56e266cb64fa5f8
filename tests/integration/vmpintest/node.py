"""A guest's control groups as the kernel shows them, found from its process alone.

A role is "vm", "emulator", "vcpu0", "iothread1". Values come out in one form on v1 and v2, so that
a test says what it means once: CPU sets as the kernel's list, quota as (quota or None, period),
limits as bytes or None, weight as v1 shares.
"""
import contextlib
import os
import re
import subprocess

from . import host

NO_LIMIT_V1 = 1 << 62
# Files that change by themselves, or that are commands rather than settings.
MOVING = re.compile(r"(tasks|cgroup\.(procs|threads|events|stat|kill|event_control|max.*)|.*usage.*"
                    r"|.*failcnt|.*(pressure|reset_stats|force_empty|reclaim|peak|oom_control)"
                    r"|.*\.(stat|events|current|numa_stat)(\.local)?|.*_stat|cpuacct\..*)$")


def shares_to_weight(shares):
    """The kernel's own conversion, sched_weight_to_cgroup()."""
    return min(max((shares * 100 + 512) // 1024, 1), 10000)


def thread_cpus(tid):
    """Where a thread may really run, whichever guest's it is."""
    return re.search(r"^Cpus_allowed_list:\s*(\S*)$", host.read(f"/proc/{tid}/status"), re.M).group(1)


class Nodes:
    def __init__(self, pid_file):
        self.pid = int(host.read(pid_file))
        self.hierarchies = host.hierarchies()
        self.paths = {}
        for line in host.read(f"/proc/{self.pid}/cgroup").splitlines():
            _, controllers, path = line.split(":", 2)
            self.paths[controllers] = path

    # -- places --------------------------------------------------------------------------------

    def hierarchy(self, controller):
        for hierarchy in self.hierarchies:
            if controller in hierarchy.controllers:
                return hierarchy
        raise AssertionError(f"no hierarchy has {controller}")

    def top(self, hierarchy):
        """The node that holds the roles' nodes: on v2 with systemd, `libvirt` in the scope."""
        if hierarchy.version == 2:
            path = self.paths[""]
        else:
            path = next(p for c, p in self.paths.items()
                        if c and set(c.split(",")) & set(hierarchy.controllers))
        return hierarchy.path + re.sub(r"/emulator$", "", path)

    def directory(self, role, controller):
        top = self.top(self.hierarchy(controller))
        return top if role == "vm" else f"{top}/{role}"

    def version(self, controller):
        return self.hierarchy(controller).version

    def file(self, role, attribute):
        """The path of a native file; the weight of the guest as a whole is the scope's."""
        directory = self.directory(role, attribute.partition(".")[0])
        if (role == "vm" and attribute in ("cpu.weight", "cpu.shares")
                and directory.endswith("/libvirt")):
            directory = os.path.dirname(directory)
        return f"{directory}/{attribute}"

    def read(self, role, attribute):
        return host.read(self.file(role, attribute))

    def write(self, role, attribute, text):
        """What an operator's echo does."""
        with open(self.file(role, attribute), "w") as file:
            file.write(text)

    # -- values --------------------------------------------------------------------------------

    def cpus(self, role):
        return self.set(role, "cpus")

    def set_cpus(self, role, cpus):
        self.write(role, "cpuset.cpus", cpus)

    def widen(self, role):
        """As set_cpus(), to what libvirt gives a guest without pins: no other baseline comes of it."""
        self.set_cpus(role, self.cpus("vm"))

    def mems(self, role):
        return self.set(role, "mems")

    def set(self, role, what):
        """On v2 an empty set means all that the parent grants."""
        return (self.read(role, f"cpuset.{what}")
                or self.read(role, f"cpuset.{what}.effective"))

    def has_shares(self, role, shares):
        if self.version("cpu") == 1:
            return self.read(role, "cpu.shares") == str(shares)
        return self.read(role, "cpu.weight") == str(shares_to_weight(shares))

    def quota(self, role):
        if self.version("cpu") == 1:
            quota, period = (int(self.read(role, f"cpu.cfs_{n}_us")) for n in ("quota", "period"))
            return (None if quota < 0 else quota, period)
        quota, period = self.read(role, "cpu.max").split()
        return (None if quota == "max" else int(quota), int(period))

    def memory_limit(self):
        if self.version("memory") == 1:
            limit = int(self.read("vm", "memory.limit_in_bytes"))
            return None if limit >= NO_LIMIT_V1 else limit
        limit = self.read("vm", "memory.max")
        return None if limit == "max" else int(limit)

    def memory_mib(self):
        """MiB of the process on each memory node, as numa_maps tells it; less than one is none."""
        found = {}
        for line in host.read(f"/proc/{self.pid}/numa_maps").splitlines():
            size = re.search(r"kernelpagesize_kB=(\d+)", line)
            for node, pages in re.findall(r" N(\d+)=(\d+)", line):
                found[int(node)] = found.get(int(node), 0) + int(pages) * int(size.group(1))
        return {node: kib // 1024 for node, kib in found.items()}

    # -- threads -------------------------------------------------------------------------------

    def threads(self, role):
        name = "tasks" if self.version("cpuset") == 1 else "cgroup.threads"
        text = host.read(f"{self.directory(role, 'cpuset')}/{name}")
        return [int(tid) for tid in text.split()]

    def allowed(self, role):
        """Where the role's threads may really run: the distinct lists of all of them."""
        found = set()
        for tid in self.threads(role):
            try:
                found.add(thread_cpus(tid))
            except FileNotFoundError:
                continue  # QEMU's helpers come and go
        return found

    # -- all of it -----------------------------------------------------------------------------

    def settings(self):
        """Every setting of every node and every thread's CPUs, to compare byte for byte."""
        found = {}
        for hierarchy in self.hierarchies:
            top = re.sub(r"/libvirt$", "", self.top(hierarchy))
            if top.rstrip("/") == hierarchy.path:
                continue  # libvirt has no node of the guest there
            for folder, _, files in os.walk(top):
                for name in files:
                    path = os.path.join(folder, name)
                    if os.stat(path).st_mode & 0o200 and not MOVING.match(name):
                        found[path] = content(path)
        for tid in os.listdir(f"/proc/{self.pid}/task"):
            comm = host.read(f"/proc/{self.pid}/task/{tid}/comm")
            if comm != "worker":  # QEMU's, which come and go
                found[f"thread {tid} ({comm})"] = thread_cpus(tid)
        return found


# Each writes $2 into $1 in its own way, says so, and waits for the end of its input.
WRITERS = {
    "sh": ["sh", "-c", 'echo "$2" >"$1"; echo; read x', "sh"],
    "python3": ["python3", "-c", """
import ctypes, os, sys
if sys.argv[3]:
    ctypes.CDLL(None).prctl(15, sys.argv[3].encode())
fd = os.open(sys.argv[1], os.O_WRONLY)
os.write(fd, sys.argv[2].encode())
print(flush=True)
sys.stdin.read()
"""],
}


@contextlib.contextmanager
def put_by(program, path, text, name=""):
    """A process of that program (that calls itself `name`) writes into a file; it lives on for the
    body of the `with`, which gets its pid."""
    process = subprocess.Popen(WRITERS[program] + [path, text, name], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        yield process.pid
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        return f"{error.strerror}"


def difference(before, after):
    """The settings that differ, as text; empty where none does."""
    lines = []
    for key in sorted(set(before) | set(after)):
        if before.get(key) != after.get(key):
            lines.append(f"{key}: {before.get(key)!r} -> {after.get(key)!r}")
    return "\n".join(lines)


def back_to_full(settings, before):
    """v2 takes no empty set back while threads are in it: the parent's whole set stands for it."""
    settings = dict(settings)
    for path, value in before.items():
        name = os.path.basename(path)
        if name in ("cpuset.cpus", "cpuset.mems") and not value.strip():
            parent = os.path.dirname(os.path.dirname(path))
            if settings.get(path) == content(f"{parent}/{name}.effective"):
                settings[path] = value
    return settings
