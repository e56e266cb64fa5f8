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

from recorded import BUILD, SOURCE, Host, expect, tap

V1 = "v1-no-systemd"
V2 = "v2-systemd"
VCPU = "/machine/qemu-16-cgroup-web1.libvirt-qemu/vcpu0"


def cgtree(*arguments, **options):
    environment = dict(os.environ, LC_ALL="C.UTF-8", **options)
    return subprocess.run([f"{BUILD}/cgtree", *arguments], capture_output=True, text=True,
                          env=environment, check=False)


def run(host, *arguments):
    return cgtree("--root", host.folder, *arguments)


def expect_status(result, status, *texts):
    expect(result.returncode == status, result)
    for text in texts:
        expect(text in result.stderr, result)
    expect(status == 0 or not result.stdout, result)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def test_guests_are_shown_with_their_nodes():
    for name in (V1, "v1-systemd", "hybrid-systemd", V2):
        with Host(name) as host:
            result = run(host, "tree", "--vms")
            expect_status(result, 0)
            lines = [line.split()[0] for line in result.stdout.splitlines()]
            guest = "cgroup-web1" if name == V1 else "web1"
            at = lines.index(guest)
            expect([line[2:] for line in lines[at + 1:at + 5]]
                   == ["emulator", "iothread1", "vcpu0", "vcpu1"], lines)


def test_a_guests_tree_in_json_nests_its_nodes():
    with Host(V2) as host:
        (guest,) = json.loads(run(host, "tree", "--vms", "--json", "web1").stdout)
        expect(guest["guest"] == "web1" and guest["guest_id"] == 1 and guest["role"] == "vm", guest)
        expect(guest["kind"] == "scope"
               and set(guest["controllers"]) >= {"cpu", "cpuset", "memory", "io", "pids"}, guest)
        expect([child["role"] for child in guest["children"]]
               == ["emulator", "iothread1", "vcpu0", "vcpu1"], guest)
        expect(guest["children"][0]["directory"] == "/sys/fs/cgroup" + guest["path"]
               + "/libvirt/emulator", guest)


def test_a_v1_hosts_tree_has_each_hierarchy_and_a_v2_hosts_one():
    with Host(V1) as host:
        roots = json.loads(run(host, "tree", "--json").stdout)
        expect([root["directory"].split("/")[-1] for root in roots]
               == ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids",
                   "systemd", "unified"], roots)
        expect(roots[8]["controllers"] == ["name=systemd"], roots[8])
        (root,) = json.loads(run(host, "tree", "--controller", "memory", "--json").stdout)
        expect(root["kind"] == "controller_root", root)
        (root,) = json.loads(run(host, "tree", "--grouped", "--json").stdout)
        expect(root["kind"] == "root", root)
    with Host(V2) as host:
        roots = json.loads(run(host, "tree", "--json").stdout)
        expect([root["directory"] for root in roots] == ["/sys/fs/cgroup"], roots)


def test_one_attribute_is_printed_alone_and_several_with_names():
    with Host(V1) as host:
        expect(run(host, "get", VCPU, "cpu.shares").stdout == "1024\n")
        result = run(host, "get", "cgroup-web1/vcpu0", "cpu.shares", "cpu.max")
        expect(result.stdout == "cpu.shares 1024\ncpu.cfs_quota_us -1 100000\n", result)
        result = run(host, "get", "-v", VCPU, "cpu.max")
        expect("/sys/fs/cgroup/cpu" + VCPU + "/cpu.cfs_period_us" in result.stderr, result)


def test_the_other_versions_name_is_taken_where_its_value_is_the_same():
    with Host(V1) as host:
        expect_status(run(host, "get", VCPU, "cpuset.cpus.effective"), 0)
        write(host.path("cpu" + VCPU + "/cpu.cfs_quota_us"), "-1")
        expect_status(run(host, "set", VCPU, "cpu.max=50000 200000"), 0)
        expect(run(host, "get", VCPU, "cpu.max").stdout == "50000 200000\n")
    with Host(V2) as host:
        expect_status(run(host, "set", "web1", "memory.limit_in_bytes=1G"), 0)
        expect(run(host, "get", "web1", "memory.limit_in_bytes").stdout == "1073741824\n")


def test_the_other_versions_name_is_refused_where_its_value_is_another():
    for name, node, attribute, here in ((V1, VCPU, "cpu.weight", "cpu.shares"),
                                        (V1, VCPU, "cpu.cfs_period_us", "cpu.cfs_quota_us"),
                                        (V2, "web1", "cpu.shares", "cpu.weight"),
                                        (V2, "web1", "memory.memsw.limit_in_bytes", "memory.swap.max")):
        with Host(name) as host:
            expect_status(run(host, "get", node, attribute), 64, attribute, here)
            expect_status(run(host, "set", node, f"{attribute}=1000"), 64, attribute, here)


def test_all_attributes_that_are_there_are_printed():
    with Host(V2) as host:
        result = run(host, "get", "web1/vcpu0")
        expect_status(result, 0)
        expect("cpu.stat nr_periods 0\n" in result.stdout, result)
        expect("memory" not in result.stdout and not result.stderr, result)
        values = json.loads(run(host, "get", "web1", "--json").stdout)["values"]
        expect(values["memory.max"] == "max" and values["cpu.weight"] == 100, values)
        expect(values["cpu.max"] == {"quota_us": "max", "period_us": 100000}, values)
        expect(values["cpu.stat"]["nr_periods"] == 0, values)
        expect(isinstance(values["memory.numa_stat"]["anon"]["N0"], int), values)


def test_names_of_groups_are_but_text_whatever_they_are():
    evil = "\x1b]2;x\x07\x9b\r\u202ea"
    with Host(V2) as host:
        os.makedirs(host.path(f"{evil}/b"))
        for name in ("cpu.weight", "cgroup.procs"):
            with open(host.path(f"{evil}/{name}"), "w", encoding="utf-8") as file:
                file.write("100\n")
        expect("\\x1b]2;x\\x07" in run(host, "tree").stdout)
        for words in (["tree"], ["tree", f"/{evil}"], ["get", f"/{evil}"],
                      ["get", "-v", f"/{evil}", "cpu.weight"], ["get", f"/{evil}", "cpu.idle"],
                      ["get", f"/{evil}", evil], ["set", f"/{evil}", f"cpu.weight={evil}"],
                      ["set", "-v", f"/{evil}", "cpu.weight=7"], ["create", f"/{evil}/{evil}"],
                      ["delete", f"/{evil}/c"], ["tree", f"/{evil}/none"]):
            for more in ([], ["--json"]):
                result = run(host, *words, *more)
                told = re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]",
                                  result.stdout + result.stderr)
                expect(not told, words + more, told, result)


def test_attributes_are_written_in_order():
    with Host(V1) as host:
        write(host.path("cpu" + VCPU + "/cpu.cfs_quota_us"), "-1")
        result = run(host, "set", VCPU, "cpu.shares=2048", "cpu.cfs_quota_us=50000 200000", "-v")
        expect_status(result, 0)
        expect(result.stdout == "cpu.shares 2048\ncpu.cfs_quota_us 50000 200000\n", result)
        expect(host.read("cpu" + VCPU + "/cpu.shares").startswith("2048"))
        expect(host.read("cpu" + VCPU + "/cpu.cfs_period_us").startswith("200000"))
        expect(host.read("cpu" + VCPU + "/cpu.cfs_quota_us").startswith("50000"))


def test_a_process_is_moved_in_every_hierarchy_of_v1_or_in_one():
    node = "machine/qemu-16-cgroup-web1.libvirt-qemu"
    with Host(V1) as host:
        def procs():
            return {name: host.read(f"{name}/{node}/cgroup.procs").split()
                    for name in ("cpu", "memory", "systemd", "unified")}
        os.makedirs(host.path(f"systemd/{node}"))
        for name in ("cpu", "memory", "systemd", "unified"):
            with open(host.path(f"{name}/{node}/cgroup.procs"), "w", encoding="utf-8"):
                pass
        expect_status(run(host, "set", "--controller", "memory", f"/{node}", "cgroup.procs=7"), 0)
        expect(procs() == {"cpu": [], "memory": ["7"], "systemd": [], "unified": []}, procs())
        expect(run(host, "get", "--controller", "memory", f"/{node}", "cgroup.procs").stdout == "7\n")
        expect(run(host, "get", f"/{node}", "cgroup.procs").stdout == "\n")
        expect_status(run(host, "set", f"/{node}", "cgroup.procs=8"), 0)
        expect(procs() == {"cpu": ["8"], "memory": ["8"], "systemd": ["8"], "unified": []}, procs())
        expect_status(run(host, "get", "--controller", "memory", f"/{node}", "cpu.shares"), 1, "memory")
        expect_status(run(host, "delete", "--controller", "memory", f"/{node}"), 64, "--controller")


def test_a_wrong_argument_keeps_all_from_being_written():
    with Host(V1) as host:
        before = host.read("cpu" + VCPU + "/cpu.shares")
        for wrong, text in (("cpu.shares", "ATTRIBUTE=VALUE"), ("=1", "ATTRIBUTE=VALUE"),
                            ("cpu.sharse=1", "cpu.sharse"), ("cpu.shares=1", "range"),
                            ("cpuset.cpus=x", "list"), ("cpu.stat=1", "read"), ("cpu.weight=100", "cpu.shares"),
                            ("cpu.cfs_period_us=50000", "cpu.cfs_quota_us")):
            expect_status(run(host, "set", VCPU, "cpu.shares=2048", wrong), 64, text)
            expect(host.read("cpu" + VCPU + "/cpu.shares") == before, wrong)


def test_names_alone_are_what_other_commands_take():
    with Host(V1) as host:
        names = run(host, "tree", "--vms", "--names").stdout.splitlines()
        expect("cgroup-web1" in names and "cgroup-web1/vcpu0" in names, names)
        paths = run(host, "tree", "--names", "/machine").stdout.splitlines()
        expect(paths[0] == "/machine" and VCPU in paths, paths)
        for name in [name for name in names if name.startswith("cgroup-web1")] + [VCPU]:
            expect_status(run(host, "get", name, "cpu.shares"), 0)
        readable = run(host, "get", "--names", VCPU).stdout.splitlines()
        writable = run(host, "set", "--names", VCPU).stdout.splitlines()
        expect("cpu.stat" in readable and "cpu.shares" in readable, readable)
        expect("cpu.stat" not in writable and "cpu.shares" in writable, writable)
        expect(not any(name.startswith("memory.") for name in readable), readable)
        for command in ("get", "set"):
            names = run(host, command, "--controller", "cpuset", "--names", VCPU).stdout.splitlines()
            expect("cpuset.cpus" in names and "tasks" in names and "cpu.shares" not in names, names)
        for wrong in (("create", "--names", "/x"), ("get", "--names"), ("tree", "--names", "--json"),
                      ("set", "--names", VCPU, "cpu.shares=1024")):
            expect_status(run(host, *wrong), 64)


def test_a_guest_whose_name_is_anothers_too_is_named_by_its_directory():
    with Host(V2) as host:
        os.mkdir(host.path("machine.slice/machine-qemu\\x2d9\\x2dweb1.scope"))
        names = run(host, "tree", "--vms", "--names").stdout.splitlines()
        expect("web1" not in names and "machine-qemu\\x2d9\\x2dweb1.scope" in names, names)
        expect_status(run(host, "get", "machine-qemu\\x2d1\\x2dweb1.scope/vcpu0", "cpu.weight"), 0)
        expect_status(run(host, "get", "web1", "cpu.weight"), 1, "several")


def test_what_the_host_lacks_is_refused():
    with Host(V1) as host:
        expect_status(run(host, "set", VCPU, "memory.high=1"), 1, "memory.high")
        expect_status(run(host, "get", VCPU, "memory.limit_in_bytes"), 1, VCPU, "memory")
        expect_status(run(host, "get", VCPU, "nonsense"), 64, "nonsense")


def test_a_node_that_is_not_there_is_named():
    with Host(V1) as host:
        expect_status(run(host, "get", "/machine/none"), 1, "/machine/none")
        expect_status(run(host, "get", "none"), 1, "none", "--vms")
        expect_status(run(host, "tree", "--vms", "none"), 1, "none")
        expect_status(run(host, "tree", "/none"), 1, "none")


def test_groups_are_made_and_removed():
    with Host(V2) as host:
        expect_status(run(host, "create", "/mine"), 0)
        expect(os.path.isdir(host.path("mine")))
        for name in ("cgroup.controllers", "cgroup.subtree_control"):
            shutil.copy(host.path(name), host.path("mine")) # the kernel makes them
        expect_status(run(host, "create", "/mine"), 1, "mine")
        result = run(host, "create", "/mine/deep/", "--json")
        expect(json.loads(result.stdout) == {"node": "/mine/deep"}, result)
        expect_status(run(host, "create", "/none/deep"), 1, "/none")
        expect_status(run(host, "create", "mine2"), 64)
        expect_status(run(host, "create", "/"), 64)
        expect_status(run(host, "delete", "/mine"), 1, "children")
        expect_status(run(host, "delete", "/mine/deep"), 0)
        expect(not os.path.exists(host.path("mine/deep")))


def test_a_wrong_command_line_is_64():
    for arguments in ((), ("bogus",), ("get",), ("set", "/"), ("tree", "/", "/"),
                      ("get", "/", "--vms"), ("tree", "--vms", "--grouped"), ("--bogus",)):
        result = cgtree(*arguments)
        expect(result.returncode == 64 and result.stderr and not result.stdout, arguments, result)


def options_of(*words):
    """Of the program, or of a command, as --help lists them: each with its argument, or ''."""
    result = cgtree(*words, "--help")
    expect_status(result, 0)
    expect(not re.search(r"[ \t]$", result.stdout, re.MULTILINE), result)
    return dict(re.findall(r"^  (?:-.,|   ) --([a-z]+) ([A-Z]*)", result.stdout, re.MULTILINE))


def test_help_lists_the_options_that_a_command_takes_and_no_other():
    every = options_of()
    expect(len(every) > 8, every)
    for command in ("tree", "get", "set", "create", "delete"):
        listed = options_of(command)
        for option, argument in every.items():
            if option in ("help", "version"):
                continue
            words = ["/x", "a=b"] if command == "set" and option != "names" else ["/x"]
            result = cgtree(command, f"--{option}", *(["x"] if argument else []),
                            "--root", "/nonexistent", *words)
            expect((result.returncode == 64) == (option not in listed), command, option, result)


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
            result = run(host, *arguments)
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


def test_the_readmes_program_compiles_and_tells_each_vcpus_cpus():
    with open(f"{SOURCE}/README.md", encoding="utf-8") as file:
        (program,) = re.findall(r"```c\n(.*?)```", file.read(), re.S)
    with Host(V2) as host:
        built = f"{host.folder}/cpus"
        result = subprocess.run(
            [os.environ.get("CC", "cc"), "-x", "c", "-Wall", "-Wextra", "-Werror",
             "-Wno-unused-parameter", f"-I{SOURCE}/src/cgroup", "-o", built, "-",
             f"-L{BUILD}/.libs", "-lcgtree"], input=program, capture_output=True, text=True,
            check=False)
        expect(result.returncode == 0, result.stderr)
        result = subprocess.run([built, host.folder], capture_output=True, text=True, check=True,
                                env=dict(os.environ, LD_LIBRARY_PATH=f"{BUILD}/.libs"))
        expect("web1 vcpu0: 0-7\nweb1 vcpu1: " in result.stdout, result)


sys.exit(tap.run(tap.chosen()))
