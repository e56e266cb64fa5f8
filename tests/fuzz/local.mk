include tests/fuzz/cgroup.mk
if ENABLE_FUZZERS
include tests/fuzz/policy.mk
endif
EXTRA_DIST += tests/fuzz/policy.dict tests/fuzz/corpus/policy
include tests/fuzz/guest.mk
