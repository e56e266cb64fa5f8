#!/usr/bin/python3
"""The catalogue explains each kind of log entry, and nothing else."""
import os
import re
import sys

from recorded import SOURCE, tap

AGENT = f"{SOURCE}/src/agent"


def read(name):
    with open(f"{AGENT}/{name}", encoding="utf-8") as file:
        return file.read()


KINDS = re.findall(r'#define (ENTRY_\w+)\s+"([0-9a-f]{32})"', read("entries.h"))
EXPLAINED = re.split(r"^-- ", read("vmpin.catalog"), flags=re.M)[1:]


def test_the_catalogue_has_the_ids_of_entries_h_in_its_order():
    numbers = [number for _, number in KINDS]
    assert [text.split()[0] for text in EXPLAINED] == numbers
    assert len(set(numbers)) == len(numbers), "an id is there twice"


def test_each_kind_of_entry_is_logged_somewhere():
    code = "".join(read(name) for name in os.listdir(AGENT) if name.endswith(".c"))
    for name, _ in KINDS:
        assert re.search(rf"\b{name}\b", code), name


def test_each_explanation_has_its_subject_its_owner_a_manual_page_and_a_text():
    for text in EXPLAINED:
        assert re.fullmatch(r"\w+\nSubject: .+\nDefined-By: vmpin\nDocumentation: man:\S+\n\n[^@]"
                            r"?(.+\n)+\n?", text), text


def test_each_field_that_is_filled_in_is_one_that_vmpin_logs():
    filled_in = set(re.findall(r"@(\w+)@", read("vmpin.catalog")))
    logged = set(re.findall(r'\{"(VMPIN_\w+)"', read("log.c")))
    assert filled_in <= logged, filled_in - logged


sys.exit(tap.run(tap.chosen()))
