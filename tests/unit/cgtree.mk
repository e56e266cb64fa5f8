TESTS += tests/unit/test_cgtree_program.py
EXTRA_DIST += tests/unit/test_cgtree_program.py
EXTRA_DIST += tests/fixtures/record-host \
	tests/fixtures/hosts/v1-no-systemd.host \
	tests/fixtures/hosts/v1-systemd.host \
	tests/fixtures/hosts/hybrid-systemd.host \
	tests/fixtures/hosts/v2-systemd.host
