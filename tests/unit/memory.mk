# Tests where allocations fail (memory.h).
MEMORY_WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray \
	-Wl,--wrap=strdup,--wrap=strndup,--wrap=vasprintf,--wrap=asprintf
check_PROGRAMS += test_memory
test_memory_SOURCES = tests/unit/test_memory.c tests/unit/memory.h tests/unit/memory.c
test_memory_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_memory_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_memory_LDADD = libtestlife.la $(CMOCKA_LIBS)
test_memory_LDFLAGS = $(AM_LDFLAGS) $(MEMORY_WRAP)
TESTS += test_memory

check_PROGRAMS += test_json_memory
test_json_memory_SOURCES = tests/unit/test_json_memory.c tests/unit/memory.h tests/unit/memory.c
test_json_memory_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_json_memory_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
test_json_memory_LDADD = libguest.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
test_json_memory_LDFLAGS = $(AM_LDFLAGS) $(MEMORY_WRAP)
TESTS += test_json_memory

check_PROGRAMS += test_helper_memory
test_helper_memory_SOURCES = tests/unit/test_helper_memory.c tests/unit/memory.h tests/unit/memory.c \
	src/helper/connection.c src/helper/domain_calls.c src/helper/guests.c src/helper/loop.c
test_helper_memory_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_helper_memory_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LIBVIRT_CFLAGS) $(LIBXML2_CFLAGS)
test_helper_memory_LDADD = libhelper.la $(LIBVIRT_LIBS) $(CMOCKA_LIBS)
test_helper_memory_LDFLAGS = $(AM_LDFLAGS) $(MEMORY_WRAP) \
	-Wl,--wrap=virDomainGetXMLDesc,--wrap=virDomainGetMetadata
TESTS += test_helper_memory

check_PROGRAMS += test_tree_memory
test_tree_memory_SOURCES = tests/unit/test_tree_memory.c tests/unit/memory.h tests/unit/memory.c
test_tree_memory_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_tree_memory_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_tree_memory_LDADD = libtesttree.la $(CMOCKA_LIBS)
test_tree_memory_LDFLAGS = $(AM_LDFLAGS) $(MEMORY_WRAP)
TESTS += test_tree_memory
