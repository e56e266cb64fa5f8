#!/usr/bin/env python3
"""What bash and zsh complete for cgtree and vmpin, over a recorded host. TAP on stdout.

bash's functions are called as readline calls them; of zsh, compadd is replaced by one that prints.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from recorded import BUILD, SOURCE, Host, expect, tap

V1 = "v1-no-systemd"
V2 = "v2-systemd"
SCOPE = "/machine.slice/machine-qemu\\x2d1\\x2dweb1.scope"
COMMANDS = ["tree", "get", "set", "create", "delete"]
BASH = """
source "$1"; shift
name=$1; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_$name
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -rl -- "$@" }
_files() { print -r files }
file=$1; shift
words=("$@"); CURRENT=$#
source $file
"""


def environment(folder):
    """cgtree and vmpin are those that were built; virsh knows two guests."""
    with open(f"{folder}/virsh", "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nprintf 'web1\\nodd name\\n\\n'\n")
    os.chmod(f"{folder}/virsh", 0o755)
    return dict(os.environ, PATH=f"{folder}:{os.path.abspath(BUILD)}:{os.environ['PATH']}",
                LC_ALL="C.UTF-8")


def call(args):
    with tempfile.TemporaryDirectory(prefix="vmpin-test-") as folder:
        done = subprocess.run(args, env=environment(folder), capture_output=True, text=True,
                              check=False)
    expect(done.returncode in (0, 1) and not done.stderr, done)
    return [line for line in done.stdout.splitlines() if line]


def bash(*words):
    return call(["bash", "--norc", "-c", BASH, "bash", f"{SOURCE}/completions/{words[0]}.bash",
                 words[0], *words])


def zsh(*words):
    if not shutil.which("zsh"):
        raise tap.Skip("needs zsh")
    return call(["zsh", "-f", "-c", ZSH, "zsh", f"{SOURCE}/completions/_{words[0]}", *words])


def both(*words):
    """zsh picks from all that it is given by itself."""
    found = [word for word in zsh(*words) if word.startswith(words[-1])]
    expect(sorted(bash(*words)) == sorted(found), words, bash(*words), found)
    return found


def test_bash_completes_commands():
    expect(bash("cgtree", "") == COMMANDS, bash("cgtree", ""))
    expect(bash("cgtree", "--json", "g") == ["get"])


def test_bash_completes_options_of_the_command():
    expect("--vms" in bash("cgtree", "tree", "--"), bash("cgtree", "tree", "--"))
    expect("--vms" not in bash("cgtree", "get", "--"), bash("cgtree", "get", "--"))
    expect(bash("cgtree", "get", "--na") == ["--names"])


def test_bash_completes_nodes():
    with Host(V2) as host:
        root = ("cgtree", "--root", host.folder, "get")
        expect("web1" in bash(*root, "") and "/" in bash(*root, ""), bash(*root, ""))
        expect(bash(*root, "web1/vcpu") == ["web1/vcpu0", "web1/vcpu1"], bash(*root, "web1/vcpu"))
        quoted = SCOPE.replace("\\", "\\\\")
        expect(bash(*root, quoted + "/libvirt/v") == [f"{SCOPE}/libvirt/vcpu0",
                                                      f"{SCOPE}/libvirt/vcpu1"])
        expect(bash(*root, "'" + SCOPE + "/libvirt/e") == [f"{SCOPE}/libvirt/emulator"])


def test_bash_completes_attributes_that_the_node_has():
    with Host(V1) as host:
        root = ("cgtree", "--root", host.folder)
        node = "cgroup-web1/vcpu0"
        expect("cpu.shares" in bash(*root, "get", node, "cpu.s"))
        expect("cpu.stat" in bash(*root, "get", node, "cpu.shares", "cpu.s"))
        expect(not bash(*root, "get", node, "memory."), bash(*root, "get", node, "memory."))
        there = bash(*root, "get", "--controller", "cpuset", node, "cpu")
        expect("cpuset.cpus" in there and "cpu.shares" not in there, there)
        expect(bash(*root, "set", node, "cpu.sh") == ["cpu.shares="])
        expect("cpu.stat=" not in bash(*root, "set", node, "cpu.s"))
        expect(not bash(*root, "set", node, "cpu.shares", "=", "1"))
        expect(not bash(*root, "get", "none", ""))


def test_bash_completes_vmpins_commands_options_and_guests():
    expect("reconcile" in bash("vmpin", "") and bash("vmpin", "-v", "expl") == ["explain"])
    expect("--for" in bash("vmpin", "hold", "--") and "--for" not in bash("vmpin", "plan", "--"))
    expect(bash("vmpin", "plan", "") == ["web1", "odd\\ name"], bash("vmpin", "plan", ""))
    expect(bash("vmpin", "-c", "plan:///x", "-p", "/d", "plan", "w") == ["web1"])
    expect(not bash("vmpin", "agent", "") and not bash("vmpin", "plan", "-p", ""))
    expect(not bash("vmpin", "hold", "--for", "") and not bash("vmpin", "-c", ""))


def test_zsh_completes_the_same():
    with Host(V1) as host:
        root = ("cgtree", "--root", host.folder)
        both("cgtree", "")
        both("cgtree", "tree", "--")
        both(*root, "get", "cgroup-web1/")
        both(*root, "get", "/machine/")
        both(*root, "get", "cgroup-web1/vcpu0", "cpu.")
        both(*root, "get", "--controller", "cpuset", "cgroup-web1/vcpu0", "c")
        expect("cpu.shares" in zsh(*root, "set", "cgroup-web1/vcpu0", ""))
        both("vmpin", "")
        both("vmpin", "hold", "--")
        expect(zsh("vmpin", "plan", "") == ["web1", "odd name"])
        expect(zsh("vmpin", "check", "") == ["files"] == zsh("vmpin", "plan", "-p", ""))
        expect(not zsh("vmpin", "hold", "--for", ""))


sys.exit(tap.run(tap.chosen()))
