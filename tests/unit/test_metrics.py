#!/usr/bin/python3
"""Prometheus' own checker takes the metrics and the example of alerts."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("top_builddir", ".")
ALERTS = os.environ.get("top_srcdir", ".") + "/policies/vmpin-alerts.yml"
# scripts/test unpacks it there: Debian has it in one package with the server, which would run.
PROMTOOL = shutil.which("promtool") or f"{BUILD}/../tools/usr/bin/promtool"


def promtool(*words, **options):
    done = subprocess.run([PROMTOOL, "check", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    return done.returncode == 0, done.stdout


def metrics_are_taken(example):
    with open(example, encoding="utf-8") as file:
        return promtool("metrics", stdin=file)


def alerts_are_taken(_):
    return promtool("rules", ALERTS)


def alerts_speak_of_metrics_that_are_there(example):
    with open(example, encoding="utf-8") as file:
        known = set(re.findall(r"^(vmpin_\w+)", file.read(), re.M))
    with open(ALERTS, encoding="utf-8") as file:
        named = set(re.findall(r"\bvmpin_\w+", file.read()))
    return named <= known, f"unknown: {sorted(named - known)}"


def main():
    checks = (metrics_are_taken, alerts_are_taken, alerts_speak_of_metrics_that_are_there)
    if not os.path.exists(PROMTOOL):
        print("1..0 # SKIP no promtool")
        return 0
    failed = 0
    print(f"1..{len(checks)}")
    with tempfile.TemporaryDirectory() as folder:
        example = f"{folder}/vmpin.prom"
        subprocess.run([f"{BUILD}/test_metrics", example], check=True)
        for number, check in enumerate(checks, 1):
            good, told = check(example)
            failed += not good
            print(f"{'' if good else 'not '}ok {number} - {check.__name__.replace('_', ' ')}")
            for line in [] if good else told.splitlines():
                print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
