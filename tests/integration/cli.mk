# The program on a recorded host: no root, no guests. It reads the manual, too.
TESTS += tests/integration/test_cli_recorded.py
EXTRA_DIST += tests/integration/test_cli_recorded.py
# The same while memory, descriptors or the disk run out, at each call in turn.
check_LTLIBRARIES += failing.la
failing_la_SOURCES = tests/integration/failing.c
failing_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
TESTS += tests/integration/test_exhaustion.py
EXTRA_DIST += tests/integration/test_exhaustion.py
