"""What Python tests without guests share: hosts that were recorded (tests/fixtures/record-host) and
unpacked again; TAP is told as by those with guests."""
import os
import shutil
import sys
import tempfile

SOURCE = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")
sys.path.insert(0, f"{SOURCE}/tests/integration")

from vmpintest import tap  # noqa: E402: found there  # pylint: disable=unused-import


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
