#!/usr/bin/python3
"""`vmpin agent --metrics FILE`: what node_exporter's textfile collector reads."""
import os
import re
import signal
import stat
import sys

from test_state import fill, small_disk
from vmpintest import main, wait_for
from vmpintest.expect import cpus, equal, pinned, policy


FIGHT = 5  # heals of one value in a row


def samples(file):
    """{name with labels: value}"""
    assert os.path.exists(file), f"no {file} yet"
    with open(file, encoding="utf-8") as text:
        lines = [line.rpartition(" ") for line in text if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def sample(file, name):
    found = samples(file)
    assert name in found, f"no {name} among {sorted(found)}"
    return found[name]


def test_metrics(t):
    """The agent's metrics tell of a guest, of its heals, a fight and its throttling, until it is gone"""
    guest, other, gone = t.guests(3)
    file = f"{t.root}/vmpin.prom"
    quota = {"cpu": {"cfs_quota_us": 50000, "cfs_period_us": 100000}}
    t.policies.write("a.json", policy(guest, {"vcpu0": {**cpus("0"), **quota}}))
    t.policies.write("b.json", policy(other, {"vcpu0": cpus("0")}))
    t.policies.write("wrong.json", "{")
    agent = t.agent("--metrics", file)
    wait_for(lambda: sample(file, 'vmpin_guests{state="in sync"}') == 2, 20, "the guests in sync")
    written = sample(file, 'vmpin_writes_total{controller="cpuset"}')
    assert written >= 2, written
    assert sample(file, "vmpin_event_to_applied_seconds_count") >= 2, "their first passes do not count"
    assert sample(file, 'vmpin_policy_files{state="loaded"}') == 2
    assert sample(file, 'vmpin_policy_files{state="refused"}') == 1
    assert sample(file, "vmpin_libvirt_connected") == 1
    labels = f'guest="{guest.name}",uuid="{guest.uuid}"'
    sample(file, f"vmpin_guest_cpu_throttled_seconds_total{{{labels}}}")
    if os.path.exists(guest.nodes.file("vm", "cpu.pressure")):
        sample(file, f'vmpin_guest_pressure_seconds_total{{{labels},resource="cpu",kind="some"}}')
    gone_label = f'uuid="{gone.uuid}"'
    assert [name for name in samples(file) if gone_label in name]
    gone.destroy()
    other.destroy()
    other.start()
    wait_for(lambda: pinned(other, "vcpu0", "0"), 20, "the guest that starts")
    equal("connections after the first", sample(file, "vmpin_libvirt_reconnects_total"), 0)
    os.kill(agent.helper(), signal.SIGKILL)
    for _ in range(FIGHT):
        guest.nodes.set_cpus("vcpu0", "1")
        wait_for(lambda: pinned(guest, "vcpu0", "0"), 10, "the heal")
    drift = f'vmpin_drift_total{{{labels},class="cpuset"}}'
    wait_for(lambda: sample(file, drift) == FIGHT, 30, "the heals in the metrics")
    # Of the guest that starts, too: libvirt may have written over an early pin.
    assert sample(file, "vmpin_heals_total") >= FIGHT
    assert sample(file, "vmpin_fights_total") == 1
    wait_for(lambda: sample(file, "vmpin_libvirt_reconnects_total") == 1, 30, "the helper's return")
    assert sample(file, 'vmpin_writes_total{controller="cpuset"}') > written + FIGHT, "the start's"
    equal("samples of the guest that is gone", [name for name in samples(file) if gone_label in name], [])
    assert not [name for name in os.listdir(t.root) if re.search(r"\.prom\.new", name)]


def test_what_is_no_file(t):
    """A device, a link or a folder in the place of the metrics file stays, and the log says so, as of no folder"""
    target, folder = f"{t.root}/target", f"{t.root}/folder.prom"
    device, link = f"{t.root}/device.prom", f"{t.root}/link.prom"
    os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    os.symlink(target, link)
    os.mkdir(folder)
    for path in (device, link, folder):
        before = os.lstat(path)
        agent = t.agent("--metrics", path)
        agent.wait_log(f"the metrics cannot be written to {path}: it is there and is no regular file")
        agent.stop()
        equal(path, os.lstat(path).st_ino, before.st_ino)
    assert not os.path.exists(target), "it was written through the link"
    path = f"{t.root}/none/vmpin.prom"
    t.agent("--metrics", path).wait_log(f"cannot be written to {path}: No such file or directory")


def test_no_room(t):
    """Metrics that cannot be written are told of once and keep nothing; with room they are written"""
    guest = t.guest()
    t.policies.write("a.json", policy(guest, {"vcpu0": cpus("0")}))
    disk = small_disk(t, f"{t.root}/full")
    file = f"{disk}/vmpin.prom"
    fill(f"{disk}/filler")
    agent = t.agent("--metrics", file)
    agent.wait_log(f"the metrics cannot be written to {file}: No space left on device")
    guest.nodes.set_cpus("vcpu0", "1")
    wait_for(lambda: pinned(guest, "vcpu0", "0"), 10, "the heal")
    equal("what is left of the try", os.listdir(disk), ["filler"])
    os.unlink(f"{disk}/filler")
    # On a slow machine only when they are written without news, once a minute.
    wait_for(lambda: sample(file, "vmpin_heals_total") >= 1, 90, "the heal in the metrics")
    equal("times that it was told", agent.log().count("the metrics cannot be written"), 1)


if __name__ == "__main__":
    sys.exit(main())
