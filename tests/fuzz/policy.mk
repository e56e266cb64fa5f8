# Start it with the corpus of the unit tests too:
#   ./fuzz_policy -dict=tests/fuzz/policy.dict NEW tests/fuzz/corpus/policy tests/fixtures/policies/*
check_PROGRAMS += fuzz_policy
fuzz_policy_SOURCES = tests/fuzz/fuzz_policy.c
fuzz_policy_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_policy_LDADD = libpolicy.la
