noinst_LTLIBRARIES += libguest.la
libguest_la_SOURCES = \
	src/guest/facts.h src/guest/facts.c \
	src/guest/json_memory.h src/guest/json_memory.c \
	src/guest/message.h src/guest/message.c \
	src/guest/message_json.h src/guest/message_json.c src/guest/message_facts.c \
	src/guest/pid_file.h src/guest/pid_file.c \
	src/guest/source.h src/guest/source.c src/guest/source_collect.c \
	src/guest/source_child.h src/guest/source_child.c \
	src/guest/cell.h src/guest/cell.c
libguest_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libguest_la_LIBADD = libhost.la $(JANSSON_LIBS)
