#!/usr/bin/python3
"""scripts/quickstart as a newcomer runs it: it shows what it promises and leaves nothing behind.

Not part of `make check`, since it is about a checkout: scripts/test runs it."""
import fcntl
import glob
import os
import signal
import subprocess
import sys
import traceback

SOURCE = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
LOCK = "/run/vmpin-test.lock"  # as the tests with real guests: one at a time
DAEMONS = ("dbus-daemon", "libvirtd", "virtlogd", "qemu-system-x86")
SECONDS = 300


def running():
    """(name, pid) of what could be left running."""
    found = set()
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path) as file:
                name = file.read().strip()
            with open(path.replace("comm", "cmdline")) as file:
                words = file.read()
        except OSError:
            continue
        if name in DAEMONS or "build/quickstart/" in words:
            found.add((name, path.split("/")[2]))
    return found


def machine():
    """What must be the same before and after."""
    groups = {folder for folder, _, _ in os.walk("/sys/fs/cgroup")}
    files = set()
    for pattern in ("/run/vmpin/**", "/etc/vmpin/**", "/tmp/tmp.*", "/etc/libvirt/qemu/*.xml",
                    "/var/log/libvirt/qemu/*", "/run/libvirt/qemu/*.*"):
        files |= set(glob.glob(pattern, recursive=True))
    return {"control groups": groups, "files": files, "processes": running()}


def unchanged(before):
    after = machine()
    for what, was in before.items():
        assert after[what] == was, f"{what} changed: {sorted(after[what] ^ was)}"


def start(*words):
    return subprocess.Popen([f"{SOURCE}/scripts/quickstart", *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True)


def run(*words):
    process = start(*words)
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, f"exit status {process.returncode}:\n{out}"
    return out


def shows_the_main_job(out):
    for words in ("$ vmpin check", "$ vmpin plan", "$ vmpin reconcile", "$ vmpin status",
                  "healed vm cpu.", "$ vmpin revert", "is gone again"):
        assert words in out, f"no '{words}' in:\n{out}"


def test_real_guests():
    """On real guests it shows plan, apply, status, a heal and revert, and leaves the machine as it was"""
    before = machine()
    out = run()
    assert "On real guests" in out, out
    shows_the_main_job(out)
    unchanged(before)


def test_demo():
    """Without real guests it shows the same on libvirt's test driver, says so, and leaves nothing"""
    before = machine()
    out = run("--demo")
    assert "On libvirt's test driver" in out, out
    shows_the_main_job(out)
    unchanged(before)


def test_interrupted():
    """Ctrl-C in the middle undoes all of it too"""
    before = machine()
    process = start()
    for line in process.stdout:
        if line.startswith("== Where does each thread"):
            os.killpg(process.pid, signal.SIGINT)  # as the terminal does: the whole job
            break
    rest, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, f"exit status {process.returncode}:\n{rest}"
    assert "is gone again" in rest and "$ vmpin revert" not in rest, rest
    unchanged(before)


def main():
    tests = [f for name, f in globals().items() if name.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for number, function in enumerate(tests, 1):
            try:
                function()
            except Exception:
                failed += 1
                print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
                print("not ", end="")
            print(f"ok {number} - {function.__doc__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
