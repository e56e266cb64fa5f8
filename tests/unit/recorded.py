"""Hosts that were recorded (tests/fixtures/record-host) and unpacked again, and the running of a
program's tests, for Python tests without guests."""
import os
import shutil
import sys
import tempfile

SOURCE = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")


def unpack(name, folder):
    """See tests/fixtures/record-host."""
    out = None
    with open(f"{SOURCE}/tests/fixtures/hosts/{name}.host", encoding="utf-8") as host:
        for line in host:
            if not line.startswith("@"):
                out.write(line)
                continue
            if out:
                out.close()
            path = os.path.join(folder, line[1:-1])
            if path.endswith("/"):
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            out = open(path, "w", encoding="utf-8")
    out.close()


class Host:
    """A recorded host in a temporary folder."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix="vmpin-test-")
        unpack(name, self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, "sys/fs/cgroup", name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()


def expect(condition, *shown):
    if not condition:
        raise AssertionError(" ".join(map(str, shown)))


class Skip(Exception):
    """The test needs what is not installed."""


def run_tests(everything):
    """Runs the test_* functions, all or those that the command line names a part of: TAP, and the
    exit status."""
    tests = [(name, test) for name, test in everything.items() if name.startswith("test_")
             and (not sys.argv[1:] or any(part in name for part in sys.argv[1:]))]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        sentence = name[5:].replace("_", " ")
        try:
            test()
            print(f"ok {number} - {sentence}")
        except Skip as skip:
            print(f"ok {number} - {sentence} # SKIP {skip}")
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {sentence}")
            print("\n".join("# " + line for line in f"{type(error).__name__}: {error}".splitlines()))
    return 1 if failed else 0
