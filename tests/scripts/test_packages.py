#!/usr/bin/python3
"""The Debian packages where they were built: what needs a compiler or zsh, which the lab's hosts have not.
They are unpacked, not installed. Arguments are parts of the names of the tests to run.

Not part of `make check`, since they take a minute to build: scripts/test runs it."""
import glob
import os
import subprocess
import sys
import tempfile

SOURCE = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
sys.path.insert(0, f"{SOURCE}/tests/integration")
from vmpintest import tap  # noqa: E402: found there
from vmpintest.expect import equal  # noqa: E402
from vmpintest.guest import run  # noqa: E402
from vmpintest.vmpin import as_nobody  # noqa: E402

PACKAGES = f"{os.environ.get('top_builddir', f'{SOURCE}/build/check')}/packages"  # by `make packages`


def test_program(root):
    """An example of libcgtree-dev's builds with its header, library and pkg-config file, and runs"""
    (library,) = glob.glob(f"{root}/usr/lib/*/pkgconfig/..")
    program = f"{root}/tree"
    flags = run(["pkg-config", "--cflags", "--libs", "libcgtree"], check=True,
                env=dict(os.environ, PKG_CONFIG_SYSROOT_DIR=root, PKG_CONFIG_LIBDIR=f"{library}/pkgconfig",
                         PKG_CONFIG_ALLOW_SYSTEM_CFLAGS="1", PKG_CONFIG_ALLOW_SYSTEM_LIBS="1")).out.split()
    run(["cc", "-Werror", "-o", program, f"{root}/usr/share/doc/libcgtree-dev/examples/tree.c", *flags], check=True)
    result = run(as_nobody([program]), env={"LD_LIBRARY_PATH": library})
    assert result.out.startswith("there is "), str(result)


def test_zsh(root):
    """Debian's zsh finds the completions of both commands where they are installed"""
    script = "fpath=($1 $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[vmpin] $_comps[cgtree]"
    found = run(["zsh", "-fc", script, "zsh", f"{root}/usr/share/zsh/vendor-completions"], check=True).out
    equal("the functions", found.split(), ["_vmpin", "_cgtree"])
    fpath = run(["zsh", "-fc", "print -l $fpath"], check=True).out.splitlines()
    assert "/usr/share/zsh/vendor-completions" in fpath, fpath


def main():
    with tempfile.TemporaryDirectory(prefix="vmpin-test-") as root:
        os.chmod(root, 0o755)
        for package in glob.glob(f"{PACKAGES}/*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        return tap.run(tap.chosen(), lambda function: function(root))


if __name__ == "__main__":
    sys.exit(main())
