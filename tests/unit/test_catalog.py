#!/usr/bin/python3
"""The catalogue explains each kind of log entry, and nothing else."""
import os
import re
import sys

AGENT = os.environ.get("top_srcdir", ".") + "/src/agent"


def read(name):
    with open(f"{AGENT}/{name}", encoding="utf-8") as file:
        return file.read()


def main():
    kinds = re.findall(r'#define (ENTRY_\w+)\s+"([0-9a-f]{32})"', read("entries.h"))
    explained = re.split(r"^-- ", read("vmpin.catalog"), flags=re.M)[1:]
    told = "".join(read(name) for name in os.listdir(AGENT) if name.endswith(".c"))
    checks = {
        "the catalogue has the ids of entries.h, in its order":
            [text.split()[0] for text in explained] == [number for _, number in kinds],
        "no id is there twice": len({number for _, number in kinds}) == len(kinds),
        "each kind of entry is logged somewhere":
            all(re.search(rf"\b{name}\b", told) for name, _ in kinds),
        "each explanation has its subject, its owner, a manual page and a text":
            all(re.fullmatch(r"\w+\nSubject: .+\nDefined-By: vmpin\nDocumentation: man:\S+\n\n[^@]"
                             r"?(.+\n)+\n?", text) for text in explained),
        "each field that is filled in is one that vmpin logs":
            set(re.findall(r"@(\w+)@", read("vmpin.catalog"))) <=
            set(re.findall(r'\{"(VMPIN_\w+)"', read("log.c"))),
    }
    print(f"1..{len(checks)}")
    for number, (sentence, good) in enumerate(checks.items(), 1):
        print(f"{'' if good else 'not '}ok {number} - {sentence}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
