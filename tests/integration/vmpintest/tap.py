"""Calls test functions and tells of each in TAP: the sentence is the docstring's first line, or the name."""
import sys
import time
import traceback


class Skip(Exception):
    """What the test needs is not here."""


def skip_unless(condition, reason):
    if not condition:
        raise Skip(reason)


def comment(text):
    for line in text.rstrip().splitlines():
        print("# " + line, flush=True)


def sentence(function):
    text = (function.__doc__ or function.__name__[5:].replace("_", " ")).strip().splitlines()[0]
    return text.rstrip(".").replace("#", "\\#")


def chosen(module="__main__"):
    """The module's test_* functions; words on the command line choose by parts of their names."""
    words = sys.argv[1:]
    return [f for name, f in vars(sys.modules[module]).items()
            if name.startswith("test_") and callable(f)
            and (not words or any(word in name for word in words))]


def run(tests, call=lambda function: function()):
    """The exit status. A test that raises has failed."""
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, function in enumerate(tests, 1):
        begin = time.monotonic()
        verdict, reason = "ok", ""
        try:
            call(function)
        except Skip as skip:
            reason = f" # SKIP {skip}"
        except Exception:
            verdict = "not ok"
            failed += 1
            comment(traceback.format_exc())
        print(f"{verdict} {number} - {sentence(function)}{reason}", flush=True)
        comment(f"{time.monotonic() - begin:.1f} s")
    return 1 if failed else 0
