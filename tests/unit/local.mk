include tests/unit/cgtree.mk
if HAVE_CMOCKA
include tests/unit/cgroup.mk
include tests/unit/guest.mk
include tests/unit/policy.mk
include tests/unit/reconcile.mk
include tests/unit/agent.mk
include tests/unit/cli.mk
include tests/unit/model.mk
include tests/unit/memory.mk
endif
