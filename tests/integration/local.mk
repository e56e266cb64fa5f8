# nothing yet
include tests/integration/model.mk
