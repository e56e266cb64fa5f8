check_LTLIBRARIES += libtestpolicy.la
libtestpolicy_la_SOURCES = tests/unit/policy_world.h tests/unit/policy_world.c
libtestpolicy_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

policy_unit_tests = test_policy_text test_policy_attr test_policy_parse test_match test_resolve \
	test_explain test_policy_dir test_policy_samples test_policy_memory
check_PROGRAMS += $(policy_unit_tests)
TESTS += $(policy_unit_tests)
policy_unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
policy_unit_libs = libtestpolicy.la libtestfolder.la libpolicy.la $(CMOCKA_LIBS)

test_policy_text_SOURCES = tests/unit/test_policy_text.c
test_policy_text_CFLAGS = $(policy_unit_cflags)
test_policy_text_LDADD = $(policy_unit_libs)
test_policy_attr_SOURCES = tests/unit/test_policy_attr.c
test_policy_attr_CFLAGS = $(policy_unit_cflags)
test_policy_attr_LDADD = $(policy_unit_libs)
test_policy_parse_SOURCES = tests/unit/test_policy_parse.c
test_policy_parse_CFLAGS = $(policy_unit_cflags)
test_policy_parse_LDADD = $(policy_unit_libs)
test_match_SOURCES = tests/unit/test_match.c
test_match_CFLAGS = $(policy_unit_cflags)
test_match_LDADD = $(policy_unit_libs)
test_resolve_SOURCES = tests/unit/test_resolve.c
test_resolve_CFLAGS = $(policy_unit_cflags)
test_resolve_LDADD = $(policy_unit_libs)
test_explain_SOURCES = tests/unit/test_explain.c
test_explain_CFLAGS = $(policy_unit_cflags)
test_explain_LDADD = $(policy_unit_libs)
test_policy_dir_SOURCES = tests/unit/test_policy_dir.c
test_policy_dir_CFLAGS = $(policy_unit_cflags)
test_policy_dir_LDADD = $(policy_unit_libs)
test_policy_samples_SOURCES = tests/unit/test_policy_samples.c
test_policy_samples_CFLAGS = $(policy_unit_cflags)
test_policy_samples_LDADD = $(policy_unit_libs)
test_policy_memory_SOURCES = tests/unit/test_policy_memory.c tests/unit/memory.h tests/unit/memory.c
test_policy_memory_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_policy_memory_CFLAGS = $(policy_unit_cflags) $(JANSSON_CFLAGS)
test_policy_memory_LDADD = $(policy_unit_libs) $(JANSSON_LIBS)
test_policy_memory_LDFLAGS = $(AM_LDFLAGS) $(MEMORY_WRAP)

# The corpus of policy files, good and bad, against the program and the schema.
check_PROGRAMS += policy_corpus
policy_corpus_SOURCES = tests/unit/policy_corpus.c
policy_corpus_LDADD = libpolicy.la
TESTS += tests/unit/policy_corpus.py
EXTRA_DIST += tests/unit/policy_corpus.py tests/fixtures/policies

check_PROGRAMS += test_policy_race
TESTS += test_policy_race
test_policy_race_SOURCES = tests/unit/test_policy_race.c
test_policy_race_CFLAGS = $(policy_unit_cflags)
test_policy_race_LDADD = $(policy_unit_libs)
