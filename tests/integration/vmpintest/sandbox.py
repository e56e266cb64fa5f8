"""Starts the agent as the shipped unit does: by systemd, under the unit's own restrictions."""
import itertools
import os
import subprocess

WANTED = os.environ.get("VMPIN_TEST_SANDBOX") == "1"
UNIT = os.environ.get("top_srcdir", ".") + "/src/agent/vmpin.service.in"
# What is not a restriction, or is the test's own.
LEFT_OUT = ("Type", "Exec", "Restart=", "RestartSec", "WatchdogSec", "TimeoutStopSec",
            "RuntimeDirectory")

serial = itertools.count(1)


def restrictions():
    """The unit's assignments, in their order: later ones of a name add to earlier ones."""
    section = None
    with open(UNIT, encoding="utf-8") as file:
        for line in map(str.strip, file):
            if line.startswith("["):
                section = line
            elif section == "[Service]" and line and not line.startswith(("#",) + LEFT_OUT):
                yield line


class Sandbox:
    """One transient unit. `root` is the test's folder: all that it may see of /tmp, and write."""

    def __init__(self, root):
        self.root = root
        self.unit = f"vmpin-test-{os.getpid()}-agent{next(serial)}.service"

    def command(self, words, environment):
        """As `words` would run here, with the same streams and exit status."""
        command = ["systemd-run", "--quiet", "--wait", "--pipe", "--collect", "--unit", self.unit,
                   "--service-type=exec", "-p", f"BindPaths={self.root}"]
        for line in restrictions():
            command += ["-p", line]
        for name, value in environment.items():
            command.append(f"--setenv={name}={value}")
        return command + ["--"] + words

    def pid(self):
        """The agent's; 0 while it does not run."""
        shown = subprocess.run(["systemctl", "show", "-P", "MainPID", self.unit], check=True,
                               stdout=subprocess.PIPE, text=True).stdout
        return int(shown or 0)

    def close(self):
        subprocess.run(["systemctl", "stop", self.unit], check=False, stderr=subprocess.DEVNULL)
