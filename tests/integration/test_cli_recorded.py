#!/usr/bin/python3
"""The program on a recorded host: plain files in a folder of the test's own stand for control
groups, a recording for libvirt. It needs neither root nor guests, and proves what the program says
and how it ends; what the kernel says is for the tests with real guests."""
import fcntl
import json
import os
import pty
import pwd
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

from vmpintest import tap

BUILD = os.environ.get("top_builddir", ".")
SOURCE = os.environ.get("top_srcdir", ".")
RECORDING = f"{SOURCE}/tests/fixtures/hosts/two-guests.jsonl"
FOLDERS = {"cpu": "cpu,cpuacct", "cpuset": "cpuset", "memory": "memory"}
FILES = {
    "cpu": {"cpu.shares": "1024", "cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"},
    "cpuset": {"cpuset.cpus": "0-7", "cpuset.mems": "0"}, # plain files grant nothing: no effective
    "memory": {"memory.limit_in_bytes": "9223372036854771712",
               "memory.memsw.limit_in_bytes": "9223372036854771712",
               "memory.usage_in_bytes": "67108864"},
}
ROLES = {"qemu-2-db1": ["emulator", "iothread1", "iothread2"] + [f"vcpu{i}" for i in range(4)],
         "qemu-3-web1": ["emulator", "vcpu0", "vcpu1"]}
NOBODY = pwd.getpwnam("nobody")
DB1 = "0b1c2d3e-4f50-4a61-8b72-9c83ad94be01"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


class Host:
    """A folder that looks like a v1 host with two guests, and a vmpin that looks at it."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="vmpin-cli-")
        os.chmod(self.root, 0o755)
        mounts = ""
        for number, (controller, folder) in enumerate(FOLDERS.items(), 30):
            mounts += (f"{number} 25 0:{number} / /sys/fs/cgroup/{folder} rw,relatime - cgroup "
                       f"cgroup rw,{folder}\n")
            top = f"{self.root}/sys/fs/cgroup/{folder}"
            for node in self.nodes(controller):
                for file, value in FILES[controller].items():
                    write(f"{top}{node}/{file}", value + "\n")
                write(f"{top}{node}/tasks", "")
        write(f"{self.root}/proc/self/mountinfo", mounts)
        for file in ("present", "online", "possible"):
            write(f"{self.root}/sys/devices/system/cpu/{file}", "0-7\n")
        write(f"{self.root}/sys/devices/system/node/online", "0\n")
        os.makedirs(f"{self.root}/run")
        self.policies = f"{self.root}/policies.d"
        os.makedirs(self.policies)

    @staticmethod
    def nodes(controller):
        yield ""
        yield "/machine"
        for guest, roles in ROLES.items():
            yield f"/machine/{guest}.libvirt-qemu"
            for role in roles if controller != "memory" else ():
                yield f"/machine/{guest}.libvirt-qemu/{role}"

    def file(self, guest, role, file):
        folder = FOLDERS[file.split(".")[0]]
        node = next(name for name in ROLES if name.endswith("-" + guest))
        return f"{self.root}/sys/fs/cgroup/{folder}/machine/{node}.libvirt-qemu/{role}/{file}"

    def read(self, guest, role, file):
        with open(self.file(guest, role, file)) as opened:
            return opened.read().strip()

    def everything(self):
        """Every file below the root but the state folder, with its text and time."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            if "vmpin" in folders:
                folders.remove("vmpin")
            for name in files:
                path = f"{folder}/{name}"
                with open(path, "rb") as file:
                    found[path] = (file.read(), os.stat(path).st_mtime_ns)
        return found

    def state_files(self):
        """Those that are read, not the empty locks."""
        found = []
        for folder, _, files in os.walk(f"{self.root}/run/vmpin"):
            found += [f"{folder}/{name}" for name in files if not name.endswith(".lock")]
        assert len(found) >= 4, found
        return found

    def policy(self, name, value):
        text = value if isinstance(value, str) else json.dumps(value)
        write(f"{self.policies}/{name}", text)
        os.chmod(f"{self.policies}/{name}", 0o644)

    def command(self, *words, recording=RECORDING, policies=True):
        return ([f"{BUILD}/vmpin", *words, "--root", self.root, "--guests", recording] +
                (["-p", self.policies] if policies else []))

    def run(self, *words, status=0, **options):
        done = subprocess.run(self.command(*words, **options), capture_output=True, timeout=30,
                              env=dict(os.environ, LC_ALL="C.UTF-8"), errors="surrogateescape")
        assert done.returncode == status, \
            f"exit status {done.returncode}, not {status}\n{done.stdout}{done.stderr}"
        return done

    def run_unprivileged(self, *words, status=0):
        """As nobody where this is root; the program is copied, since nobody may not be able to
        enter the build folder."""
        words = self.command(*words)
        if os.geteuid() == 0:
            built = next(path for path in (f"{BUILD}/.libs/vmpin", f"{BUILD}/vmpin")
                         if os.path.exists(path))
            words[0] = shutil.copy(built, f"{self.root}/vmpin")
            words[words.index("--guests") + 1] = shutil.copy(RECORDING, self.root)
            words = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}",
                     "--clear-groups", "--"] + words
        done = subprocess.run(words, capture_output=True, text=True, timeout=30)
        assert done.returncode == status, f"exit status {done.returncode}: {done.stderr}"
        return done

    def json(self, *words, **options):
        return json.loads(self.run(*words, "--json", **options).stdout)


def pins(guest="db1", **more):
    return dict({"name": "pins", "match": {"name": guest},
                 "apply": {"vcpu*": {"cpuset": {"cpus": "2-3"}}}}, **more)


def guest_of(document, name):
    return next(guest for guest in document["guests"] if guest["name"] == name)


def test_plan_writes_nothing(h):
    """plan shows what is pending with 2 and touches no file"""
    h.policy("a.json", pins())
    before = h.everything()
    out = h.run("plan", status=2).stdout
    assert re.search(r"vcpu3 +cpuset.cpus +0-7 +2-3 +file +planned +policy pins \(.*a.json\)", out)
    assert h.everything() == before
    assert not os.path.exists(f"{h.root}/run/vmpin")


def test_reconcile_and_back(h):
    """reconcile makes it so, a second run finds nothing to do, revert brings the old values back"""
    h.policy("a.json", pins())
    untouched = h.read("web1", "vcpu0", "cpuset.cpus")
    assert " done " in h.run("reconcile").stdout
    assert h.read("db1", "vcpu3", "cpuset.cpus") == "2-3"
    assert h.read("web1", "vcpu0", "cpuset.cpus") == untouched
    second = h.run("reconcile").stdout
    assert "in sync" in second and "done" not in second and "cpuset.cpus" not in second
    h.run("plan")
    assert "back to the baseline" in h.run("revert", "-n", status=2).stdout
    assert h.read("db1", "vcpu3", "cpuset.cpus") == "2-3"
    h.run("revert")
    assert h.read("db1", "vcpu3", "cpuset.cpus") == "0-7"
    assert "vmpin has set nothing" in h.run("revert").stdout


def test_dry_run(h):
    """reconcile -n is plan"""
    h.policy("a.json", pins())
    before = h.everything()
    dry = h.run("reconcile", "-n", status=2).stdout
    assert dry == h.run("plan", status=2).stdout
    assert h.everything() == before


def test_state_folder_below_root(h):
    """What is remembered of another root's guests lies below that root"""
    h.policy("a.json", pins())
    h.run("reconcile")
    assert os.path.exists(f"{h.root}/run/vmpin/guests/{DB1}.json")


def test_drift(h):
    """What something else changed is drift, and is healed"""
    h.policy("a.json", pins())
    h.run("reconcile")
    write(h.file("db1", "vcpu1", "cpuset.cpus"), "5\n")
    document = h.json("status", status=2)
    assert guest_of(document, "db1")["status"] == "drift"
    changes = guest_of(h.json("plan", status=2), "db1")["changes"]
    assert [(c["role"], c["old"], c["new"], c["reason"]) for c in changes] == \
        [("vcpu1", "5", "2-3", "heal")]
    h.run("reconcile")
    assert h.read("db1", "vcpu1", "cpuset.cpus") == "2-3"


def test_guests_by_name_uuid_and_id(h):
    """A guest is given by id, UUID or name, and counts once"""
    h.policy("a.json", pins("*"))
    for words in (["db1"], ["2"], [DB1], [DB1.upper()], ["db1", "2", DB1]):
        assert [g["name"] for g in h.json("plan", *words, status=2)["guests"]] == ["db1"]


def test_unknown_guest(h):
    """An unknown guest is named, the others are done, the exit status is 1"""
    h.policy("a.json", pins())
    done = h.run("reconcile", "db9", "db1", status=1)
    assert "'db9'" in done.stderr
    assert h.read("db1", "vcpu0", "cpuset.cpus") == "2-3"


def test_threads_not_checked(h):
    """Without a process, status says that threads were not checked"""
    h.policy("a.json", pins())
    assert "threads not checked" in h.run("status", status=2).stdout
    assert guest_of(h.json("status", status=2), "db1")["threads_checked"] is False


def test_unmanaged(h):
    """A guest that no policy matches is unmanaged: status names it, plan only when asked"""
    h.policy("a.json", pins())
    h.run("reconcile")
    assert re.search(r"web1 +unmanaged", h.run("status").stdout)
    assert "web1" not in h.run("plan").stdout
    assert "unmanaged" in h.run("plan", "web1").stdout
    assert "unmanaged" in h.run("plan", "-v").stdout


def test_wrong_file_writes_nothing(h):
    """With any wrong file a one-shot run writes nothing, names each place, and ends with 65"""
    h.policy("a.json", pins())
    h.policy("b.json", {"nmae": "x", "match": {}, "apply": {"vcpu*": {"cpuset": {"cpsu": "1"}}}})
    h.policy("c.json", '{"match": {},\n "apply": }')
    before = h.everything()
    for command in ("reconcile", "plan", "status"):
        err = h.run(command, status=65).stderr
        for place in ("b.json: /nmae", "b.json: /apply/vcpu*/cpuset/cpsu", "c.json:2:"):
            assert place in err, f"no {place} in {err}"
        document = h.json(command, status=65)
        assert len(document["problems"]) == 3 and "guests" not in document
    assert h.everything() == before


def test_revert_reads_no_policies(h):
    """revert works though policies are wrong"""
    h.policy("a.json", pins())
    h.run("reconcile")
    h.policy("a.json", "{")
    h.run("revert")
    assert h.read("db1", "vcpu0", "cpuset.cpus") == "0-7"


def test_refusals(h):
    """What a guest cannot have is refused with its reason, its origin, and 1"""
    h.policy("a.json", pins(apply={"vcpu*": {"cpuset": {"cpus": ["1"]}}, "emulator":
                                   {"cpuset": {"cpus": "64"}}}))
    done = h.run("plan", status=1)
    assert "db1: vcpu1 cpuset.cpus: " in done.stderr and "[policy pins (" in done.stderr
    refusals = guest_of(h.json("plan", status=1), "db1")["refusals"]
    assert "emulator" in [r["role"] for r in refusals]
    assert all(r["reason"] and r["attribute"] == "cpuset.cpus" for r in refusals)
    h.run("explain", "db1", status=1)


def with_shares(h, shares):
    """The recording, in which libvirt gave web1 that many cpu_shares."""
    with open(RECORDING) as recording:
        lines = [json.loads(line) for line in recording]
    for line in lines:
        if line.get("facts", {}).get("name") == "web1":
            line["facts"]["cpu_shares"] = shares
    write(f"{h.root}/shares.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    return f"{h.root}/shares.jsonl"


def make_v2(h):
    """The guests' own nodes as v2 under systemd has them, in place of the v1 hierarchies."""
    top = f"{h.root}/sys/fs/cgroup"
    shutil.rmtree(top)
    write(f"{h.root}/proc/self/mountinfo",
          "30 25 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    write(f"{top}/cgroup.controllers", "cpuset cpu memory\n")
    for guest in ("qemu\\x2d2\\x2ddb1", "qemu\\x2d3\\x2dweb1"):
        scope = f"{top}/machine.slice/machine-{guest}.scope"
        write(f"{scope}/cpu.weight", "100\n")
        os.makedirs(f"{scope}/libvirt")


def test_competing_weights(h):
    """On v2 plan warns where a policy's weight competes with one that libvirt did not convert"""
    h.policy("a.json", {"match": {"name": "db1"}, "apply": {"vm": {"cpu": {"shares": 2048}}}})
    recording = with_shares(h, 2048)
    assert "compete" not in h.run("plan", status=2, recording=recording).stderr  # v1: same unit
    make_v2(h)
    warning = h.run("plan", status=2, recording=recording).stderr
    assert "web1 has the weight 2048" in warning and "db1 the weight 200" in warning, warning
    assert "web1" in h.json("plan", "db1", status=2, recording=recording)["warning"]
    assert h.json("plan", status=2)["warning"] is None  # libvirt set none
    h.policy("b.json", {"match": {"name": "web1"}, "apply": {"vm": {"cpu": {"weight": 300}}}})
    assert h.json("plan", status=2, recording=recording)["warning"] is None


def test_explain(h):
    """explain tells who spoke, who won, and the values: asked for, in force, before vmpin"""
    h.policy("10.json", pins())
    h.policy("20.json", pins(name="later", apply={"vcpu0": {"cpuset": {"cpus": "4"}}}))
    h.run("reconcile")
    document = h.json("explain", "db1")
    vcpu0 = next(a for a in document["attributes"] if a["role"] == "vcpu0")
    assert (vcpu0["value"], vcpu0["now"], vcpu0["baseline"]) == ("4", "4", "0-7")
    assert [(p["policy"], p["won"]) for p in vcpu0["policies"]] == [("pins", False),
                                                                   ("later", True)]
    assert vcpu0["policies"][0]["written"] == "2-3" and vcpu0["policies"][0]["role"] == "vcpu*"
    out = h.run("explain", "db1").stdout
    assert re.search(r"later +vcpu0 \"4\" .*won: ", out), out
    assert "no policy speaks of it" in h.run("explain", "web1").stdout


def test_hold_and_release(h):
    """A held guest is not written to until it is released"""
    h.policy("a.json", pins("*"))
    assert "held until released" in h.run("hold", "db1").stdout
    h.run("reconcile")
    assert h.read("db1", "vcpu0", "cpuset.cpus") == "0-7"
    assert h.read("web1", "vcpu0", "cpuset.cpus") == "2-3"
    assert guest_of(h.json("status", status=2), "db1")["status"] == "held"
    h.run("release", "db1")
    h.run("reconcile")
    assert h.read("db1", "vcpu0", "cpuset.cpus") == "2-3"


def test_hold_all(h):
    """hold --all holds every guest; release --all ends single holds too"""
    h.policy("a.json", pins("*"))
    assert h.json("hold", "--all", "--for", "10m")["holds"] == \
        [{"name": None, "uuid": None, "seconds": 600}]
    h.run("hold", "db1")
    h.run("reconcile")
    assert h.read("web1", "vcpu0", "cpuset.cpus") == "0-7"
    assert "stays held" in h.run("release", "db1").stderr
    h.run("hold", "db1")
    h.run("release", "--all")
    assert os.listdir(f"{h.root}/run/vmpin/holds") == []
    h.run("reconcile")
    assert h.read("db1", "vcpu0", "cpuset.cpus") == "2-3"


def test_hold_wants_to_know_whom(h):
    """hold and release without a guest are wrong usage, not an order for all"""
    for words in (["hold"], ["release"], ["hold", "db1", "--all"]):
        done = h.run(*words, status=64)
        assert not done.stdout and done.stderr
    assert not os.path.exists(f"{h.root}/run/vmpin")


def test_check(h):
    """check tells what is wrong with a file, a folder, the default folders, and this host"""
    h.policy("a.json", pins())
    h.policy("b.json", pins(apply={"emulator": {"cpuset": {"cpus": "64"}}}))
    assert "2 files with 2 policies: valid" in h.run("check").stdout
    assert h.json("check", f"{h.policies}/a.json")["files"] == 1
    problems = h.json("check", "--host", h.policies, status=65)["problems"]
    assert [p["pointer"] for p in problems] == ["/apply/emulator/cpuset/cpus"]
    err = h.run("check", f"{h.policies}/none.json", status=65).stderr
    assert "none.json" in err


def options_of(*words):
    """Of vmpin or a subcommand, as --help lists them: each with its argument, or ''."""
    text = subprocess.run([f"{BUILD}/vmpin", *words, "--help"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    assert not re.search(r"[ \t]$", text, re.MULTILINE), text
    return dict(re.findall(r"^  (?:-.,|   ) --([a-z-]+)=?([A-Z]*)", text, re.MULTILINE))


def test_help_lists_what_is_taken(_):
    """A subcommand takes the options that its --help lists, and ends with 64 at every other"""
    verbs = ("agent", "reconcile", "plan", "status", "explain", "hold", "release", "revert", "check")
    listed = {verb: options_of(verb) for verb in verbs}
    every = {option: argument for options in listed.values() for option, argument in options.items()}
    assert len(every) > 15 and set(options_of()) < set(every), every
    for option in set(every) - {"help", "version"}:
        value = {"": [], "TIME": ["1h"]}.get(every[option], ["/nonexistent/x"])
        for verb in verbs:
            if option == "watch" and option in listed[verb]:
                continue # it does not end by itself
            whom = ["x"] if verb in ("explain", "hold", "release") and option != "all" else []
            done = subprocess.run([f"{BUILD}/vmpin", verb, *whom, "--root", "/nonexistent",
                                   f"--{option}", *value], capture_output=True, text=True, timeout=30)
            assert (done.returncode == 64) == (option not in listed[verb]), (verb, option, done)


def test_no_host(h):
    """A host without control groups ends with 69, a wrong policy comes first"""
    h.policy("a.json", pins())
    write(f"{h.root}/proc/self/mountinfo", "")
    h.run("plan", status=69)
    h.policy("a.json", "{")
    h.run("plan", status=65)


def test_no_recording(h):
    """Guests that cannot be listed end with 69, naming the source"""
    assert "none.jsonl" in h.run("plan", recording=f"{h.root}/none.jsonl", status=69).stderr


def test_no_permission(h):
    """Who may not write the control groups is told so, with 77, and may plan"""
    h.policy("a.json", pins())
    for folder in FOLDERS.values():
        write(f"{h.root}/sys/fs/cgroup/{folder}/cgroup.procs", "")
        os.chmod(f"{h.root}/sys/fs/cgroup/{folder}/cgroup.procs", 0o444)
    os.mkdir(f"{h.root}/run/vmpin")
    if os.geteuid() == 0:
        os.chown(f"{h.root}/run/vmpin", NOBODY.pw_uid, NOBODY.pw_gid)
    assert "needs root" in h.run_unprivileged("reconcile", status=77).stderr
    assert "pins" in h.run_unprivileged("plan", status=2).stdout


def test_no_state_folder(h):
    """Who may not make the state folder is told so, with 77, by every command that writes"""
    h.policy("a.json", pins())
    os.chmod(f"{h.root}/run", 0o555)
    for words in (["reconcile"], ["revert"], ["hold", "db1"], ["release", "db1"]):
        assert "needs root" in h.run_unprivileged(*words, status=77).stderr
    h.run_unprivileged("status", status=2)


def test_wrong_state_folder(h):
    """A state folder that is a file, or a link, is named by every command, which ends with 1"""
    h.policy("a.json", pins())
    before = h.everything()
    write(f"{h.root}/file", "")
    os.symlink(h.policies, f"{h.root}/link")
    for wrong in (f"{h.root}/file", f"{h.root}/link"):
        for words in (["reconcile"], ["revert"], ["hold", "db1"], ["release", "db1"], ["status"]):
            told = h.run(*words, "--state-dir", wrong, status=1).stderr
            assert f"{wrong}, where vmpin keeps its state: Not a directory (nor may" in told, told
        os.unlink(wrong)
    assert h.everything() == before


def test_state_folder_of_others(h):
    """A state folder that others may write to is refused by every command, with the way out"""
    h.policy("a.json", pins())
    h.run("hold", "db1") # makes it
    before = h.everything()
    for folder, mode in (("", 0o777), ("/guests", 0o775), ("/holds", 0o757)):
        folder = f"{h.root}/run/vmpin{folder}"
        os.chmod(folder, mode)
        for words in (["reconcile"], ["revert"], ["hold", "db1"], ["release", "db1"], ["status"], ["agent"]):
            told = h.run(*words, status=1).stderr
            assert f"{folder}, where vmpin keeps its state" in told and "chmod go-w" in told, told
            assert "needs root" not in told, told
        os.chmod(folder, 0o755)
    assert h.everything() == before
    h.run("release", "db1")


def test_policies_in_the_state_folder(h):
    """--policies that names the state folder is refused: vmpin's own writes there are no policies"""
    h.run("reconcile")
    os.symlink(f"{h.root}/run/vmpin", f"{h.root}/link")
    for folder in (f"{h.root}/run/vmpin", f"{h.root}/run/vmpin/guests/", f"{h.root}/link"):
        for verb in ("agent", "reconcile", "plan", "status"):
            told = h.run(verb, "-p", folder, status=64).stderr
            assert f"{folder} is where vmpin keeps its state" in told, told


def test_names_cannot_move_the_cursor(h):
    """Control characters in names are shown escaped, in tables and messages; JSON keeps the name"""
    name = "\x1b\u202ed\nb1" # libvirt drops what is odd from the node's name: db1
    with open(RECORDING) as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        if line.get("facts", {}).get("name") == "db1":
            line["facts"]["name"] = name
    recording = f"{h.root}/odd.jsonl"
    write(recording, "".join(json.dumps(line) + "\n" for line in lines))
    h.policy("a.json", pins("*"))
    for words in (["status"], ["plan"], ["explain", DB1], ["hold", DB1], ["release", "\x1b[31m"]):
        status = {"status": 2, "plan": 2, "release": 1}.get(words[0], 0)
        done = h.run(*words, status=status, recording=recording)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\u202e" not in done.stdout + done.stderr
    assert name in [g["name"] for g in h.json("plan", status=2, recording=recording)["guests"]]


def hostile(text):
    """The characters of it that could move a cursor, change a title or turn the reading round."""
    return re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_hostile_names_everywhere(h):
    """Whatever names guests, policies and files bear, tables, --json, log, metrics and state are text"""
    evil = "\x1b]\x07\x1b[\x9b\r\u202e"
    with open(RECORDING) as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        if line.get("facts", {}).get("name") == "db1":
            line["facts"].update(name=f"{evil}\x7fdb1", title=evil)
    recording = f"{h.root}/odd.jsonl"
    write(recording, "".join(json.dumps(line) + "\n" for line in lines))
    named = json.dumps(pins("*", name=f"p{evil}", description=evil), ensure_ascii=False)
    h.policy("a.json", named)
    commands = [(["plan"], 2), (["status"], 2), (["explain", DB1], 0), (["hold", DB1], 0),
                (["release", DB1], 0), (["reconcile"], 0), (["revert"], 0), (["check"], 0),
                (["check", "--host"], 0), (["explain", evil], 1), (["plan", evil], 1),
                (["hold", evil], 1), (["reconcile", evil], 1), (["check", f"/{evil}"], 65)]
    wrong = [(["plan"], 65), (["status"], 65), (["reconcile"], 65), (["check"], 65)]
    for bad, these in ((False, commands), (True, wrong)):
        if bad:
            h.policy(f"{evil.replace('/', '')}.json", {evil: evil, "match": {"name": evil}})
            h.policy("c.json", '{"match": {"\x1b[2J": 1}}')
        for words, status in these:
            policies = not (words[0] == "check" and len(words) > 1 and words[1].startswith("/"))
            for more in ([], ["-v"], ["--json"]):
                done = h.run(*words, *more, status=status, recording=recording, policies=policies)
                found = hostile(done.stdout) + hostile(done.stderr)
                assert not found, f"{found} from {words + more}: {done}"
                if more == ["--json"] and done.stdout:
                    json.loads(done.stdout)
    with open(f"{h.root}/agent.log", "w") as log:
        agent = subprocess.Popen(h.command("agent", "-v", "--metrics", f"{h.root}/m.prom",
                                           recording=recording), stdout=log, stderr=log)
    try:
        until(lambda: "looked at" in open(f"{h.root}/agent.log").read(), "a pass in the log")
        until(lambda: os.path.exists(f"{h.root}/m.prom"), "a metrics file")
        for path in (f"{h.root}/m.prom", *h.state_files()):
            with open(path, newline="", errors="surrogateescape") as file:
                text = file.read()
            assert not hostile(text), f"{path}: {hostile(text)} in {text!r}"
    finally:
        agent.terminate()
        agent.wait(20)
    with open(f"{h.root}/agent.log", newline="") as log:
        said = log.read()
    assert "db1" in said and not hostile(said), f"{hostile(said)} in {said!r}"


def until(condition, what):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"no {what} in 20 s"
        time.sleep(0.02)


def terminal(command, **environment):
    """What a program prints on a terminal."""
    pid, fd = pty.fork()
    if pid == 0:
        for name in ("NO_COLOR", "TERM"):
            os.environ.pop(name, None)
        os.environ.update(dict(environment, LC_ALL="C.UTF-8"))
        os.execv(command[0], command)
    text = b""
    try:
        while chunk := os.read(fd, 4096):
            text += chunk
    except OSError:
        pass
    os.close(fd)
    os.waitpid(pid, 0)
    return text.decode(errors="replace")


def test_colour(h):
    """Colour is for terminals, and NO_COLOR turns it off"""
    h.policy("a.json", pins())
    command = h.command("plan")
    assert "\x1b[" in terminal(command, TERM="xterm")
    assert "\x1b[" not in terminal(command, TERM="xterm", NO_COLOR="1")
    assert "\x1b[" not in terminal(command, TERM="dumb")
    assert "\x1b[" not in h.run("plan", status=2).stdout


def test_full_disk(h):
    """Output that could not be written is not success"""
    h.policy("a.json", pins())
    for words in (["plan"], ["status", "--watch"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(h.command(*words), stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=20)
        assert done.returncode == 1 and "stdout" in done.stderr, f"{words}: {done}"


def test_json_keys_are_documented(h):
    """Every key that --json prints stands in vmpin(1)"""
    h.policy("a.json", pins())
    h.policy("b.json", pins(name="more", apply={"vm": {"memory": {"limit_in_bytes": "9GiB"}},
                                                "emulator": {"cpuset": {"cpus": "64"}}}))
    with open(f"{SOURCE}/man/vmpin.1.scd") as file:
        manual = file.read()
    documented = set(re.findall(r"\*([a-z_]+)\*", manual[manual.index("# JSON"):]))

    def keys(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    for words, status in ((["plan"], 1), (["status"], 1), (["reconcile"], 1), (["revert"], 0),
                          (["hold", "db1"], 0), (["release", "db1"], 0), (["check"], 0),
                          (["check", "--host"], 65), (["explain", "db1"], 1)):
        found = set(keys(h.json(*words, status=status)))
        assert found <= documented, f"{words}: {found - documented} not in the manual"


def blocks_sigterm(pid):
    with open(f"/proc/{pid}/status") as file:
        mask = int(re.search(r"SigBlk:\s*(\w+)", file.read()).group(1), 16)
    return bool(mask & 1 << (signal.SIGTERM - 1))


def test_interrupted(h):
    """A signal ends a run between guests: the guest at hand is done, and told"""
    h.policy("a.json", pins("*"))
    os.makedirs(f"{h.root}/run/vmpin/guests")
    with open(f"{h.root}/run/vmpin/guests/{DB1}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = subprocess.Popen(h.command("reconcile"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        until(lambda: blocks_sigterm(run.pid), "SIGTERM blocked")
        run.send_signal(signal.SIGTERM)
    out, err = run.communicate(timeout=30)
    assert run.returncode == -signal.SIGTERM, f"{run.returncode} {err}"
    assert "1 of 2 guests" in err and " done " in out
    assert h.read("db1", "vcpu3", "cpuset.cpus") == "2-3"
    assert h.read("web1", "vcpu0", "cpuset.cpus") == "0-7"


def test_one_writer(h):
    """A guest that another writer is at is told of as failed, the others are done"""
    h.policy("a.json", pins("*"))
    os.makedirs(f"{h.root}/run/vmpin/guests")
    with open(f"{h.root}/run/vmpin/guests/{DB1}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another vmpin" in h.run("reconcile", status=1).stderr
    assert h.read("db1", "vcpu0", "cpuset.cpus") == "0-7"
    assert h.read("web1", "vcpu0", "cpuset.cpus") == "2-3"


def test_beside_an_agent(h):
    """Beside an agent the policies in force there count, and nobody works against it"""
    h.policy("a.json", pins())
    with open(f"{h.root}/agent.log", "w") as log:
        agent = subprocess.Popen(h.command("agent"), stdout=log, stderr=log)
    try:
        until(lambda: h.read("db1", "vcpu3", "cpuset.cpus") == "2-3", "policy in force")
        until(lambda: "pins" in h.run("status", policies=False).stdout, "policies of the agent")
        assert h.json("status", policies=False)["agent"] is True
        refused = h.run("reconcile", status=64)
        assert "an agent runs" in refused.stderr and not refused.stdout
        h.run("reconcile", policies=False)
        h.policy("b.json", "{")
        until(lambda: subprocess.run(h.command("plan", policies=False),
                                     capture_output=True).returncode == 65, "word of b.json")
        plan = h.run("plan", policies=False, status=65)
        assert "b.json:" in plan.stderr and "db1" in plan.stdout
        assert "vmpin release" in h.run("revert", "db1").stdout
        assert h.read("db1", "vcpu3", "cpuset.cpus") == "0-7"
        assert os.path.exists(f"{h.root}/run/vmpin/holds/{DB1}")
    finally:
        agent.terminate()
        assert agent.wait(timeout=20) == 0


class Watch:
    """status --watch on a terminal of its own."""

    def __init__(self, h):
        h.policy("a.json", {"match": {"name": "db1"}, "apply": {"vcpu*": {"cpuset": {"cpus": "2-3"}}}})
        h.run("reconcile")
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background ignores it
            words = h.command("status", "--watch")
            os.execv(words[0], words)
        self.told = ""

    def shows(self, count):
        """Has it drawn that often?"""
        if select.select([self.terminal], [], [], 0.1)[0]:
            self.told += os.read(self.terminal, 65536).decode()
        return self.told.count("\033[2J") >= count and "in sync" in self.told

    def rows(self):
        """Of the last look, which may not be drawn to its end yet."""
        return self.told.split("\033[2J")[-1].splitlines() or [""]

    def ended(self):
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return pid and (os.waitstatus_to_exitcode(status),)

    def end_by(self, key, status):
        before = termios.tcgetattr(self.terminal)[3]
        os.write(self.terminal, key)
        ended = []
        until(lambda: ended.append(self.ended()) or ended[-1], f"the end by {key}")
        assert ended[-1] == (status,), ended
        echo = termios.ICANON | termios.ECHO
        assert before & echo == 0 and termios.tcgetattr(self.terminal)[3] & echo == echo
        self.told += os.read(self.terminal, 65536).decode()
        assert self.told.endswith("\033[?1049l"), repr(self.told[-40:])


def test_watch_terminal(h):
    """status --watch draws again when the state changes, and gives the terminal back after q"""
    watch = Watch(h)
    until(lambda: watch.shows(1), "the first look")
    write(f"{h.root}/run/vmpin/holds/{DB1}", "0\n")
    until(lambda: watch.shows(2), "another look")
    watch.end_by(b"q", 0)


LOOK = 5  # seconds between looks where nothing changes


def test_watch_resized(h):
    """status --watch draws again at once when the terminal's size changes, as much as there is room for"""
    watch = Watch(h)
    until(lambda: watch.shows(1), "the first look")
    begin = time.monotonic()
    for n in range(4):
        fcntl.ioctl(watch.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60 + n, 0, 0))
        until(lambda: watch.shows(n + 2), "another look")
    assert time.monotonic() - begin < 4 * LOOK - 1, "no sooner than by itself"
    fcntl.ioctl(watch.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 6, 80, 0, 0))
    until(lambda: watch.shows(6) and "lines more" in watch.rows()[-1], "a look that is cut")
    rows = watch.rows()
    assert len(rows) == 5 and "GUEST" in rows[1] and "db1" in rows[2], rows
    watch.end_by(b"q", 0)


def test_watch_interrupted(h):
    """status --watch gives the terminal back after Ctrl-C, too"""
    watch = Watch(h)
    until(lambda: watch.shows(1), "the first look")
    watch.end_by(b"\x03", -signal.SIGINT)


def test_watch_pipe(h):
    """status --watch in a pipe prints one status below the other, without a terminal's codes"""
    watch = subprocess.Popen(h.command("status", "--watch"), stdout=subprocess.PIPE, text=True)
    try:
        heads = [line for line in (watch.stdout.readline() for _ in range(20)) if "GUEST" in line]
        assert len(heads) > 1 and "\033" not in "".join(heads), heads
    finally:
        watch.terminate()
        watch.communicate(timeout=20)
    assert watch.returncode == -signal.SIGTERM, watch.returncode


def on_a_host_of_its_own(function):
    host = Host()
    try:
        function(host)
    finally:
        shutil.rmtree(host.root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(tap.run(tap.chosen(), on_a_host_of_its_own))
