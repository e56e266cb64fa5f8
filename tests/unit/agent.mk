check_PROGRAMS += test_agent_core
test_agent_core_SOURCES = tests/unit/test_agent_core.c
test_agent_core_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_agent_core_LDADD = libagent.la $(CMOCKA_LIBS)
TESTS += test_agent_core
