#!/usr/bin/env python3
"""The program cgtree over recorded hosts, and what libcgtree shows to others. TAP on stdout.

By itself: top_srcdir=SOURCE top_builddir=BUILD tests/unit/test_cgtree_program.py [PART OF A NAME]
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")
V1 = "v1-no-systemd"
V2 = "v2-systemd"
VCPU = "/machine/qemu-16-cgroup-web1.libvirt-qemu/vcpu0"


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

    def run(self, *arguments):
        return cgtree("--root", self.folder, *arguments)

    def path(self, name):
        return os.path.join(self.folder, "sys/fs/cgroup", name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()


def cgtree(*arguments, **options):
    environment = dict(os.environ, LC_ALL="C.UTF-8", **options)
    return subprocess.run([f"{BUILD}/cgtree", *arguments], capture_output=True, text=True,
                          env=environment, check=False)


def expect(condition, *shown):
    if not condition:
        raise AssertionError(" ".join(map(str, shown)))


def expect_status(result, status, *texts):
    expect(result.returncode == status, result)
    for text in texts:
        expect(text in result.stderr, result)
    expect(status == 0 or not result.stdout, result)


def test_guests_are_shown_with_their_nodes():
    for name in (V1, "v1-systemd", "hybrid-systemd", V2):
        with Host(name) as host:
            result = host.run("tree", "--vms")
            expect_status(result, 0)
            lines = [line.split()[0] for line in result.stdout.splitlines()]
            guest = "cgroup-web1" if name == V1 else "web1"
            at = lines.index(guest)
            expect([line[2:] for line in lines[at + 1:at + 5]]
                   == ["emulator", "iothread1", "vcpu0", "vcpu1"], lines)


def test_a_guests_tree_in_json_nests_its_nodes():
    with Host(V2) as host:
        (guest,) = json.loads(host.run("tree", "--vms", "--json", "web1").stdout)
        expect(guest["guest"] == "web1" and guest["guest_id"] == 1 and guest["role"] == "vm", guest)
        expect(guest["kind"] == "scope" and guest["controllers"] == ["cpu", "cpuset", "memory"],
               guest)
        expect([child["role"] for child in guest["children"]]
               == ["emulator", "iothread1", "vcpu0", "vcpu1"], guest)
        expect(guest["children"][0]["directory"] == "/sys/fs/cgroup" + guest["path"]
               + "/libvirt/emulator", guest)


def test_a_v1_hosts_tree_has_each_hierarchy_and_a_v2_hosts_one():
    with Host(V1) as host:
        roots = json.loads(host.run("tree", "--json").stdout)
        expect([root["directory"] for root in roots]
               == ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpuset", "/sys/fs/cgroup/memory"], roots)
        (root,) = json.loads(host.run("tree", "--controller", "memory", "--json").stdout)
        expect(root["kind"] == "controller_root", root)
        (root,) = json.loads(host.run("tree", "--grouped", "--json").stdout)
        expect(root["kind"] == "root", root)
    with Host(V2) as host:
        roots = json.loads(host.run("tree", "--json").stdout)
        expect([root["directory"] for root in roots] == ["/sys/fs/cgroup"], roots)


def test_one_attribute_is_printed_alone_and_several_with_names():
    with Host(V1) as host:
        expect(host.run("get", VCPU, "cpu.weight").stdout == "1024\n")
        result = host.run("get", "cgroup-web1/vcpu0", "cpu.shares", "cpu.max")
        expect(result.stdout == "cpu.shares 1024\ncpu.cfs_quota_us -1 100000\n", result)
        result = host.run("get", "-v", VCPU, "cpu.max")
        expect("/sys/fs/cgroup/cpu" + VCPU + "/cpu.cfs_period_us" in result.stderr, result)


def test_all_attributes_that_are_there_are_printed():
    with Host(V2) as host:
        result = host.run("get", "web1/vcpu0")
        expect_status(result, 0)
        expect("cpu.stat nr_periods 0\n" in result.stdout, result)
        expect("memory" not in result.stdout and not result.stderr, result)
        values = json.loads(host.run("get", "web1", "--json").stdout)["values"]
        expect(values["memory.max"] == "max" and values["cpu.weight"] == 100, values)
        expect(values["cpu.max"] == {"quota_us": "max", "period_us": 100000}, values)
        expect(values["cpu.stat"]["nr_periods"] == 0, values)
        expect(isinstance(values["memory.numa_stat"]["anon"]["N0"], int), values)


def test_attributes_are_written_in_order():
    with Host(V1) as host:
        os.truncate(host.path("cpu" + VCPU + "/cpu.cfs_quota_us"), 0)
        with open(host.path("cpu" + VCPU + "/cpu.cfs_quota_us"), "w", encoding="utf-8") as file:
            file.write("-1")
        result = host.run("set", VCPU, "cpu.shares=2048", "cpu.cfs_quota_us=50000 200000", "-v")
        expect_status(result, 0)
        expect(result.stdout == "cpu.shares 2048\ncpu.cfs_quota_us 50000 200000\n", result)
        expect(host.read("cpu" + VCPU + "/cpu.shares").startswith("2048"))
        expect(host.read("cpu" + VCPU + "/cpu.cfs_period_us").startswith("200000"))
        expect(host.read("cpu" + VCPU + "/cpu.cfs_quota_us").startswith("50000"))


def test_a_wrong_argument_keeps_all_from_being_written():
    with Host(V1) as host:
        before = host.read("cpu" + VCPU + "/cpu.shares")
        for wrong, text in (("cpu.shares", "ATTRIBUTE=VALUE"), ("=1", "ATTRIBUTE=VALUE"),
                            ("cpu.sharse=1", "cpu.sharse"), ("cpu.shares=1", "range"),
                            ("cpuset.cpus=x", "list"), ("cpu.weight=100", "cpu.shares"),
                            ("cpu.cfs_period_us=50000", "cpu.cfs_quota_us")):
            expect_status(host.run("set", VCPU, "cpu.shares=2048", wrong), 64, text)
            expect(host.read("cpu" + VCPU + "/cpu.shares") == before, wrong)


def test_what_the_host_lacks_is_refused():
    with Host(V1) as host:
        expect_status(host.run("set", VCPU, "memory.high=1"), 1, "memory.high")
        expect_status(host.run("get", VCPU, "memory.limit_in_bytes"), 1, VCPU, "memory")
        expect_status(host.run("get", VCPU, "nonsense"), 64, "nonsense")


def test_a_node_that_is_not_there_is_named():
    with Host(V1) as host:
        expect_status(host.run("get", "/machine/none"), 1, "/machine/none")
        expect_status(host.run("get", "none"), 1, "none", "--vms")
        expect_status(host.run("tree", "--vms", "none"), 1, "none")
        expect_status(host.run("tree", "/none"), 1, "none")


def test_groups_are_made_and_removed():
    with Host(V2) as host:
        expect_status(host.run("create", "/mine"), 0)
        expect(os.path.isdir(host.path("mine")))
        for name in ("cgroup.controllers", "cgroup.subtree_control"):
            shutil.copy(host.path(name), host.path("mine")) # the kernel makes them
        expect_status(host.run("create", "/mine"), 1, "mine")
        result = host.run("create", "/mine/deep/", "--json")
        expect(json.loads(result.stdout) == {"node": "/mine/deep"}, result)
        expect_status(host.run("create", "/none/deep"), 1, "/none")
        expect_status(host.run("create", "mine2"), 64)
        expect_status(host.run("create", "/"), 64)
        expect_status(host.run("delete", "/mine"), 1, "children")
        expect_status(host.run("delete", "/mine/deep"), 0)
        expect(not os.path.exists(host.path("mine/deep")))


def test_a_wrong_command_line_is_64():
    for arguments in ((), ("bogus",), ("get",), ("set", "/"), ("tree", "/", "/"),
                      ("get", "/", "--vms"), ("tree", "--vms", "--grouped"), ("--bogus",)):
        result = cgtree(*arguments)
        expect(result.returncode == 64 and result.stderr and not result.stdout, arguments, result)


def test_a_host_without_control_groups_is_69():
    with tempfile.TemporaryDirectory(prefix="vmpin-test-") as folder:
        expect_status(cgtree("tree", "--root", folder), 69, "mountinfo")
        expect_status(cgtree("tree", "--root", folder + "/none"), 69, "/none")
        os.makedirs(folder + "/proc/self")
        with open(folder + "/proc/self/mountinfo", "w", encoding="utf-8"):
            pass
        expect_status(cgtree("get", "/", "--root", folder), 69, "cgroup2")


def test_a_full_disk_is_no_success():
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([f"{BUILD}/cgtree", "--help"], stdout=full, stderr=subprocess.PIPE,
                                text=True, check=False)
    expect(result.returncode == 1 and "stdout" in result.stderr, result)


def test_options_may_stand_anywhere():
    with Host(V1) as host:
        for arguments in (("get", VCPU, "cpu.shares", "--json"), ("--json", "get", VCPU, "cpu.shares"),
                          ("get", "--json", "--", VCPU, "cpu.shares")):
            result = cgtree("--root", host.folder, *arguments, POSIXLY_CORRECT="1")
            expect(json.loads(result.stdout)["values"] == {"cpu.shares": 1024}, arguments, result)


def test_every_command_has_help():
    commands = re.findall(r"^  ([a-z]+) ", cgtree("--help").stdout.split("Options:")[0], re.M)
    expect(commands == ["tree", "get", "set", "create", "delete"], commands)
    for command in commands:
        result = cgtree(command, "--help")
        expect_status(result, 0)
        expect(f"Usage: cgtree {command} " in result.stdout, result)
    expect(cgtree("--version").stdout.startswith("cgtree "))


def test_names_are_shown_escaped():
    with Host(V2) as host:
        os.mkdir(host.path("a\x1b[31mb"))
        for arguments in (("tree",), ("tree", "--grouped", "--json"), ("get", "/a\x1b[31mc")):
            result = host.run(*arguments)
            expect("\x1b" not in result.stdout + result.stderr, arguments, result)
            expect("\\x1b" in result.stdout + result.stderr, arguments, result)


def declared_functions():
    with open(f"{SOURCE}/src/cgroup/cgtree.h", encoding="utf-8") as header:
        text = re.sub(r"/\*.*?\*/", "", header.read(), flags=re.S)
    return set(re.findall(r"\b(cg_\w+)\s*\(", text))


def test_the_library_shows_what_the_header_declares_and_no_more():
    library = f"{BUILD}/.libs/libcgtree.so"
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True,
                             check=True).stdout
    shown = set(re.findall(r" T (\w+)@@LIBCGTREE_0$", symbols, re.M))
    others = [line for line in symbols.splitlines() if " T " in line and "@@LIBCGTREE_0" not in line]
    expect(shown == declared_functions(), shown ^ declared_functions())
    expect(not others, others)


def test_the_header_serves_c_and_cxx():
    for language, standard in (("c", "c11"), ("c++", "c++11")):
        compiler = shutil.which("cc" if language == "c" else "c++")
        if not compiler:
            continue
        result = subprocess.run([compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra",
                                 "-pedantic", "-Werror", "-fsyntax-only", "-"],
                                input=f'#include "{os.path.abspath(SOURCE)}/src/cgroup/cgtree.h"\n',
                                capture_output=True, text=True, check=False)
        expect(result.returncode == 0, result.stderr)


def main():
    wanted = sys.argv[1:]
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")
             and (not wanted or any(part in name for part in wanted))]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name[5:]}")
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {name[5:]}")
            print("\n".join("# " + line for line in f"{type(error).__name__}: {error}".splitlines()))
    return 1 if failed else 0


sys.exit(main())
