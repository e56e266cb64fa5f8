# The program on a recorded host: no root, no guests. It reads the manual, too.
TESTS += tests/integration/test_cli_recorded.py
EXTRA_DIST += tests/integration/test_cli_recorded.py
