"""The host around the tests' guests: all that vmpin could change as root and never may. Two looks at
it are compared; what comes and goes by itself, and what other programs' groups do, does not count.
"""
import contextlib
import os
import re
import stat

from . import guest, host
from .node import MOVING, content, difference

# Whose contents are compared. vmpin reads some of them, and writes none.
FOLDERS = ("/etc/libvirt", "/etc/systemd/system", "/etc/vmpin", "/proc/sys/kernel", "/run/libvirt",
           "/run/vmpin", "/usr/lib/vmpin", "/var/lib/libvirt/qemu")
# libvirtd's own, of each time that it starts; the kernel's counters, and what it sets by itself.
ITS_OWN = re.compile(r".*\.pid|.*-sock.*|.*/random/.*|.*/ns_last_pid|.*/pty/nr|.*/hung_task_detect_count"
                     r"|.*/perf_event_max_sample_rate|.*/tainted")
CPU = re.compile(r"cpu\d+$")
# Of libvirt's groups, those that others make and remove: systemd's units, test programs that run
# beside. Groups elsewhere come and go with their owners; vmpin makes none anywhere (test_observe).
FLEETING = re.compile(r"\.(service|scope|slice|mount|socket|swap)(/|$)|/vmpin-test-|/machine$")
PF_KTHREAD = 0x00200000  # in /proc/PID/stat, of the kernel's own threads


def settings():
    """Every setting of every control group that is no test guest's, and the group itself."""
    found = {}
    for hierarchy in host.hierarchies():
        for folder, names, files in os.walk(hierarchy.path):
            names[:] = [name for name in names if not guest.OURS.search(name)]
            found[folder] = "a group"
            for name in files:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    if os.stat(path).st_mode & 0o200 and not MOVING.match(name):
                        found[path] = content(path)
    return found


def threads(ignored):
    """Where each thread of each program may run, and the control groups that decide on that;
    `ignored` and the tests' guests are left out."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            words = host.read(f"/proc/{pid}/cmdline")
            if ignored in words or guest.OURS.search(words):
                continue
            for tid in os.listdir(f"/proc/{pid}/task"):
                found.update(thread(f"/proc/{pid}/task/{tid}"))
    return found


def thread(path):
    fields = host.read(f"{path}/stat").rpartition(")")[2].split()
    if int(fields[6]) & PF_KTHREAD:
        return {}
    status = dict(line.split(":\t", 1) for line in host.read(f"{path}/status").splitlines()
                  if ":\t" in line)
    name = f"{path} {status['Name']}, started at {fields[19]}"
    groups = [line for line in host.read(f"{path}/cgroup").splitlines()
              if {"cpu", "cpuset", ""} & set(line.split(":")[1].split(","))]
    return {name: (status["Cpus_allowed_list"], status.get("Mems_allowed_list"), groups)}


def files():
    """What the folders hold, and which CPUs are online."""
    found = {}
    for top in FOLDERS:
        for folder, names, plain in os.walk(top):
            names[:] = [name for name in names if not guest.OURS.search(name)]
            for path in [folder] + [f"{folder}/{name}" for name in plain]:
                if not guest.OURS.search(path) and not ITS_OWN.match(path):
                    found.update(file(path))
    cpus = "/sys/devices/system/cpu"
    for name in filter(CPU.match, os.listdir(cpus)):
        if os.path.exists(f"{cpus}/{name}/online"):
            found.update(file(f"{cpus}/{name}/online"))
    return found


def file(path):
    """Mode, owner, and the text of a file or where a link leads."""
    try:
        found = os.lstat(path)
    except OSError:
        return {}
    text = os.readlink(path) if stat.S_ISLNK(found.st_mode) else \
        content(path) if stat.S_ISREG(found.st_mode) else None
    return {path: (oct(found.st_mode), found.st_uid, found.st_gid, text)}


class Surroundings:
    """One look. `ignored` is the test's folder: a program with it in its command line is the test's."""

    def __init__(self, ignored):
        self.ignored = ignored
        self.settings, self.files, self.threads = settings(), files(), threads(ignored)

    def changed(self):
        """What another look shows that is not as it was, as text; empty where all of it is."""
        after = Surroundings(self.ignored)
        return "\n".join(filter(None, (
            difference(*lasting(self.settings, after.settings)),
            difference(self.files, after.files),
            difference(*common(self.threads, after.threads)))))


def common(before, after):
    """Both without what is in one alone."""
    both = before.keys() & after.keys()
    return {key: before[key] for key in both}, {key: after[key] for key in both}


def lasting(before, after):
    """Both without what is in one alone, where that is nobody's deed but its owner's."""
    gone = {key for key in before.keys() ^ after.keys()
            if "/machine" not in key or FLEETING.search(key)}
    return [{key: value for key, value in look.items() if key not in gone}
            for look in (before, after)]
