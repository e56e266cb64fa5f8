# The program on a recorded host: no root, no guests.
TESTS += tests/integration/test_cli_recorded.py
EXTRA_DIST += tests/integration/test_cli_recorded.py
