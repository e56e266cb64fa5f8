check_PROGRAMS += policy_corpus
policy_corpus_SOURCES = tests/unit/policy_corpus.c
policy_corpus_LDADD = libpolicy.la
TESTS += tests/unit/policy_corpus.py
EXTRA_DIST += tests/unit/policy_corpus.py tests/fixtures/policies
