bin_PROGRAMS += cgtree
cgtree_SOURCES = \
	src/cgtree/command.h src/cgtree/main.c src/cgtree/common.c \
	src/cgtree/tree.c src/cgtree/get.c src/cgtree/value_json.c src/cgtree/set.c \
	src/cgtree/change.c src/cgtree/names.c
cgtree_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SMARTCOLS_CFLAGS)
cgtree_LDADD = libcgtree.la libbase.la $(JANSSON_LIBS) $(SMARTCOLS_LIBS)
