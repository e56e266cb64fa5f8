# Speed and memory beside their bounds: `make bench` as root on a host with v1 control groups, and
# all of it in some minutes; BENCH="plan apply" for parts (tests/bench/bench.py says which). A slow
# run does not fail.
bench_programs = bench_bare bench_echo bench_plan bench_apply bench_tree
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)

bench: vmpin vmpin-guests $(bench_programs)
	$(AM_V_at)top_builddir='$(abs_top_builddir)' PYTHONDONTWRITEBYTECODE=1 \
		$(PYTHON3) $(top_srcdir)/tests/bench/bench.py $(BENCH)
.PHONY: bench

bench_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/bench
bench_shared = \
	tests/bench/timing.h tests/bench/timing.c \
	tests/bench/setup.h tests/bench/setup.c \
	tests/bench/bare.h tests/bench/bare.c \
	tests/bench/recorder.h tests/bench/recorder.c

bench_bare_SOURCES = tests/bench/bench_bare.c tests/bench/bare.h tests/bench/bare.c
bench_echo_SOURCES = tests/bench/bench_echo.c
bench_echo_LDADD = libbase.la
bench_plan_SOURCES = tests/bench/bench_plan.c $(bench_shared)
bench_plan_CPPFLAGS = $(bench_cppflags)
bench_plan_LDADD = libreconcile.la
bench_apply_SOURCES = tests/bench/bench_apply.c $(bench_shared)
bench_apply_CPPFLAGS = $(bench_cppflags)
bench_apply_LDADD = libreconcile.la
bench_tree_SOURCES = tests/bench/bench_tree.c tests/bench/timing.h tests/bench/timing.c
bench_tree_CPPFLAGS = $(bench_cppflags)
bench_tree_LDADD = libcgroup.la

EXTRA_DIST += \
	tests/bench/bench.py \
	tests/bench/vmpinbench/__init__.py \
	tests/bench/vmpinbench/agent.py \
	tests/bench/vmpinbench/apply.py \
	tests/bench/vmpinbench/drift.py \
	tests/bench/vmpinbench/first.py \
	tests/bench/vmpinbench/groups.py \
	tests/bench/vmpinbench/helper.py \
	tests/bench/vmpinbench/plan.py \
	tests/bench/vmpinbench/programs.py \
	tests/bench/vmpinbench/real.py \
	tests/bench/vmpinbench/table.py \
	tests/bench/vmpinbench/tree.py
