#!/usr/bin/python3
"""Prometheus' own checker takes the metrics and the example of alerts."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from recorded import BUILD, SOURCE, tap

ALERTS = f"{SOURCE}/policies/vmpin-alerts.yml"
# scripts/test unpacks it there: Debian has it in one package with the server, which would run.
PROMTOOL = shutil.which("promtool") or f"{BUILD}/../tools/usr/bin/promtool"


def promtool(*words, **options):
    done = subprocess.run([PROMTOOL, "check", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout


def example():
    """All metrics that there are, as the agent writes them."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([f"{BUILD}/test_metrics", f"{folder}/vmpin.prom"], check=True)
        with open(f"{folder}/vmpin.prom", encoding="utf-8") as file:
            return file.read()


def test_metrics_are_taken():
    tap.skip_unless(os.path.exists(PROMTOOL), "no promtool")
    promtool("metrics", input=example())


def test_alerts_are_taken():
    tap.skip_unless(os.path.exists(PROMTOOL), "no promtool")
    promtool("rules", ALERTS)


def test_alerts_speak_of_metrics_that_are_there():
    known = set(re.findall(r"^(vmpin_\w+)", example(), re.M))
    with open(ALERTS, encoding="utf-8") as file:
        named = set(re.findall(r"\bvmpin_\w+", file.read()))
    assert named <= known, f"unknown: {sorted(named - known)}"


sys.exit(tap.run(tap.chosen()))
