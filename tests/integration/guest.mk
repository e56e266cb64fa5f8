# The helper against the test driver, a libvirtd of the test's own and the host's.
check_PROGRAMS += source_tell
source_tell_SOURCES = tests/integration/source_tell.c
source_tell_LDADD = libguest.la
TESTS += tests/integration/test_helper.py
EXTRA_DIST += tests/integration/test_helper.py
