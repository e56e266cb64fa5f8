# Speed and memory. Needs root; nothing here fails on time.
bench_programs = bench_bare bench_plan bench_apply
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)

bench_shared = tests/bench/timing.h tests/bench/timing.c tests/bench/setup.h tests/bench/setup.c \
	tests/bench/bare.h tests/bench/bare.c

bench_bare_SOURCES = tests/bench/bench_bare.c tests/bench/bare.h tests/bench/bare.c

bench_plan_SOURCES = tests/bench/bench_plan.c tests/bench/recorder.h tests/bench/recorder.c \
	$(bench_shared)
bench_plan_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/bench
bench_plan_LDADD = libreconcile.la

bench_apply_SOURCES = tests/bench/bench_apply.c tests/bench/recorder.h tests/bench/recorder.c \
	$(bench_shared)
bench_apply_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/bench
bench_apply_LDADD = libreconcile.la
