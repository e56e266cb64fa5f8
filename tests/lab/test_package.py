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
# What starts it with the host, and Debian's note of that.
UNIT_LINKS = [f"{folder}/multi-user.target.wants/vmpin.service"
              for folder in ("/etc/systemd/system", "/var/lib/systemd/deb-systemd-helper-enabled")]
HEALED = "e5fc85d1e83d4acb9287c41084f877de"  # an entry of the agent's: see entries.h


def dpkg(*words):
    return run(["dpkg", *words], check=True, seconds=120)


def packages(*names, folder=PACKAGES):
    found = [path for name in names for path in glob.glob(f"{folder}/{name}_*.deb")]
    skip_unless(found, "no packages: make packages")
    return found


def install(t, *paths):
    """These, or those that were built, until the test's end."""
    t.undo.callback(purge)
    dpkg("--install", *(paths or packages(*NAMES)))


def purge():
    subprocess.run(["dpkg", "--purge", *NAMES], check=False, stdout=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", "/etc/vmpin"], check=True)


def older(t):
    """The packages as an earlier version, whose unit is another one."""
    for package in packages(*NAMES):
        tree = f"{t.root}/{os.path.basename(package)[:-4]}"
        version = run(["dpkg-deb", "-f", package, "Version"], check=True).out.strip()
        run(["dpkg-deb", "-R", package, tree], check=True)
        run(["sed", "-i", f"s/{version}/{version}~older/", f"{tree}/DEBIAN/control"], check=True)
        for unit in glob.glob(f"{tree}/**/vmpin.service", recursive=True):
            with open(unit, "a") as file:
                file.write("# older\n")
        run(["dpkg-deb", "-Znone", "-b", tree, f"{tree}.deb"], check=True)
    return packages(*NAMES, folder=t.root)


def shown(name):
    return run(["systemctl", "show", "-P", name, "vmpin"], check=True).out.strip()


def contents():
    """Every file and folder of the packages."""
    listed = [line.split(maxsplit=5)[5].split(" -> ")[0] for package in packages(*NAMES)
              for line in dpkg("--contents", package).out.splitlines()]
    return [name.lstrip(".").rstrip("/") for name in listed]


def in_force(guest):
    wait_for(lambda: pinned(guest, "vcpu1", "1"), 20, "the policy")


def apply(guest):
    with open(f"{POLICIES}/a.json", "w") as file:
        file.write(Folder.text(policy(guest, {"vcpu*": cpus("1")})))
    in_force(guest)
    return guest.nodes.settings()


def in_sync(guest):
    """The agent says so."""
    wait_for(lambda: "(1 in sync)" in shown("StatusText"), 20, "the agent to have seen the guest")
    assert "in sync" in run(["vmpin", "status", guest.name], check=True).out


def given_back(t, guest, before):
    """The policy goes: what stood there before vmpin is known."""
    os.unlink(f"{POLICIES}/a.json")
    wait_for(lambda: t.restored(guest, before), 20, "the values from before vmpin")


@takes(240)
def test_install(t):
    """Installed, the service runs and is enabled, and touches no guest before there is a policy"""
    guest = t.guest()
    before = guest.nodes.settings()
    install(t)
    equal("state", (shown("ActiveState"), shown("UnitFileState")), ("active", "enabled"))
    wait_for(lambda: shown("StatusText").startswith("guests: 1 (1 unmanaged)"), 20, "the guest")
    t.untouched(guest, before)
    apply(guest)
    in_sync(guest)


@takes(240)
def test_contents(t):
    """The packages bring manuals, and completions, catalogue and user so that bash, journal and helper have them"""
    paths = contents()
    for end in ("/bash-completion/completions/vmpin", "/bash-completion/completions/cgtree",
                "/zsh/vendor-completions/_vmpin", "/zsh/vendor-completions/_cgtree",
                "/system/vmpin.service", "/man8/vmpin.service.8.gz", "/man5/vmpin-policy.5.gz",
                "/man1/vmpin.1.gz", "/man1/cgtree.1.gz", "/pkgconfig/libcgtree.pc"):
        assert any(path.endswith(end) for path in paths), f"no {end} in {paths}"
    run(["userdel", "vmpin"])  # another test's
    install(t)
    for name in ("vmpin", "cgtree"):
        run(["bash", "-c", f". /usr/share/bash-completion/completions/{name} && complete -p {name}"], check=True)
    assert "vmpin" in run(["journalctl", "--list-catalog", HEALED], check=True).out
    wait_for(lambda: run(["pgrep", "-u", "vmpin", "vmpin-guests"]).out, 20, "the helper to run as vmpin")


@takes(240)
def test_upgrade(t):
    """Upgraded, the agent is the new one and in sync, no guest was touched, and the baselines are known"""
    guest = t.guest()
    before = guest.nodes.settings()
    install(t, *older(t))
    during = apply(guest)
    pid = shown("MainPID")
    dpkg("--install", *packages(*NAMES))
    t.untouched(guest, during)  # its process and threads are part of that
    equal("state", (shown("ActiveState"), shown("NRestarts")), ("active", "0"))
    assert shown("MainPID") != pid, "the old agent runs on"
    equal("its program", os.readlink(f"/proc/{shown('MainPID')}/exe"), "/usr/bin/vmpin")
    assert "# older" not in run(["systemctl", "cat", "vmpin"], check=True).out, "the unit is the old one"
    in_sync(guest)
    t.untouched(guest, during)
    given_back(t, guest, before)


@takes(240)
def test_upgrade_of_what_is_off(t):
    """Upgraded, a service that the admin has stopped and disabled stays so"""
    install(t)
    run(["systemctl", "disable", "--now", "vmpin"], check=True)
    dpkg("--install", *packages("vmpin"))
    equal("state", (shown("ActiveState"), shown("UnitFileState")), ("inactive", "disabled"))


@takes(240)
def test_remove_and_install_again(t):
    """Removed and installed again, the service runs and is enabled, and the baselines are known"""
    guest = t.guest()
    before = guest.nodes.settings()
    install(t)
    apply(guest)
    dpkg("--remove", "vmpin")
    dpkg("--install", *packages("vmpin"))
    equal("state", (shown("ActiveState"), shown("UnitFileState")), ("active", "enabled"))
    in_sync(guest)
    given_back(t, guest, before)


@takes(240)
def test_remove_and_purge(t):
    """Removed, then purged, values stay in force; the state goes with the purge, the admin's policies stay"""
    guest = t.guest()
    install(t)
    during = apply(guest)
    dpkg("--remove", "vmpin")
    t.untouched(guest, during)
    equal("process", run(["pgrep", "-x", "vmpin"]).out, "")
    assert os.path.exists("/run/vmpin/policies.json"), "the state is lost before the purge"
    dpkg("--purge", *NAMES)
    t.untouched(guest, during)
    assert not os.path.exists("/run/vmpin"), "the state outlives the purge"
    assert os.path.exists(f"{POLICIES}/a.json"), "the admin's policy is lost"


@takes(240)
def test_purge(t):
    """Purged without a policy, nothing of the packages is left but the user"""
    made = [path for path in contents() if not os.path.lexists(path)] + UNIT_LINKS
    install(t)
    for path in ("/usr/bin/vmpin", POLICIES, *UNIT_LINKS):
        assert path in made and os.path.lexists(path), f"{path} was not made by the packages"
    dpkg("--purge", *NAMES)
    equal("left", [path for path in made if os.path.lexists(path)], [])
    pwd.getpwnam("vmpin")


if __name__ == "__main__":
    sys.exit(main())
