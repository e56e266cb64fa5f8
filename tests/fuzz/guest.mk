if ENABLE_FUZZERS
check_PROGRAMS += fuzz_domain_xml fuzz_facts
fuzz_domain_xml_SOURCES = tests/fuzz/fuzz_domain_xml.c
fuzz_domain_xml_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_domain_xml_LDADD = libhelper.la
fuzz_facts_SOURCES = tests/fuzz/fuzz_facts.c
fuzz_facts_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_facts_LDADD = libguest.la
endif
EXTRA_DIST += \
	tests/fuzz/corpus/domain_xml/entity.xml \
	tests/fuzz/corpus/domain_xml/ignore.xml \
	tests/fuzz/corpus/domain_xml/least.xml \
	tests/fuzz/corpus/domain_xml/live.xml \
	tests/fuzz/corpus/domain_xml/nested.xml \
	tests/fuzz/corpus/domain_xml/status.xml \
	tests/fuzz/corpus/facts/connected.json \
	tests/fuzz/corpus/facts/database.json \
	tests/fuzz/corpus/facts/defined.json \
	tests/fuzz/corpus/facts/disconnected.json \
	tests/fuzz/corpus/facts/flags.json \
	tests/fuzz/corpus/facts/gone.json \
	tests/fuzz/corpus/facts/synced.json \
	tests/fuzz/corpus/facts/web.json
