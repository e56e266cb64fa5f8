"""Throw-away guests: small, without a disk, under emulation, all named vmpin-test-PID-*."""
import contextlib
import os
import re
import subprocess
import uuid
from xml.sax.saxutils import escape

from .node import Nodes
from .waiting import slow, wait_for

PREFIX = f"vmpin-test-{os.getpid()}-"
# The guest of any run in a name or, as systemd writes it, in a path.
OURS = re.compile(r"vmpin(-|\\x2d)test(-|\\x2d)\d+(-|\\x2d)")
URI = "qemu:///system"


class Result:
    """What a program that ended has left."""

    def __init__(self, args, process):
        self.args, self.status = args, process.returncode
        self.out, self.err = process.stdout, process.stderr

    def __str__(self):
        return (f"$ {' '.join(self.args)}\n{self.out}{self.err}[exit status {self.status}]")


def run(args, check=False, seconds=60, **options):
    process = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, errors="surrogateescape",
                             timeout=slow(seconds), **options)
    result = Result(args, process)
    if check and process.returncode:
        raise AssertionError(str(result))
    return result


def virsh(*args, check=True, uri=URI):
    return run(["virsh", "-q", "-c", uri, *args], check=check)


def pin(guest, command, *args):
    """virsh's vcpupin or the like, of CPUs that a policy forbids, under an agent. libvirt sets those of
    the group and then those of the thread, which the kernel refuses if the group is healed in between:
    it is tried again then."""
    def done():
        result = virsh(command, guest.name, *args, "--live", check=False)
        assert result.status == 0 or "cannot set CPU affinity" in result.err, str(result)
        return result.status == 0
    wait_for(done, 10, f"virsh {command}")


def names():
    """The guests of any run, running or defined."""
    listed = virsh("list", "--all", "--name").out.splitlines()
    return [name.strip() for name in listed if OURS.match(name.strip())]


def sweep():
    """Ends and forgets every guest of this run: the last line of defence."""
    for name in names():
        if not name.startswith(PREFIX):
            continue
        virsh("destroy", name, check=False)
        virsh("undefine", name, check=False)
        with contextlib.suppress(OSError):
            os.unlink(f"/var/log/libvirt/qemu/{name}.log")


class Guest:
    """One guest. `extra` is XML inside <domain>, `current` the vCPUs that are plugged in. libvirt
    does not know a transient one before it starts."""

    def __init__(self, name, vcpus=2, iothreads=0, current=None, memory_mib=64, extra="",
                 transient=False):
        self.name = PREFIX + name
        self.uuid = str(uuid.uuid4())
        self.vcpus, self.iothreads = vcpus, iothreads
        self.current = current or vcpus
        self.memory = memory_mib << 20
        self.extra = extra
        self.transient = transient
        self.uri, self.run_folder = URI, "/run/libvirt/qemu"

    def xml(self):
        return f"""<domain type='qemu'>
  <name>{escape(self.name)}</name>
  <uuid>{self.uuid}</uuid>
  <memory unit='b'>{self.memory}</memory>
  <vcpu current='{self.current}'>{self.vcpus}</vcpu>
  <iothreads>{self.iothreads}</iothreads>
  {self.extra}
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices><memballoon model='none'/></devices>
</domain>"""

    @contextlib.contextmanager
    def file(self):
        with open(f"/run/{self.name.encode().hex()}.xml", "w", encoding="utf-8") as file:
            file.write(self.xml())
        try:
            yield file.name
        finally:
            os.unlink(file.name)

    def virsh(self, *args):
        """What the libvirtd does that it is a guest of."""
        return virsh(*args, uri=self.uri)

    def define(self):
        if not self.transient:
            with self.file() as file:
                self.virsh("define", file)
        return self

    def start(self, paused=True):
        """Paused guests have all their threads and cost no CPU."""
        how = ["--paused"] if paused else []
        if self.transient:
            with self.file() as file:
                self.virsh("create", *how, file)
        else:
            self.virsh("start", *how, self.name)
        return self

    def destroy(self):
        self.virsh("destroy", self.name)
        wait_for(lambda: not os.path.exists(self.pid_file()), 10, f"the end of {self.name}")

    def forget(self):
        """Ends it whatever state it is in, without waiting for the end of QEMU."""
        script = 'virsh -q -c "$1" "destroy $2; undefine $2"; rm -f "$3"'
        log = f"/var/log/libvirt/qemu/{self.name}.log"
        return subprocess.Popen(["sh", "-c", script, "sh", self.uri, self.uuid, log],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def pid_file(self):
        """libvirt writes the name there as into XML."""
        name = escape(self.name, {'"': "&quot;", "'": "&apos;"})
        return f"{self.run_folder}/{name}.pid"

    @property
    def nodes(self):
        """Where it is now; looked up again at each use, since an incarnation ends."""
        return Nodes(self.pid_file())

    def roles(self):
        return (["emulator"] + [f"vcpu{n}" for n in range(self.current)]
                + [f"iothread{n + 1}" for n in range(self.iothreads)])

    def __str__(self):
        return self.name
