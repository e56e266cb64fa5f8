include tests/fuzz/guest.mk
