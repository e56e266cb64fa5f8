#!/usr/bin/python3
"""The corpus of policies, good and bad (and the samples, and the manual's examples): the program's
verdicts and messages, and the schema's.

The schema must refuse each error that the program reports, at its place (or at the object around
it), but for those in schema-cannot-say; an entry there that the schema does say is an error too.
The program's messages are compared with the file `messages`; UPDATE=1 in the environment writes
that file anew (look at the difference before you commit it).
"""
import json
import os
import re
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")
CORPUS = os.path.join(SOURCE, "tests/fixtures/policies")
SAMPLES = os.path.join(SOURCE, "policies")
SCHEMA = os.path.join(SAMPLES, "vmpin-policy.schema.json")
MANUAL = os.path.join(SOURCE, "man/vmpin-policy.5.scd")
PROGRAM = os.path.join(BUILD, "policy_corpus")

done = failed = 0


def report(good, name, why=""):
    global done, failed
    done += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {done} - {name}", flush=True)
    for line in why.splitlines() if not good else ():
        print(f"# {line}")


def files(folder):
    return sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".json"))


def verdicts(paths):
    """The program's: {path: (good, [line])}."""
    out = subprocess.run([PROGRAM, *paths], check=True, capture_output=True).stdout.decode()
    found = {}
    for line in out.splitlines():
        if line.startswith("\t"):
            found[path][1].append(line[1:])
        else:
            path, verdict = line.split("\t")
            found[path] = (verdict == "good", [])
    return found


def stable(line):
    """A message without the part that is jansson's own, which changes with its version."""
    return re.sub(r"(is not JSON|is not valid UTF-8): .*", r"\1", line)


def place(name, line):
    """The JSON pointer in a message, as a list; None where it has line and column."""
    rest = line[len(name):]
    if re.match(r":\d+:\d+: ", rest):
        return None
    pointer = re.match(r": (/.*?): ", rest)
    steps = pointer.group(1).split("/")[1:] if pointer else []
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]


def no_constant(text):
    raise ValueError(text)


def load(path):
    """The document as another program reads it. ValueError: it is no JSON."""
    try:
        with open(path, "rb") as file:
            return json.loads(file.read().decode(), parse_constant=no_constant)
    except RecursionError:
        raise ValueError("too deep") from None


def ecma(schema):
    """Python's $ also stands before a newline at the end; that of JSON Schema does not."""
    if isinstance(schema, list):
        return [ecma(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {re.sub(r"\$$", r"\\Z", key) if key.startswith("^") else key: ecma(part)
               for key, part in schema.items()}
    if isinstance(changed.get("pattern"), str):
        changed["pattern"] = re.sub(r"\$$", r"\\Z", changed["pattern"])
    return changed


def schema_places(validator, document):
    found = []

    def walk(errors):
        for error in errors:
            found.append([str(step) for step in error.absolute_path])
            walk(error.context or ())

    walk(validator.iter_errors(document))
    return found


def covered(steps, places):
    """Does the schema complain of that place, or of the object that it is in?"""
    return steps in places or bool(steps) and not steps[-1].isdigit() and steps[:-1] in places


def cannot_say():
    entries = {}
    with open(os.path.join(CORPUS, "schema-cannot-say"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, pointer, why = line.split(maxsplit=2)
                entries[name, pointer] = why
    return entries


def check_messages(found):
    record = os.path.join(CORPUS, "messages")
    text = "".join(stable(line) + "\n" for path in sorted(found) for line in found[path][1])
    if os.environ.get("UPDATE"):
        with open(record, "w", encoding="utf-8") as file:
            file.write(text)
    with open(record, encoding="utf-8") as file:
        expected = file.read().splitlines()
    missing = [f"missing: {line}" for line in expected if line not in text.splitlines()]
    new = [f"new: {line}" for line in text.splitlines() if line not in expected]
    report(not missing and not new, "every bad policy gets the messages of record",
           "\n".join(missing + new))


def check_bad(validator, path, lines, unsaid):
    """The problems of one file that the schema does not see."""
    name = os.path.basename(path)
    try:
        places = schema_places(validator, load(path))
    except ValueError:
        return
    for line in lines:
        steps = place(name, line)
        pointer = "-" if steps is None else "/" + "/".join(steps)
        said = bool(places) if steps is None else covered(steps, places)
        listed = unsaid.pop((name, pointer), None)
        if said and listed:
            report(False, f"the schema can say {name} {pointer}, so it is not to be listed")
        elif not said and not listed:
            report(False, f"the schema refuses {name} {pointer}", f"{line}\nschema: {places}")


def manual_examples(folder):
    """The policies in the manual, as files."""
    with open(MANUAL, encoding="utf-8") as file:
        blocks = re.findall(r"^```\n([\[{].*?)^```$", file.read(), re.M | re.S)
    paths = []
    for block in blocks:
        paths.append(os.path.join(folder, f"example-{len(paths) + 1}-of-the-manual.json"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(block)
    return paths


def check_manual(schema):
    with open(MANUAL, encoding="utf-8") as file:
        words = set(re.findall(r"[\w$.]+", file.read().replace("\\", "")))
    keys = [name.split(".")[1] for name in schema["$defs"]["attribute"]["enum"]]
    keys += list(schema["$defs"]["policy"]["properties"])
    keys += list(schema["$defs"]["match"]["properties"])
    missing = [key for key in keys if key not in words]
    report(keys and not missing, "the manual has every key of the schema", " ".join(missing))


def check_schema(jsonschema, good, bad):
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    check_manual(schema)
    validator = kind(ecma(schema))
    for path in good:
        places = schema_places(validator, load(path))
        report(not places, f"the schema takes {os.path.basename(path)}", f"refused at {places}")
    unsaid, before = cannot_say(), failed
    for path, (_, lines) in bad.items():
        check_bad(validator, path, lines, unsaid)
    for entry in unsaid:
        report(False, f"schema-cannot-say lists {' '.join(entry)}, which is no error of the corpus")
    report(failed == before, "the schema refuses what the program refuses, but for what is listed")


def main():
    with tempfile.TemporaryDirectory() as folder:
        return check(manual_examples(folder))


def check(examples):
    samples = [path for path in files(SAMPLES) if path != SCHEMA]
    good = verdicts(files(os.path.join(CORPUS, "good")) + samples + examples)
    bad = verdicts(files(os.path.join(CORPUS, "bad")))
    for path, (verdict, lines) in good.items():
        report(verdict, f"{os.path.basename(path)} is a policy", "\n".join(lines))
    for path, (verdict, lines) in bad.items():
        report(not verdict and lines, f"{os.path.basename(path)} is refused with a reason")
    check_messages(bad)
    try:
        import jsonschema
    except ImportError:
        print(f"ok {done + 1} - the schema agrees # SKIP python3-jsonschema is not installed")
        print(f"1..{done + 1}")
        return failed
    check_schema(jsonschema, good, bad)
    print(f"1..{done}")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
