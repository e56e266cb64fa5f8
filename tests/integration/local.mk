include tests/integration/cgroup.mk
# nothing yet
include tests/integration/model.mk
include tests/integration/cli.mk
