noinst_LTLIBRARIES += libbase.la
libbase_la_SOURCES = \
	src/base/cleanup.h \
	src/base/error.h src/base/error.c \
	src/base/array.h src/base/array.c \
	src/base/buffer.h src/base/buffer.c \
	src/base/file.h src/base/file.c \
	src/base/child.h src/base/child.c \
	src/base/escape.h src/base/escape.c \
	src/base/jitter.h src/base/jitter.c \
	src/base/proc_stat.h src/base/proc_stat.c \
	src/base/trust.h src/base/trust.c
