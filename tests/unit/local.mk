if HAVE_CMOCKA
include tests/unit/cgroup.mk
endif
