# Each starts from its corpus: ./fuzz_set NEW tests/fuzz/corpus/set
if ENABLE_FUZZERS
cgroup_fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
check_PROGRAMS += fuzz_set fuzz_mountinfo fuzz_cgroup fuzz_value
fuzz_set_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_set.c
fuzz_set_LDADD = libcgroup.la
fuzz_set_LDFLAGS = $(cgroup_fuzz_ldflags)
fuzz_mountinfo_SOURCES = tests/fuzz/fuzz_mountinfo.c
fuzz_mountinfo_LDADD = libcgroup.la
fuzz_mountinfo_LDFLAGS = $(cgroup_fuzz_ldflags)
fuzz_cgroup_SOURCES = tests/fuzz/fuzz_cgroup.c
fuzz_cgroup_LDADD = libcgroup.la
fuzz_cgroup_LDFLAGS = $(cgroup_fuzz_ldflags)
fuzz_value_SOURCES = tests/fuzz/fuzz_value.c
fuzz_value_LDADD = libcgroup.la
fuzz_value_LDFLAGS = $(cgroup_fuzz_ldflags)
endif
EXTRA_DIST += tests/fuzz/corpus/set tests/fuzz/corpus/mountinfo tests/fuzz/corpus/cgroup \
	tests/fuzz/corpus/value
