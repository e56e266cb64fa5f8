#!/usr/bin/python3
"""Prometheus' own checker takes the metrics and the example of alerts."""
import json
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


LATENCY = 'vmpin_event_to_applied_seconds_bucket{le="%s"}'
PERIODS = "vmpin_guest_cpu_%speriods_total"
AGE = 'node_textfile_mtime_seconds{file="/x/vmpin.prom"}'
# Alert: the series that it must fire on and those that it must not, as one sample a minute (promtool's
# notation: "0+1x60" rises by one, "_" is a scrape without the series), and when to look.
FIRES = {
    "VmpinMetricsOld": ({'vmpin_guests{state="in sync"}': "1x20", AGE: "0x20"},
                        {'vmpin_guests{state="in sync"}': "0x20", AGE: "0x20"}, "15m"),
    "VmpinGuestFailed": ({'vmpin_guests{state="failed"}': "1x9"},
                         {'vmpin_guests{state="failed"}': "1 1 0x7"}, "4m"),
    # As a guest's first counter that is scraped: no increase, were its zero left out.
    "VmpinDrift": ({'vmpin_drift_total{class="cpuset"}': "0 7x9"},
                   {'vmpin_drift_total{class="cpuset"}': "0 4x9"}, "5m"),
    "VmpinPolicyFileWrong": ({'vmpin_policy_files{state="refused"}': "1x9"},
                             {'vmpin_policy_files{state="refused"}': "0x9"}, "6m"),
    "VmpinNoLibvirt": ({"vmpin_libvirt_connected": "0x9"}, {"vmpin_libvirt_connected": "1x9"}, "6m"),
    "VmpinSlow": ({LATENCY % "0.25": "0+9x60", LATENCY % "0.5": "0+10x60", LATENCY % "+Inf": "0+10x60"},
                  {LATENCY % "0.25": "0+10x60", LATENCY % "0.5": "0+10x60", LATENCY % "+Inf": "0+10x60"},
                  "50m"),
    "VmpinGuestThrottled": ({PERIODS % "": "0+100x60", PERIODS % "throttled_": "0+60x60"},
                            {PERIODS % "": "0+100x60", PERIODS % "throttled_": "0+40x60"}, "50m"),
}


def test_each_alert_fires_when_it_should_and_not_else():
    tap.skip_unless(os.path.exists(PROMTOOL), "no promtool")
    with open(ALERTS, encoding="utf-8") as file:
        alerts = re.findall(r"alert: (\w+)", file.read())
    assert sorted(alerts) == sorted(FIRES), alerts
    told = promtool_tests({name: (series, when) for name, (series, _, when) in FIRES.items()})
    silent = [name for name in FIRES if f'alertname="{name}"' not in told]
    assert not silent, f"{silent} do not fire: {told}"
    told = promtool_tests({name: (other, when) for name, (_, other, when) in FIRES.items()})
    assert "SUCCESS" in told and "FAILED" not in told, told


def promtool_tests(scenes):
    """promtool says what it got where that is not what is expected, which is here that nothing fires."""
    tests = [{"interval": "1m",
              "input_series": [{"series": row, "values": values} for row, values in series.items()],
              "alert_rule_test": [{"eval_time": when, "alertname": name, "exp_alerts": []}]}
             for name, (series, when) in scenes.items()]
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/tests.yml", "w", encoding="utf-8") as file:
            json.dump({"rule_files": [ALERTS], "tests": tests}, file)
        return subprocess.run([PROMTOOL, "test", "rules", file.name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False).stdout


sys.exit(tap.run(tap.chosen()))
