#!/usr/bin/python3
"""The Debian packages, installed, upgraded, removed and purged under running guests."""
import glob
import os
import pwd
import subprocess
import sys

from vmpintest import main, wait_for
from vmpintest.expect import cpus, equal, pinned, policy
from vmpintest.guest import run
from vmpintest.runner import takes
from vmpintest.tap import skip_unless
from vmpintest.vmpin import BUILD, Folder

PACKAGES = f"{BUILD}/packages"  # by `make packages`
NAMES = ("vmpin", "libcgtree-dev", "libcgtree0")
POLICIES = "/etc/vmpin/policies.d"
WANTED = "/etc/systemd/system/multi-user.target.wants/vmpin.service"


def dpkg(*words):
    return run(["dpkg", *words], check=True, seconds=120)


def install(t):
    """Until the test's end."""
    packages = [path for name in NAMES for path in glob.glob(f"{PACKAGES}/{name}_*.deb")]
    skip_unless(packages, "no packages: make packages")
    t.undo.callback(purge)
    dpkg("--install", *packages)


def purge():
    subprocess.run(["dpkg", "--purge", *NAMES], check=False, stdout=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", "/etc/vmpin"], check=True)


def newer(t):
    """The vmpin package again, as a later version."""
    tree, package = f"{t.root}/tree", f"{t.root}/newer.deb"
    run(["dpkg-deb", "-R", *glob.glob(f"{PACKAGES}/vmpin_*.deb"), tree], check=True)
    run(["sed", "-i", "s/^Version: .*/&+newer/", f"{tree}/DEBIAN/control"], check=True)
    run(["dpkg-deb", "-Znone", "-b", tree, package], check=True)
    return package


def shown(name):
    return run(["systemctl", "show", "-P", name, "vmpin"], check=True).out.strip()


def owned():
    """The files that dpkg has put there, and those that this machine does without (manuals)."""
    return [path for path in dpkg("--listfiles", *NAMES).out.splitlines()
            if path.startswith("/") and not os.path.isdir(path)]


def in_force(guest):
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 20, "the policy")


def apply(guest):
    with open(f"{POLICIES}/a.json", "w") as file:
        file.write(Folder.text(policy(guest, {"vcpu*": cpus("1")})))
    in_force(guest)
    return guest.nodes.settings()


@takes(240)
def test_install(t):
    """Installed, the service runs and is enabled, and touches no guest before there is a policy"""
    guest = t.guest()
    before = guest.nodes.settings()
    install(t)
    equal("state", (shown("ActiveState"), shown("UnitFileState")), ("active", "enabled"))
    wait_for(lambda: shown("StatusText").startswith("guests: 1 (1 unmanaged)"), 20, "the guest")
    t.untouched(guest, before)
    pwd.getpwnam("vmpin")
    apply(guest)
    assert "in sync" in run(["vmpin", "status", guest.name], check=True).out


@takes(240)
def test_contents(t):
    """The packages have the completions of both shells, the user, the catalogue, unit and manuals"""
    install(t)
    files = owned()
    for end in ("/bash-completion/completions/vmpin", "/bash-completion/completions/cgtree",
                "/zsh/vendor-completions/_vmpin", "/zsh/vendor-completions/_cgtree",
                "/sysusers.d/vmpin.conf", "/catalog/vmpin.catalog", "/system/vmpin.service",
                "/man8/vmpin.service.8.gz", "/man1/cgtree.1.gz", "/pkgconfig/libcgtree.pc"):
        assert any(path.endswith(end) for path in files), f"no {end} in {files}"
    run(["bash", "-c", ". /usr/share/bash-completion/completions/vmpin && complete -p vmpin"], check=True)


@takes(240)
def test_upgrade(t):
    """Upgraded, the agent is another one, values stayed in force, and their baseline is known"""
    guest = t.guest()
    before = guest.nodes.settings()
    install(t)
    during = apply(guest)
    pid = shown("MainPID")
    dpkg("--install", newer(t))
    t.untouched(guest, during)
    equal("state", shown("ActiveState"), "active")
    assert shown("MainPID") != pid, "the old agent runs on"
    os.unlink(f"{POLICIES}/a.json")
    wait_for(lambda: t.restored(guest, before), 20, "the values from before vmpin")


@takes(240)
def test_remove_and_purge(t):
    """Removed, then purged, values stay in force; the state goes with the purge, the admin's policies stay"""
    guest = t.guest()
    install(t)
    during = apply(guest)
    files = owned()
    assert os.path.lexists(WANTED), "systemd would not start it"
    dpkg("--remove", "vmpin")
    t.untouched(guest, during)
    equal("process", run(["pgrep", "-x", "vmpin"]).out, "")
    assert os.path.exists("/run/vmpin/policies.json"), "the state is lost before the purge"
    dpkg("--purge", *NAMES)
    t.untouched(guest, during)
    equal("files left", [path for path in files if os.path.exists(path)], [])
    assert not os.path.lexists(WANTED), "systemd would still start it"
    assert not os.path.exists("/run/vmpin"), "the state outlives the purge"
    assert os.path.exists(f"{POLICIES}/a.json"), "the admin's policy is lost"


if __name__ == "__main__":
    sys.exit(main())
