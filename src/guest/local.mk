noinst_LTLIBRARIES += libguest.la
libguest_la_SOURCES = \
	src/guest/facts.h \
	src/guest/message.h \
	src/guest/source.h \
	src/guest/cell.h
libguest_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libguest_la_LIBADD = libhost.la $(JANSSON_LIBS)
