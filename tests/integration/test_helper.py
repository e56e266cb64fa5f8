#!/usr/bin/env python3
"""vmpin-guests against libvirt: its built-in test driver, a libvirtd of the test's own that is killed
and started again, and the host's libvirtd with QEMU where there is one. TAP on standard output.
Arguments are words that the names of the tests to run must contain."""

import contextlib
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import uuid

from vmpintest import Skip, host, tap

BUILD = os.environ.get("top_builddir", ".")
HELPER = os.environ.get("VMPIN_HELPER", os.path.join(BUILD, "vmpin-guests"))
SOURCE_TELL = os.path.join(BUILD, "source_tell")
SYSTEM = "qemu:///system"
PREFIX = "vmpin-test-guest-%d-" % os.getpid()
PATIENCE = 180  # seconds: libvirtd probes QEMU, under emulation, whenever it likes

folder = None  # of this run, for anybody to look into


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def wait_until(condition, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while not condition():
        check(time.monotonic() < end, what)
        time.sleep(0.02)


def environment(**more):
    """Without what a user's own libvirt settings would change."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LIBVIRT_", "VIRSH_"))}
    return dict(kept, LC_ALL="C", VMPIN_HELPER=HELPER, **more)


class Lines:
    """A process whose lines are waited for."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(),
                                        **dict(dict(stdin=subprocess.DEVNULL), **options))
        self.pid = self.process.pid
        self.rest = b""
        self.said = []

    def line(self, patience=PATIENCE):
        """The next line, None at the end."""
        end = time.monotonic() + patience
        while b"\n" not in self.rest:
            left = end - time.monotonic()
            check(left > 0 and select.select([self.process.stdout], [], [], left)[0],
                  "no line within %d s by process %d (%s); its last ones: %s"
                  % (patience, self.pid, state(self.pid), self.said[-5:]))
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                return None
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        self.said.append(line.decode())
        return self.said[-1]

    def silent(self, seconds):
        return not self.rest and not select.select([self.process.stdout], [], [], seconds)[0]

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Helper(Lines):
    """vmpin-guests, as messages."""

    def __init__(self, uri, *arguments, user=None, under=(), **options):
        if user is not None and os.geteuid() == 0:
            options["preexec_fn"] = lambda: become(user)
        super().__init__(*under, HELPER, "--connect", uri, *arguments, **options)

    def message(self, patience=PATIENCE):
        line = self.line(patience)
        return None if line is None else json.loads(line)

    def expect(self, kind, patience=PATIENCE):
        message = self.message(patience)
        check(message and message["type"] == kind, "%s is not %s" % (message, kind))
        return message

    def until_synced(self):
        """Everything up to `synced`, as {name: facts} and the messages' types."""
        guests, kinds = {}, []
        while True:
            message = self.message()
            check(message, "the helper ended before it was synced")
            kinds.append(message["type"])
            if message["type"] == "guest":
                guests[message["facts"]["name"]] = message["facts"]
            if message["type"] == "synced":
                return guests, kinds

    def about(self, name, event=None, gone=None):
        """The next message of that guest and event; those of others are passed over."""
        while True:
            message = self.message()
            check(message, "the helper ended")
            if message["type"] == "gone" and message["uuid"] == gone:
                return message
            if message["type"] == "guest" and message["facts"]["name"] == name \
                    and event in (None, message["event"]):
                return message["facts"]


def become(user):
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def status_of(pid, key):
    with open("/proc/%d/status" % pid) as status:
        for line in status:
            if line.startswith(key + ":"):
                return line.split(":", 1)[1].split()
    raise AssertionError("no %s of process %d" % (key, pid))


def state(pid):
    """A letter, as ps tells it; "X": there is no such process."""
    try:
        return status_of(pid, "State")[0]
    except (OSError, AssertionError):
        return "X"


def runs(pid):
    return state(pid) not in "ZX"


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(child) for child in file.read().split()]


class Daemon:
    """A libvirtd of the test's own, unprivileged, of which the test driver alone is used."""

    def __init__(self, *settings):
        if not shutil.which("libvirtd"):
            raise Skip("there is no libvirtd")
        self.folder = tempfile.mkdtemp(dir=folder)
        self.socket = os.path.join(self.folder, "libvirt-sock")
        self.uri = "test+unix:///default?socket=" + self.socket
        self.user = "nobody" if os.geteuid() == 0 else None
        self.process = None
        with open(os.path.join(self.folder, "libvirtd.conf"), "w") as conf:
            conf.write('unix_sock_dir = "%s"\nunix_sock_rw_perms = "0777"\n' % self.folder)
            conf.write('log_outputs = "4:file:%s/log"\n' % self.folder)
            conf.writelines(line + "\n" for line in settings)
        if self.user:
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, -1)
        os.chmod(self.folder, 0o755)

    def start(self):
        """It ends when a system bus ends that it is connected to, and other tests' buses come and go."""
        home = {k: self.folder for k in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
                                         "XDG_CACHE_HOME", "XDG_DATA_HOME")}
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.process = subprocess.Popen(
            ["libvirtd", "--config", os.path.join(self.folder, "libvirtd.conf"),
             "--pid-file", os.path.join(self.folder, "pid")],
            env=environment(DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent", **home),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=(lambda: become(self.user)) if self.user else None)
        wait_until(self.answers, "the test's libvirtd does not come up")
        return self

    def answers(self):
        check(self.process.poll() is None, "the test's libvirtd ended")
        return os.path.exists(self.socket) and \
            subprocess.run(["virsh", "-c", self.uri, "uri"], env=environment(), timeout=PATIENCE,
                           capture_output=True).returncode == 0

    def virsh(self, *arguments, **options):
        return virsh(*arguments, uri=self.uri, **options)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def tell(self):
        """For a test that failed: was it libvirtd's fault?"""
        ended = self.process and self.process.poll()
        tap.comment("the test's libvirtd %s" % ("was ended" if not self.process else "runs" if ended is None
                                                else "ended with %d" % ended))
        with contextlib.suppress(OSError), open(os.path.join(self.folder, "log")) as log:
            tap.comment("".join(log.readlines()[-10:]))

    def __enter__(self):
        return self.start()

    def __exit__(self, failure, *_):
        if failure:
            self.tell()
        self.kill()


def virsh(*arguments, uri=SYSTEM, may_fail=False):
    done = subprocess.run(["virsh", "-q", "-c", uri, *arguments], env=environment(),
                          capture_output=True, text=True, timeout=PATIENCE)
    check(may_fail or done.returncode == 0, "virsh %s: %s" % (" ".join(arguments), done.stderr))
    return done.stdout.strip()


def write(name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


def test_domain(name, inside=""):
    return write(name + ".xml", "<domain type='test'><name>%s</name><memory unit='MiB'>32</memory>"
                 "<vcpu>2</vcpu><os><type>hvm</type></os>%s</domain>" % (name, inside))


def real_domain(name, inside=""):
    return write(name + ".xml", """<domain type='qemu'><name>%s</name>
        <memory unit='MiB'>64</memory><vcpu current='2'>4</vcpu><iothreads>1</iothreads>%s
        <os><type arch='x86_64' machine='pc'>hvm</type></os>
        <devices><emulator>%s</emulator></devices></domain>"""
                 % (name, inside, shutil.which("qemu-system-x86_64")))


def need_real_host():
    if os.environ.get("VMPIN_TEST_NO_GUESTS") == "1":
        raise Skip("VMPIN_TEST_NO_GUESTS=1: no real guests are wanted")
    if os.geteuid() != 0:
        raise Skip("not root: no guests of the host's libvirtd")
    if not shutil.which("qemu-system-x86_64"):
        raise Skip("there is no qemu-system-x86_64")
    done = subprocess.run(["virsh", "-c", SYSTEM, "uri"], env=environment(), capture_output=True)
    if done.returncode != 0:
        raise Skip("the host's libvirtd does not run")


def need_root():
    if os.geteuid() != 0:
        raise Skip("not root")


# ---- the test driver, in the helper itself ------------------------------------------------------


def test_once_tells_every_guest_and_ends():
    with Helper("test:///default", "--once") as helper:
        connected = helper.expect("connected")
        guests, _ = helper.until_synced()
        check(helper.message() is None and helper.process.wait() == 0, "it does not end well")
    check(connected["uri"] == "test:///default", connected)
    check(connected["libvirt"].count(".") == 2, connected)
    facts = guests["test"]
    check(facts["driver"] == "test" and facts["running"] and facts["id"] == 1, facts)
    check(facts["vcpus_maximum"] == 2 and facts["memory_maximum"] == 8 << 30, facts)


def test_without_libvirt_once_ends_with_69_and_the_reason():
    with Helper("qemu+unix:///system?socket=%s/none" % folder, "--once") as helper:
        check("No such file" in helper.expect("disconnected")["reason"], "no reason")
        check(helper.message() is None and helper.process.wait() == 69, "not 69")


def test_a_socket_that_is_forbidden_ends_it_with_77():
    need_root()
    closed = os.path.join(folder, "closed")
    os.mkdir(closed, 0o700)
    for more in ([], ["--once"]):
        with Helper("qemu+unix:///system?socket=%s/socket" % closed, *more,
                    user="nobody") as helper:
            check("Permission denied" in helper.expect("disconnected")["reason"], "no reason")
            check(helper.message() is None and helper.process.wait() == 77, "not 77")


def test_wrong_usage_ends_it_with_64():
    for arguments in (["--nonsense"], ["operand"], ["--connect"]):
        done = subprocess.run([HELPER, *arguments], capture_output=True)
        check(done.returncode == 64 and done.stderr and not done.stdout, arguments)


def test_it_ends_when_nobody_reads_any_more():
    with Helper("test:///default") as helper:
        helper.until_synced()
        helper.process.stdout.close()
        check(helper.process.wait(timeout=5) == 0, "not 0")
        helper.process.stdout = open(os.devnull)


def test_sigterm_ends_it_at_once():
    with Helper("test:///default") as helper:
        helper.until_synced()
        helper.process.terminate()
        check(helper.process.wait(timeout=1) == -signal.SIGTERM, "another end")


def test_it_never_reads_its_input():
    with Helper("test:///default", stdin=subprocess.PIPE) as helper:
        helper.until_synced()
        helper.process.stdin.write(b"quit\n")
        helper.process.stdin.close()
        check(helper.silent(0.5) and helper.process.poll() is None, "it reacts")


def status_file(name):
    """As libvirt keeps it of a guest that it is starting."""
    path = write(name + ".status", "<domstatus state='paused' reason='starting up' pid='4711'>"
                 "<vcpus><vcpu id='0' pid='0'/></vcpus><domain type='test' id='7'>"
                 "<name>%s</name><uuid>%s</uuid><memory unit='MiB'>32</memory><vcpu>2</vcpu>"
                 "</domain></domstatus>" % (name, uuid.uuid4()))
    os.chmod(path, 0o600)  # root's, whoever the helper runs as
    return path


def hand(ours, path, driver=b"test"):
    with open(path, "rb") as file:
        socket.send_fds(ours, [driver], [file.fileno()])


def test_a_guest_is_told_from_a_status_file_that_only_its_parent_may_open():
    need_root()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, Helper("test:///default", "--launches", stdin=theirs,
                              user="nobody") as helper:
        helper.until_synced()
        hand(ours, status_file("early"))
        message = helper.expect("guest")
        facts = message["facts"]
        check(message["event"] == "launching" and facts["name"] == "early", message)
        check(facts["driver"] == "test" and facts["vcpus_maximum"] == 2, facts)
        check(not facts.get("running") and "id" not in facts, facts)


def test_what_is_no_status_file_costs_a_complaint_and_no_helper():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, Helper("test:///default", "--launches", stdin=theirs,
                              stderr=subprocess.PIPE) as helper:
        helper.until_synced()
        ours.send(b"test")
        hand(ours, status_file("another-drivers"), b"qemu")
        for path in "/dev/null", test_domain("no-status"):
            hand(ours, path)
            check(b"that it is starting" in helper.process.stderr.readline(), "no complaint")
        hand(ours, status_file("after-it"))
        check(helper.expect("guest")["facts"]["name"] == "after-it", "it is not told")
        ours.close()
        check(helper.silent(0.5) and helper.process.poll() is None, "it ends")
        helper.process.stderr.close()


# ---- a libvirtd of the test's own ---------------------------------------------------------------


def test_what_happens_to_guests_is_told():
    with Daemon() as daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        daemon.virsh("define", test_domain("life"))
        defined = helper.about("life", "defined")
        check(not defined["running"] and defined["persistent"] and "id" not in defined, defined)
        daemon.virsh("start", "life")
        check(helper.about("life", "started")["id"] > 0, "no id")
        daemon.virsh("metadata", "life", "--uri", "urn:x", "--key", "x", "--set",
                     "<role tier='1'>db</role>")
        metadata = helper.about("life", "metadata")["metadata"]
        check({"namespace": "urn:x", "path": "role/@tier", "value": "1"} in metadata, metadata)
        daemon.virsh("destroy", "life")
        check(not helper.about("life", "stopped")["running"], "it runs")
        daemon.virsh("undefine", "life")
        helper.about("life", gone=defined["uuid"])


def test_a_transient_guest_is_gone_when_it_stops():
    with Daemon() as daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        daemon.virsh("create", test_domain("passing"))
        facts = helper.about("passing", "started")
        check(not facts.get("persistent"), facts)
        daemon.virsh("destroy", "passing")
        helper.about("passing", gone=facts["uuid"])


def test_a_persistent_guest_that_loses_its_definition_stays_until_it_stops():
    with Daemon() as daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        daemon.virsh("define", test_domain("orphan"))
        daemon.virsh("start", "orphan")
        uid = helper.about("orphan", "started")["uuid"]
        daemon.virsh("undefine", "orphan")
        check(not helper.about("orphan", "other").get("persistent"), "it is persistent")
        daemon.virsh("destroy", "orphan")
        helper.about("orphan", gone=uid)


def test_names_of_every_kind_are_told_as_they_are():
    with Daemon() as daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        for number, name in enumerate(("\u00fcn\u00ef-\u65e5\u672c", "a b;$(c)'\"", "\u202eleft")):
            shown = name.replace("'", "&apos;").replace('"', "&quot;")
            xml = test_domain("odd%d" % number, "<title>\U0001f427&#9;</title>")
            text = open(xml).read().replace("odd%d" % number, shown)
            daemon.virsh("define", write("odd.xml", text))
            check(helper.about(name, "defined")["title"] == "\U0001f427\t", "another title")


VMPIN_XML = "https://vmpin.org/xmlns/domain/1.0"


def test_vmpins_ignore_element_is_told():
    with Daemon() as daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        daemon.virsh("define", test_domain(
            "leave-me", "<metadata><v:ignore xmlns:v='%s'/></metadata>" % VMPIN_XML))
        check(helper.about("leave-me")["ignore"] is True, "not ignored")


LIBVIRT_TEXT_LIMIT = 4 << 20  # REMOTE_STRING_MAX of libvirt's protocol


def test_a_guest_whose_xml_libvirt_cannot_send_is_told_without_its_metadata():
    with Daemon() as daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        for name, more in (("long", ""), ("leave-long", "<v:a xmlns:v='%s'><v:ignore/></v:a>" % VMPIN_XML)):
            path = test_domain(name, "<title>t</title><cputune><vcpupin vcpu='1' cpuset='0'/></cputune>"
                               "<metadata>%s<x:a xmlns:x='u'>@</x:a></metadata>" % more)
            text = open(path).read()
            # As long as it may be sent; libvirt's own, with blanks and defaults, is longer.
            write(name + ".xml", text.replace("@", "A" * (LIBVIRT_TEXT_LIMIT - len(text))))
            daemon.virsh("define", path)
            asked = daemon.virsh("dumpxml", name, may_fail=True)
            check(asked == "", "libvirt sends it after all: %d" % len(asked))
            facts = helper.about(name, "defined")
            wanted = {"name": name, "title": "t", "vcpus_maximum": 2, "memory_maximum": 32 << 20,
                      "metadata_cut": True, "vcpu_pins": [{"index": 1, "cpus": "0"}],
                      "uuid": daemon.virsh("domuuid", name)}
            check({key: facts.get(key) for key in wanted} == wanted, facts)
            check(facts.get("ignore", False) == bool(more), facts)


def test_a_guest_whose_metadata_are_too_deep_is_told_without_them():
    with Daemon() as daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        daemon.virsh("define", test_domain("deep", "<title>t</title>"))
        helper.about("deep", "defined")
        # As deep as libvirt reads it by itself; in the guest's XML it is two deeper.
        daemon.virsh("metadata", "deep", "--uri", "u", "--key", "k", "--config", "--set",
                     "<a>" * 256 + "</a>" * 256)
        facts = helper.about("deep", "metadata")
        check(facts.get("metadata_cut") is True and facts["title"] == "t", facts)


def test_after_a_restart_of_libvirtd_everything_is_told_again():
    daemon = Daemon()
    with daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        daemon.virsh("define", test_domain("lost"))
        lost = helper.about("lost", "defined")["uuid"]
        for _ in range(2):
            daemon.kill()
            helper.expect("disconnected")
            time.sleep(1)
            daemon.start()
            seen = []
            while not seen or seen[-1]["type"] != "synced":
                seen.append(helper.message())
            kinds = [message["type"] for message in seen]
            while kinds[0] == "disconnected":  # for another reason: there is no socket
                kinds.pop(0)
            gone = [message["uuid"] for message in seen if message["type"] == "gone"]
            check(kinds[0] == "connected" and "guest" in kinds, kinds)
            check(gone == ([lost] if lost else []), seen)
            lost = None
        daemon.virsh("define", test_domain("after"))
        helper.about("after", "defined")


def test_a_helper_whose_libvirtd_hangs_says_so_and_ends():
    with Daemon() as daemon, Helper(daemon.uri, "--timeout", "1") as idle:
        idle.until_synced()
        time.sleep(2)  # silence of one that answers is none
        check(runs(idle.pid), "it ended though libvirtd answers")
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            with Helper(daemon.uri, "--once", "--timeout", "1") as once:
                for helper in (idle, once):
                    reason = helper.expect("disconnected")["reason"]
                    check("not answered for 1 s" in reason, reason)
                    check(helper.message() is None, "it says more")
                    check(helper.process.wait(timeout=5) == 69, helper.process.returncode)
        finally:
            daemon.process.send_signal(signal.SIGCONT)


def test_a_libvirtd_that_comes_later_is_found_and_a_reason_is_told_once():
    daemon = Daemon()
    with Helper(daemon.uri) as helper:
        reason = helper.expect("disconnected")["reason"]
        check("libvirt-sock" in reason, reason)
        check(helper.silent(3), "it repeats itself")
        try:
            daemon.start()
            helper.expect("connected", patience=30)
            helper.until_synced()
        finally:
            daemon.kill()


def test_pauses_between_tries_grow_to_five_seconds():
    log = os.path.join(folder, "connects")
    if not shutil.which("strace"):
        raise Skip("there is no strace")
    with Lines("strace", "-f", "-ttt", "-e", "trace=connect", "-o", log, HELPER, "--connect",
               "qemu+unix:///system?socket=%s/none" % folder) as helper:
        helper.line()
        time.sleep(14)
        for child in children(helper.pid):  # strace ends with it, and not by SIGTERM
            os.kill(child, signal.SIGTERM)
        helper.process.wait(timeout=5)
    with open(log) as lines:
        times = [float(line.split()[1]) for line in lines if "/none" in line]
    pauses = [b - a for a, b in zip(times, times[1:])]
    check(len(pauses) >= 6, pauses)
    for pause, least in zip(pauses, (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0)):
        check(least * 0.74 <= pause < least + 1.5, pauses)  # up to a quarter is taken off


def wake_ups(log, begin, seconds):
    """How often its loop's poll() returned in that time. Measured with strace under load: it sleeps for
    30 s, looks at libvirtd (one call and its answer), and sleeps again; there are no pings, since it
    declines them. voluntary_ctxt_switches counts waits for memory and disk too: up to 8 in 12 s."""
    with open(log) as lines:  # PID TIME poll(..., {fd=1, ...}, ...) = ... <SECONDS>
        ends = [float(time) + float(took) for time, took in
                re.findall(r"^\d+ +(\S+) poll\(.*\{fd=1, .* <([\d.]+)>$", lines.read(), re.M)]
    check(ends, "strace saw no poll() of the loop")
    return [end - begin for end in ends if begin < end < begin + seconds]


def test_an_idle_helper_does_not_wake_up():
    if not shutil.which("strace"):
        raise Skip("there is no strace")
    log = os.path.join(folder, "polls")
    with Daemon() as daemon:
        with Helper(daemon.uri, under=("strace", "-f", "-ttt", "-T", "-e", "trace=poll", "-o",
                                       log)) as helper:
            helper.until_synced()
            begin = time.time() + 1  # it is in its loop again
            time.sleep(12)
            check(len(os.listdir("/proc/%d/task" % children(helper.pid)[0])) == 1, "it has threads")
            daemon.virsh("define", test_domain("late"))  # ends the poll()
            helper.about("late", "defined")
            os.kill(children(helper.pid)[0], signal.SIGTERM)  # strace ends with it
            helper.process.wait(timeout=5)
        woken = wake_ups(log, begin, 10)
        check(len(woken) <= 1, "wake-ups in 10 s, after %s s" % woken)


def test_a_libvirtd_that_insists_on_keepalive_is_served():
    with Daemon("keepalive_required = 1") as daemon, Helper(daemon.uri) as helper:
        helper.until_synced()
        daemon.virsh("define", test_domain("kept"))
        helper.about("kept", "defined")
        daemon.kill()
        helper.expect("disconnected")


def test_a_user_that_libvirtd_refuses_ends_it_with_77():
    need_root()
    daemon = Daemon('auth_unix_rw = "polkit"')
    try:
        daemon.start()
        with Helper(daemon.uri, user="nobody") as helper:
            helper.expect("disconnected")
            check(helper.message() is None and helper.process.wait() == 77, "not 77")
    finally:
        daemon.kill()


def test_a_hung_libvirtd_does_not_keep_it_from_ending():
    with Daemon() as daemon:
        with Helper(daemon.uri) as helper:
            helper.until_synced()
            os.kill(daemon.process.pid, signal.SIGSTOP)
            try:
                with Helper(daemon.uri) as second:
                    check(second.silent(1), "a hung libvirtd answers")
                    for each in (helper, second):
                        each.process.terminate()
                        check(each.process.wait(timeout=1) == -signal.SIGTERM, "another end")
            finally:
                os.kill(daemon.process.pid, signal.SIGCONT)


def test_a_status_file_is_told_while_libvirt_lets_it_wait():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, Daemon() as daemon:
        os.kill(daemon.process.pid, signal.SIGSTOP)
        try:
            with Helper(daemon.uri, "--launches", stdin=theirs) as helper:
                check(helper.silent(0.5), "a hung libvirtd answers")
                for name in "first", "second":
                    hand(ours, status_file(name))
                    message = helper.expect("guest")
                    check((message["event"], message["facts"]["name"]) == ("launching", name), message)
                os.kill(daemon.process.pid, signal.SIGCONT)
                helper.until_synced()
                check(not children(helper.pid), "something of it is left")
                hand(ours, status_file("later"))
                check(helper.expect("guest")["facts"]["name"] == "later", "it is not told")
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)


# ---- as vmpin starts it -------------------------------------------------------------------------


def started(source):
    word, pid, *user = source.line().split(" ")
    check(word == "started", word)
    return int(pid), user[0] if user else ""


def test_started_by_root_it_has_no_rights_of_root():
    need_root()
    with Lines(SOURCE_TELL, "test:///default") as source:
        pid, user = started(source)
        while source.line() != "synced":
            pass
        uid = pwd.getpwnam(user).pw_uid
        check(uid != 0 and status_of(pid, "Uid") == [str(uid)] * 4, status_of(pid, "Uid"))
        check("0" not in status_of(pid, "Gid"), status_of(pid, "Gid"))
        check(status_of(pid, "Groups") == [], status_of(pid, "Groups"))
        check(status_of(pid, "NoNewPrivs") == ["1"], "new privileges")
        check(int(status_of(pid, "CapEff")[0], 16) == 0, "capabilities")


def test_its_death_and_its_parents_death_are_seen():
    with Lines(SOURCE_TELL, "test:///default") as source:
        pid, _ = started(source)
        while source.line() != "synced":
            pass
        os.kill(pid, signal.SIGKILL)
        check(source.line() == "ended %d" % signal.SIGKILL, "another end")
    with Lines(SOURCE_TELL, "test:///default") as source:
        pid, _ = started(source)
        while source.line() != "synced":
            pass
        source.process.kill()
        source.process.wait()
        wait_until(lambda: not runs(pid), "the helper outlives its parent", 5)


# ---- the host's libvirtd and QEMU ---------------------------------------------------------------


class Guest:
    """A real guest that is gone afterwards, whatever happened."""

    def __init__(self, name):
        self.name = PREFIX + name

    def __enter__(self):
        return self.name

    def __exit__(self, *_):
        virsh("destroy", self.name, may_fail=True)
        virsh("undefine", self.name, may_fail=True)


def test_the_life_of_a_real_guest_is_told():
    need_real_host()
    with Guest("life") as name, Helper(SYSTEM, user="nobody") as helper:
        helper.until_synced()
        virsh("define", real_domain(name, "<title>The one</title><cputune>"
                                    "<vcpupin vcpu='1' cpuset='0'/></cputune>"))
        defined = helper.about(name, "defined")
        check(not defined["running"] and defined["title"] == "The one", defined)
        virsh("start", "--paused", name)
        facts = helper.about(name, "started")
        check(facts["id"] == int(virsh("domid", name)), facts)
        check(facts["uuid"] == virsh("domuuid", name) and facts["driver"] == "qemu", facts)
        check((facts["vcpus_maximum"], facts["vcpus_current"]) == (4, 2), facts)
        check(facts["memory_maximum"] == 64 << 20 and facts["iothreads"] == [1], facts)
        check(facts["vcpu_pins"] == [{"index": 1, "cpus": "0"}], facts)
        check(facts["partition"] and facts["persistent"], facts)
        virsh("vcpupin", name, "0", "0", "--live")
        check(len(helper.about(name, "tunable")["vcpu_pins"]) == 2, "one pin")
        virsh("metadata", name, "--uri", "urn:x", "--key", "x", "--set", "<a>b</a>", "--live")
        check(helper.about(name, "metadata")["metadata"][0]["value"] == "b", "other metadata")
        virsh("destroy", name)
        check(not helper.about(name, "stopped")["running"], "it runs")
        virsh("undefine", name)
        helper.about(name, gone=facts["uuid"])


def test_a_real_transient_guest_and_its_devices_are_told():
    need_real_host()
    with Guest("passing") as name, Helper(SYSTEM) as helper:
        helper.until_synced()
        virsh("create", "--paused", real_domain(name, "<features><acpi/></features>"))
        facts = helper.about(name, "started")
        check(not facts.get("persistent"), facts)
        tablet = write("tablet.xml", "<input type='tablet' bus='usb'/>")
        for verb in ("attach-device", "detach-device"):  # USB leaves without the guest's help
            virsh(verb, name, tablet, "--live")
            helper.about(name, "device")
        virsh("destroy", name)
        helper.about(name, gone=facts["uuid"])


def test_the_host_is_recorded_and_read_back():
    need_real_host()
    with Guest("recorded") as name:
        virsh("define", real_domain(name))
        with Helper(SYSTEM, "--once", user="nobody") as helper:
            guests, _ = helper.until_synced()
            check(guests[name]["running"] is False, guests[name])


def main():
    global folder
    folder = tempfile.mkdtemp(prefix="vmpin-helper-")
    os.chmod(folder, 0o755)
    with contextlib.ExitStack() as end:
        end.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            end.enter_context(host.Machine())
        except host.Missing as why:
            print("# %s" % why)  # the tests that need it skip
        except host.Refused as why:
            print("Bail out! %s" % why)
            return 1
        return tap.run([test for test in tap.chosen() if not test.__name__.endswith("_domain")])


if __name__ == "__main__":
    sys.exit(main())
