include tests/integration/model.mk
include tests/integration/cli.mk
