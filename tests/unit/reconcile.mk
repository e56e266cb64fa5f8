reconcile_unit_tests = test_binding test_state test_state_dir test_early
check_PROGRAMS += $(reconcile_unit_tests)
TESTS += $(reconcile_unit_tests)
reconcile_unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

test_binding_SOURCES = tests/unit/test_binding.c
test_binding_CFLAGS = $(reconcile_unit_cflags)
test_binding_LDADD = libtestfolder.la libreconcile.la $(CMOCKA_LIBS)
test_state_SOURCES = tests/unit/test_state.c
test_state_CFLAGS = $(reconcile_unit_cflags)
test_state_LDADD = libreconcile.la $(CMOCKA_LIBS)
test_state_dir_SOURCES = tests/unit/test_state_dir.c
test_state_dir_CFLAGS = $(reconcile_unit_cflags)
test_state_dir_LDADD = libtestfolder.la libreconcile.la $(CMOCKA_LIBS)
test_early_SOURCES = tests/unit/test_early.c
test_early_CFLAGS = $(reconcile_unit_cflags)
test_early_LDADD = libreconcile.la $(CMOCKA_LIBS)
EXTRA_DIST += tests/fixtures/state
