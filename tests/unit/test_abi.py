#!/usr/bin/env python3
"""The library's binary interface and its reference. TAP on stdout.

src/cgroup/libcgtree.symbols has every symbol that a release has shown, with its version. One that
goes or changes its version breaks programs that are built: that is a new version of the library
(-version-info), not an edit of the list. New symbols are added with --write.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from recorded import BUILD, SOURCE, tap

LIST = f"{SOURCE}/src/cgroup/libcgtree.symbols"
HEADER = f"{SOURCE}/src/cgroup/cgtree.h"


def shown():
    """What the built library shows: "cg_read@LIBCGTREE_0"."""
    table = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions",
                            f"{BUILD}/.libs/libcgtree.so"],
                           capture_output=True, text=True, check=True).stdout
    return {name.replace("@@", "@") for name in re.findall(r" [TDBR] (\S+)$", table, re.M)}


def listed():
    with open(LIST, encoding="ascii") as file:
        return set(file.read().split())


def test_every_symbol_that_was_shown_is_shown_with_its_version():
    gone = listed() - shown()
    assert not gone, f"no longer there: {sorted(gone)}"


def test_every_symbol_is_listed():
    new = shown() - listed()
    assert not new, f"{sorted(new)}: add them with tests/unit/test_abi.py --write"


def test_the_library_is_of_the_name_that_programs_ask_for():
    table = subprocess.run(["readelf", "-d", f"{BUILD}/.libs/libcgtree.so"], capture_output=True,
                           text=True, check=True).stdout
    assert "[libcgtree.so.0]" in table, table


def reference(header, folder):
    """Doxygen's exit status and what it said."""
    environment = dict(os.environ, VERSION="test", OUTPUT=folder, HEADER=header,
                       HEADER_DIRECTORY=os.path.dirname(header))
    done = subprocess.run(["doxygen", f"{SOURCE}/doc/Doxyfile"], env=environment, text=True,
                          capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


def need_doxygen():
    if not shutil.which("doxygen"):
        raise tap.Skip("needs doxygen")


def test_the_reference_is_made_without_a_warning_and_has_every_function():
    need_doxygen()
    with tempfile.TemporaryDirectory(prefix="vmpin-test-") as folder:
        status, told = reference(HEADER, folder)
        assert status == 0 and not told, told
        with open(f"{folder}/html/globals_func.html", encoding="utf-8") as page:
            text = page.read()
        missing = [name for name in shown() if f"{name.partition('@')[0]}()" not in text]
        assert not missing, missing


def test_a_function_without_a_comment_is_a_warning():
    need_doxygen()
    with tempfile.TemporaryDirectory(prefix="vmpin-test-") as folder:
        with open(HEADER, encoding="utf-8") as file:
            text = file.read()
        bare = re.sub(r"/\*\*(?:(?!\*/).)*\*/\nint cg_read\(", "int cg_read(", text, flags=re.S)
        assert bare != text
        with open(f"{folder}/cgtree.h", "w", encoding="utf-8") as file:
            file.write(bare)
        status, told = reference(f"{folder}/cgtree.h", folder)
        assert status != 0 and "cg_read" in told, told


def write_list():
    with open(LIST, "w", encoding="ascii") as file:
        file.write("".join(f"{name}\n" for name in sorted(listed() | shown())))
    return 0


sys.exit(write_list() if sys.argv[1:] == ["--write"] else tap.run(tap.chosen()))
