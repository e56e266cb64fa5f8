"""What another machine is to libvirt, on this one: a second libvirtd, with a host name, an identity, a
configuration and state folders of its own, in namespaces of its own. Its guests share this kernel's
control groups; nothing else of the host knows them."""
import contextlib
import copy
import glob
import os
import subprocess
import uuid

from . import guest
from .host import alive, read, stop
from .waiting import wait_for

# In its namespaces: nothing that libvirt keeps is the host's, but for what it has probed of QEMU.
PREPARE = """
set -e
hostname "$1"
for folder in /etc/libvirt /run/libvirt /var/lib/libvirt /var/log/libvirt; do
    mount -t tmpfs -o mode=755 vmpin-test "$folder"
done
cp "$2/qemu.conf" /etc/libvirt
exec libvirtd --config "$2/libvirtd.conf" --pid-file "$2/pid"
"""
DAEMON = """
unix_sock_dir = "{folder}"
auth_unix_rw = "none"
auth_unix_ro = "none"
host_uuid = "{uuid}"
"""
QEMU = """
stdio_handler = "file"
security_driver = "none"
"""


class OtherHost:
    def __init__(self, root):
        self.folder = f"{root}/other-host"
        self.uri = f"qemu+unix:///system?socket={self.folder}/libvirt-sock"

    def __enter__(self):
        os.mkdir(self.folder)
        for name, text in (("libvirtd.conf", DAEMON), ("qemu.conf", QEMU)):
            with open(f"{self.folder}/{name}", "w", encoding="ascii") as file:
                file.write(text.format(folder=self.folder, uuid=uuid.uuid4()))
        self.told = open(f"{self.folder}/told", "w+", errors="replace")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "--uts", "sh", "-c", PREPARE,
             "sh", f"vmpin-test-{os.getpid()}", self.folder], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=self.told, stderr=subprocess.STDOUT)
        try:
            wait_for(self.answers, 60, "the other host's libvirtd")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        pids = [int(read(file)) for file in glob.glob(f"{self.run_folder()}/{guest.PREFIX}*.pid")]
        with contextlib.suppress(subprocess.TimeoutExpired):
            for name in self.virsh("list", "--name", check=False).out.split():
                self.virsh("destroy", name, check=False)
        for pid in [self.process.pid, *filter(alive, pids)]:
            stop(pid)
        self.process.wait()
        self.told.close()

    def run_folder(self):
        return f"/proc/{self.process.pid}/root/run/libvirt/qemu"

    def answers(self):
        assert self.process.poll() is None, f"it ended: {open(self.told.name).read()}"
        result = self.virsh("list", check=False)
        assert result.status == 0, str(result)
        return True

    def virsh(self, *args, check=True):
        return guest.virsh(*args, uri=self.uri, check=check)

    def twin(self, of):
        """The guest as it is over there: under another name, since both have nodes in the same
        control groups, named by the guest's name and an id that each libvirtd counts by itself."""
        twin = copy.copy(of)
        twin.name += "-moved"
        twin.uri = self.uri
        twin.run_folder = self.run_folder()
        return twin


def move_words(here, there, *options):
    return ["virsh", "-q", "-c", here.uri, "migrate", "--live", "--unsafe", here.name, there.uri,
            "--migrateuri", "tcp://127.0.0.1", "--dname", there.name, *options]


def move(here, there):
    """Moves the running guest `here` to where its twin `there` will be."""
    guest.run(move_words(here, there), check=True, seconds=120)
