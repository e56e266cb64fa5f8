#!/usr/bin/python3
"""scripts/quickstart as a newcomer runs it, in a copy of the sources: it shows what it promises, says
on what, and leaves nothing behind. Arguments are parts of the names of the tests to run.

Not part of `make check`, since it is about a checkout: scripts/test runs it."""
import contextlib
import fcntl
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

SOURCE = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
sys.path.insert(0, f"{SOURCE}/tests/integration")
from vmpintest import Guest, host, node, skip_unless, surroundings, tap, virsh  # noqa: E402: found there
from vmpintest.vmpin import NOBODY, as_nobody  # noqa: E402

QEMU = "qemu-system-x86_64"
SECONDS = 900  # the first run builds
folder = None  # of this run: the copy is in there


# ---- what must be the same before and after ------------------------------------------------------


def running():
    """What could be left running; a test's own libvirtd beside it has no pid file of the host's."""
    found = {(name, host.daemon(name)) for name in ("libvirtd", "virtlogd")}
    found.add(("system bus", host.bus_answers()))
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = host.read(path)
            if "guest=" in words or folder in words:
                found.add((words.split("\0")[0], path.split("/")[2]))
    return found


def machine():
    """Of the groups, those where libvirt puts guests: others' come and go."""
    groups = {path for path, _, _ in os.walk("/sys/fs/cgroup") if "machine" in path or "vmpin" in path}
    files = set()
    for pattern in ("/run/vmpin/**", "/etc/vmpin/**", f"{folder}/tmp/*", "/etc/libvirt/qemu/*.xml",
                    "/var/log/libvirt/qemu/*", "/run/libvirt/qemu/*.*"):
        files |= set(glob.glob(pattern, recursive=True))
    return {"control groups": groups, "files": files, "processes": running()}


@contextlib.contextmanager
def unchanged():
    before = machine()
    yield
    for what, after in machine().items():
        assert after == before[what], f"{what} changed: {sorted(map(str, after ^ before[what]))}"


@contextlib.contextmanager
def control_group(name):
    """One of that name in each hierarchy that had none."""
    made = []
    try:
        for hierarchy in host.hierarchies():
            with contextlib.suppress(FileExistsError):
                os.mkdir(f"{hierarchy.path}/{name}")
                made.append(f"{hierarchy.path}/{name}")
        yield made
    finally:
        for path in made:
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(path)


# ---- running it ----------------------------------------------------------------------------------


def quickstart(*words):
    return [f"{folder}/vmpin/scripts/quickstart", *words]


def start(words, **variables):
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True,
                            env={**os.environ, "HOME": folder, "TMPDIR": f"{folder}/tmp",
                                 **variables})


def run(words, status=0, **variables):
    process = start(words, **variables)
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == status, f"exit status {process.returncode}:\n{out}"
    return out


def elsewhere(script, words):
    """Those words where other files are mounted, in a mount namespace of their own."""
    return ["unshare", "--mount", "sh", "-euc", f'{script}\nexec "$@"', "sh", *words]


def without_package(name):
    """A shell's line that hides from dpkg that a package is installed."""
    status = f"{folder}/dpkg-status"
    with open("/var/lib/dpkg/status") as installed, open(status, "w") as file:
        file.write(re.sub(rf"(?ms)^Package: {re.escape(name)}\n.*?\n\n", "", installed.read()))
    return f"mount --bind {status} /var/lib/dpkg/status\n"


def without_network():
    """A shell's line after which nothing can be installed."""
    apt = f"{folder}/apt-get"
    with open(apt, "w") as file:
        file.write("#!/bin/sh\necho 'Temporary failure resolving' >&2\nexit 100\n")
    os.chmod(apt, 0o755)
    return f"mount --bind {apt} {shutil.which('apt-get')}\n"


def path_without(program):
    """A PATH on which everything is but that."""
    programs = tempfile.mkdtemp(dir=folder)
    for place in os.environ["PATH"].split(":"):
        for name in os.listdir(place) if os.path.isdir(place) else []:
            if name != program and not os.path.lexists(f"{programs}/{name}"):
                os.symlink(f"{place}/{name}", f"{programs}/{name}")
    return programs


def shows_the_main_job(out, on, why=""):
    for words in (on + why, "$ vmpin check", "$ vmpin plan", "$ vmpin reconcile", "$ vmpin status",
                  "healed vm cpu.", "$ vmpin revert", "is gone again"):
        assert words in out, f"no '{words}' in:\n{out}"


REAL = "On real guests"
DEMO = "On libvirt's test driver and a tree of plain files"


# ---- which of the two it shows -------------------------------------------------------------------


def test_not_root():
    """Who is not root, and lacks a package that the build can do without, is shown the demo"""
    with unchanged():
        out = run(elsewhere(without_package("libcmocka-dev"), as_nobody(quickstart())))
        assert "only root can install them: libcmocka-dev" in out, out
        shows_the_main_job(out, DEMO, ", since this is not root")


def test_no_qemu():
    """Root without QEMU, where it cannot be installed, is shown the demo"""
    with unchanged():
        out = run(elsewhere(without_package("qemu-system-x86") + without_network(), quickstart()),
                  PATH=path_without(QEMU))
        assert "Temporary failure resolving" in out, out
        shows_the_main_job(out, DEMO, f", since there is no {QEMU}")


def test_read_only_control_groups():
    """Root whose control groups cannot be written to is shown the demo"""
    read_only = "".join(f"mount -o remount,bind,ro {h.path}\n" for h in host.hierarchies())
    with unchanged():
        out = run(elsewhere(read_only, quickstart()))
        shows_the_main_job(out, DEMO, ", since the control groups are not writable here")


def test_demo():
    """The demo can be asked for, and leaves empty control groups of others where they are"""
    with control_group("machine"), unchanged():
        shows_the_main_job(run(quickstart("--demo")), DEMO, ": ")


def test_real_guests():
    """On real guests it shows plan, apply, status, a heal and revert, and leaves nothing"""
    with unchanged():
        shows_the_main_job(run(quickstart()), REAL)


# ---- Ctrl-C --------------------------------------------------------------------------------------


def test_interrupted():
    """Ctrl-C in the middle undoes all of it too"""
    with unchanged():
        process = start(quickstart())
        for line in process.stdout:
            if line.startswith("== Where does each thread"):
                os.killpg(process.pid, signal.SIGINT)  # as the terminal does: the whole job
                break
        rest, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 130, f"exit status {process.returncode}:\n{rest}"
        assert "is gone again" in rest and "$ vmpin revert" not in rest, rest


def test_interrupted_at_a_daemons_start():
    """Ctrl-C at the very moment when a daemon has started ends that daemon too"""
    names = [name for name in ("virtlogd", "libvirtd") if not host.daemon(name)]
    skip_unless("libvirtd" in names, "libvirtd runs already")
    programs = f"{folder}/programs"
    os.mkdir(programs)
    for name in names:
        with open(f"{programs}/{name}", "w") as file:
            file.write(f"""#!/bin/bash
trap '' INT
(trap - INT; exec {shutil.which(name)} "$@") || exit
[ "$AT" != {name} ] || kill -INT -- "-$PPID" # as the terminal does
""")
        os.chmod(file.name, 0o755)
    for name in names:
        with unchanged():
            run(quickstart(), status=130, AT=name, PATH=f"{programs}:{os.environ['PATH']}")


# ---- bystanders ----------------------------------------------------------------------------------


class Machine(host.Machine):
    def lock(self):
        """main() holds it."""


@contextlib.contextmanager
def guest_of_somebody(name):
    """A running guest with a pin, with a libvirtd that runs already."""
    guest = Guest("bystander", iothreads=1)
    guest.name = name
    with Machine():
        try:
            guest.define().start()
            virsh("vcpupin", name, "0", "0", "--live")
            yield guest
        finally:
            guest.forget().wait()


@contextlib.contextmanager
def policy_of_somebody():
    """One for every guest, where the service would read it."""
    missing = [path for path in ("/etc/vmpin", "/etc/vmpin/policies.d") if not os.path.exists(path)]
    path = "/etc/vmpin/policies.d/vmpin-test-bystander.json"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        with open(path, "w") as file:
            file.write('{"match": {}, "apply": {"vcpu*": {"cpu": {"shares": 99}}}}\n')
        yield path
    finally:
        os.unlink(path)
        for made in reversed(missing):
            os.rmdir(made)


def seen(guest, policy):
    """All that a bystander could notice."""
    status = os.stat(policy)
    return {**surroundings.settings(), **guest.nodes.settings(),
            "guest": virsh("dumpxml", guest.name).out,
            "policy": (host.read(policy), status.st_ino, status.st_mtime_ns),
            "libvirtd": host.daemon("libvirtd")}


def difference(before, after):
    """Of what is there both times: others' groups come and go, and so do quickstart's."""
    return node.difference(*surroundings.common(before, after))


def test_bystanders():
    """A guest, a policy and control groups of others stay byte for byte as they are all the time"""
    with guest_of_somebody("bystander") as guest, policy_of_somebody() as policy, \
            control_group("vmpin-bystander") as groups, unchanged():
        cpuset = next(path for path in groups if path.startswith(host.hierarchy_of("cpuset").path))
        with contextlib.suppress(OSError):  # v2 has the file where the controller is enabled alone
            for file in ("cpuset.cpus", "cpuset.mems"):
                with open(f"{cpuset}/{file}", "w") as target:
                    target.write("0")
        before, out, touched = seen(guest, policy), "", ""
        process = start(quickstart())
        for line in process.stdout:
            out += line
            if line.startswith("== "):  # what is given back at the end would not be seen then
                touched += difference(before, seen(guest, policy))
        assert process.wait() == 0, out
        shows_the_main_job(out, REAL)
        touched += difference(before, seen(guest, policy))
        assert not touched, f"bystanders were touched:\n{touched}"


def test_a_guest_of_its_guests_name():
    """A guest that bears the name of one that it would make is left alone, and it says so"""
    with guest_of_somebody("vmpin-quickstart-db") as guest, unchanged():
        before = guest.nodes.settings()
        out = run(quickstart(), status=1)
        assert "vmpin-quickstart-db is there already" in out, out
        touched = node.difference(before, guest.nodes.settings())
        assert not touched, f"it was touched:\n{touched}"


def main():
    global folder
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(128 + signum))
    here = Machine()
    with open(host.LOCK, "w") as lock, here.undo, \
            tempfile.TemporaryDirectory(prefix="vmpin-test-") as folder:
        os.chmod(folder, 0o755)
        shutil.copytree(SOURCE, f"{folder}/vmpin", symlinks=True,
                        ignore=shutil.ignore_patterns("build", ".git", "autom4te.cache"))
        os.mkdir(f"{folder}/tmp")
        subprocess.run(["chown", "-R", f"{NOBODY.pw_uid}:{NOBODY.pw_gid}", folder], check=True)
        fcntl.flock(lock, fcntl.LOCK_EX)  # as the tests with real guests: one at a time
        here.open_kvm()  # spares each of them libvirt's long look at QEMU
        return tap.run(tap.chosen())


if __name__ == "__main__":
    sys.exit(main())
