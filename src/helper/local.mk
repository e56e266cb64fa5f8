# The only program that links libvirt and libxml2. What parses is a library, for tests and fuzzing.
noinst_LTLIBRARIES += libhelper.la
libhelper_la_SOURCES = \
	src/helper/domain_metadata.h src/helper/domain_metadata.c \
	src/helper/domain_sections.h src/helper/domain_sections.c \
	src/helper/domain_xml.h src/helper/domain_xml.c \
	src/helper/number.h src/helper/number.c \
	src/helper/output.h src/helper/output.c \
	src/helper/patience.h src/helper/patience.c \
	src/helper/xml_memory.h src/helper/xml_memory.c
libhelper_la_CFLAGS = $(AM_CFLAGS) $(LIBXML2_CFLAGS)
libhelper_la_LIBADD = libguest.la $(LIBXML2_LIBS)

libexec_PROGRAMS += vmpin-guests
vmpin_guests_SOURCES = \
	src/helper/connection.h src/helper/connection.c \
	src/helper/domain_calls.h src/helper/domain_calls.c \
	src/helper/events.h src/helper/events.c \
	src/helper/guests.h src/helper/guests.c \
	src/helper/loop.h src/helper/loop.c \
	src/helper/scout.h src/helper/scout.c \
	src/helper/session.h src/helper/session.c \
	src/helper/status.h src/helper/status.c \
	src/helper/main.c
vmpin_guests_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS) $(LIBXML2_CFLAGS)
vmpin_guests_LDADD = libhelper.la $(LIBVIRT_LIBS)
