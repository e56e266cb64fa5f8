# The planner and whole passes on the model of the kernel.
check_LTLIBRARIES += libtestscene.la
libtestscene_la_SOURCES = tests/unit/scene.h tests/unit/scene.c tests/unit/test.h
libtestscene_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
libtestscene_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libtestscene_la_LIBADD = libtestmodel.la libreconcile.la

check_PROGRAMS += test_plan_model
test_plan_model_SOURCES = tests/unit/test_plan_model.c
test_plan_model_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_plan_model_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_plan_model_LDADD = libtestscene.la $(CMOCKA_LIBS)
TESTS += test_plan_model

check_LTLIBRARIES += libtestlife.la
libtestlife_la_SOURCES = tests/unit/life.h tests/unit/life.c
libtestlife_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
libtestlife_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libtestlife_la_LIBADD = libtestscene.la libtestfolder.la

check_PROGRAMS += test_faults
test_faults_SOURCES = tests/unit/test_faults.c
test_faults_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_faults_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_faults_LDADD = libtestlife.la $(CMOCKA_LIBS)
TESTS += test_faults

check_PROGRAMS += test_crashes
test_crashes_SOURCES = tests/unit/test_crashes.c
test_crashes_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_crashes_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_crashes_LDADD = libtestlife.la $(CMOCKA_LIBS)
TESTS += test_crashes

check_PROGRAMS += test_mems
test_mems_SOURCES = tests/unit/test_mems.c
test_mems_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_mems_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_mems_LDADD = libtestlife.la $(CMOCKA_LIBS)
TESTS += test_mems

check_PROGRAMS += test_pass
test_pass_SOURCES = tests/unit/test_pass.c
test_pass_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_pass_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_pass_LDADD = libtestscene.la libtestfolder.la $(CMOCKA_LIBS)
TESTS += test_pass

check_PROGRAMS += test_pass_model
test_pass_model_SOURCES = tests/unit/test_pass_model.c
test_pass_model_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_pass_model_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_pass_model_LDADD = libtestlife.la $(CMOCKA_LIBS)
TESTS += test_pass_model

check_PROGRAMS += test_unit
test_unit_SOURCES = tests/unit/test_unit.c
test_unit_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_unit_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_unit_LDADD = libtestlife.la $(CMOCKA_LIBS)
TESTS += test_unit

check_PROGRAMS += test_controllers
test_controllers_SOURCES = tests/unit/test_controllers.c
test_controllers_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_controllers_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_controllers_LDADD = libtestlife.la $(CMOCKA_LIBS)
TESTS += test_controllers
