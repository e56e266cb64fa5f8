include tests/integration/cgroup.mk
# nothing yet
include tests/integration/guest.mk
include tests/integration/model.mk
include tests/integration/cli.mk
# With real guests: libvirtd, QEMU under emulation, this host's control groups. Each program runs
# by itself too: top_builddir=BUILD python3 tests/integration/test_agent.py [PART OF A NAME]...
integration_tests = \
	tests/integration/test_agent.py \
	tests/integration/test_bad_input.py \
	tests/integration/test_cgtree.py \
	tests/integration/test_cli.py \
	tests/integration/test_crash.py \
	tests/integration/test_drift.py \
	tests/integration/test_examples.py \
	tests/integration/test_faults.py \
	tests/integration/test_first_instruction.py \
	tests/integration/test_many.py \
	tests/integration/test_metrics.py \
	tests/integration/test_migration.py \
	tests/integration/test_observe.py \
	tests/integration/test_reconcile.py \
	tests/integration/test_resources.py \
	tests/integration/test_soak.py \
	tests/integration/test_state.py \
	tests/integration/test_writers.py

TESTS += tests/check-layers.py tests/integration/test_install.py $(integration_tests)
EXTRA_DIST += tests/check-layers.py tests/allowed-skips tests/integration/test_install.py $(integration_tests) \
	tests/integration/vmpintest/__init__.py \
	tests/integration/vmpintest/aftermath.py \
	tests/integration/vmpintest/drift.py \
	tests/integration/vmpintest/expect.py \
	tests/integration/vmpintest/few_watches.py \
	tests/integration/vmpintest/guest.py \
	tests/integration/vmpintest/host.py \
	tests/integration/vmpintest/hung_journal.py \
	tests/integration/vmpintest/node.py \
	tests/integration/vmpintest/other_host.py \
	tests/integration/vmpintest/reaper.py \
	tests/integration/vmpintest/runner.py \
	tests/integration/vmpintest/sandbox.py \
	tests/integration/vmpintest/surroundings.py \
	tests/integration/vmpintest/tap.py \
	tests/integration/vmpintest/test.py \
	tests/integration/vmpintest/trace.py \
	tests/integration/vmpintest/vmpin.py \
	tests/integration/vmpintest/waiting.py \
	tests/scripts/test_packages.py \
	tests/scripts/test_quickstart.py \
	tests/lab/build-image \
	tests/lab/run \
	tests/lab/test_cgtree_v2.py \
	tests/lab/test_clock.py \
	tests/lab/test_cpus.py \
	tests/lab/test_library.py \
	tests/lab/test_libvirt.py \
	tests/lab/test_matrix.py \
	tests/lab/test_mems.py \
	tests/lab/test_names.py \
	tests/lab/test_package.py \
	tests/lab/test_sandbox.py \
	tests/lab/test_service.py \
	tests/lab/test_suspend.py \
	tests/lab/test_units.py \
	tests/lab/test_weight.py

# Guests up and down, policies in and out, for SOAK_SECONDS.
soak: all
	$(AM_V_at)$(AM_TESTS_ENVIRONMENT) SOAK_SECONDS=$${SOAK_SECONDS:-1800} \
		$(PYTHON3) $(top_srcdir)/tests/integration/test_soak.py
.PHONY: soak

# The same on an emulated Debian host with systemd and cgroup v2 (root; builds its image once).
# LAB_FLAGS: see tests/lab/run --help.
lab-programs: all
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) test_model_v1 test_model_v2 test_attributes_host \
		test_cgroup_host test_tree_host source_tell failing.la example_tree example_guest
check-lab: lab-programs
	$(AM_V_at)$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(top_srcdir)/tests/lab/run $(LAB_FLAGS)

# The Debian packages, for tests/lab/test_package.py among others.
packages: all
	$(top_srcdir)/scripts/build-packages $(abs_builddir) $(abs_builddir)/packages
.PHONY: lab-programs check-lab packages
