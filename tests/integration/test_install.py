#!/usr/bin/python3
"""What `make install` puts where, as a distribution's package would be made of it."""
import os
import re
import subprocess
import sys
import tempfile

from vmpintest import tap

BUILD = os.environ.get("top_builddir", ".")
SOURCE = os.environ.get("top_srcdir", ".")
PLACES = {"prefix": "/usr", "exec_prefix": "/usr", "libdir": "/usr/lib", "sysconfdir": "/etc",
          "systemdsystemunitdir": "/usr/lib/systemd/system", "sysusersdir": "/usr/lib/sysusers.d",
          "catalogdir": "/usr/lib/systemd/catalog"}
WANTED = {
    "the programs": ["/usr/bin/vmpin", "/usr/bin/cgtree", "/usr/libexec/vmpin-guests"],
    "libcgtree": ["/usr/include/cgtree.h", "/usr/lib/pkgconfig/libcgtree.pc"],
    "the service": ["/usr/lib/systemd/system/vmpin.service", "/usr/lib/sysusers.d/vmpin.conf",
                    "/usr/lib/systemd/catalog/vmpin.catalog"],
    "the manuals": ["/usr/share/man/man1/vmpin.1", "/usr/share/man/man1/cgtree.1",
                    "/usr/share/man/man5/vmpin-policy.5", "/usr/share/man/man8/vmpin.service.8"],
    "the schema": ["/usr/share/vmpin/vmpin-policy.schema.json"],
    "the documents": ["/usr/share/doc/vmpin/README.md", "/usr/share/doc/vmpin/LICENSE"],
}
CHAPTERS = ["Two commands", "A policy", "The service", "Safety", "Limits", "Compared with other ways",
            "Working on it"]
EXAMPLES = "/usr/share/doc/vmpin/examples"


def test_places(root, installed):
    """Programs, library, unit, manuals and schema are where a distribution expects them"""
    for what, paths in WANTED.items():
        missing = [path for path in paths if path not in installed]
        assert not missing, f"{what}: no {missing} in\n" + "\n".join(sorted(installed))
    assert any(re.match(r"/usr/lib/libcgtree\.(so\.\d+|a)$", path) for path in installed), installed


def test_samples(root, installed):
    """Every sample policy is among the documents, and none is active by being installed"""
    samples = {f"{EXAMPLES}/{name}" for name in os.listdir(f"{SOURCE}/policies")
               if re.match(r"\d\d-.*\.json$", name)}
    assert samples and samples <= installed, samples - installed
    assert not [path for path in installed if "policies.d" in path or path.startswith("/etc/")]


def test_nothing_undocumented(root, installed):
    """Every program and the unit have a manual of their name, and the unit starts what is there"""
    for name in ("vmpin.1", "cgtree.1", "vmpin.service.8"):
        assert any(path.endswith("/" + name) for path in installed), name
    with open(f"{root}/usr/lib/systemd/system/vmpin.service") as unit:
        program = re.search(r"^ExecStart=(\S+)", unit.read(), re.M).group(1)
    assert os.path.basename(program) == "vmpin", program


def test_readme(root, installed):
    """The README leads a newcomer from the two commands to working on it"""
    with open(f"{root}/usr/share/doc/vmpin/README.md", encoding="utf-8") as readme:
        chapters = re.findall(r"^## (.*)$", readme.read(), re.M)
    assert [chapter for chapter in chapters if chapter in CHAPTERS] == CHAPTERS, chapters


def main():
    with tempfile.TemporaryDirectory(prefix="vmpin-test-") as root:
        subprocess.run(["make", "-s", "-C", BUILD, "install", f"DESTDIR={root}"]
                       + [f"{name}={path}" for name, path in PLACES.items()],
                       check=True, stdout=subprocess.DEVNULL)
        installed = {os.path.join(folder, name)[len(root):]
                     for folder, _, names in os.walk(root) for name in names}
        return tap.run(tap.chosen(), lambda function: function(root, installed))


if __name__ == "__main__":
    sys.exit(main())
