include tests/integration/guest.mk
include tests/integration/model.mk
