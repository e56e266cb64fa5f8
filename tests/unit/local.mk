if HAVE_CMOCKA
include tests/unit/guest.mk
endif
