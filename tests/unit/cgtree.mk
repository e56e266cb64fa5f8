cgtree_tests = \
	tests/unit/test_abi.py \
	tests/unit/test_cgtree_program.py \
	tests/unit/test_completions.py
TESTS += $(cgtree_tests)
EXTRA_DIST += $(cgtree_tests) tests/unit/recorded.py
EXTRA_DIST += tests/fixtures/record-host \
	tests/fixtures/hosts/v1-no-systemd.host \
	tests/fixtures/hosts/v1-systemd.host \
	tests/fixtures/hosts/hybrid-systemd.host \
	tests/fixtures/hosts/v2-systemd.host
