noinst_LTLIBRARIES += libreconcile.la
libreconcile_la_SOURCES = \
	src/reconcile/binding.h src/reconcile/binding.c \
	src/reconcile/nodes.h src/reconcile/nodes.c \
	src/reconcile/state.h src/reconcile/state.c src/reconcile/state_json.c \
	src/reconcile/state_dir.h src/reconcile/state_dir.c \
	src/reconcile/state_holds.c src/reconcile/state_gone.c \
	src/reconcile/unit.h src/reconcile/unit.c \
	src/reconcile/unit_bus.h src/reconcile/unit_bus.c \
	src/reconcile/early.h src/reconcile/early.c \
	src/reconcile/controllers.h src/reconcile/controllers.c \
	src/reconcile/observe.h src/reconcile/observe.c \
	src/reconcile/targets.h src/reconcile/targets.c \
	src/reconcile/plan.h src/reconcile/plan.c \
	src/reconcile/plan_subset.c src/reconcile/plan_limits.c \
	src/reconcile/ancestors.h src/reconcile/ancestors.c \
	src/reconcile/check.h src/reconcile/check.c \
	src/reconcile/check_ancestors.c src/reconcile/check_memory.c \
	src/reconcile/check_mems.c \
	src/reconcile/apply.h src/reconcile/apply.c \
	src/reconcile/move.h src/reconcile/move.c \
	src/reconcile/resident.h src/reconcile/resident.c \
	src/reconcile/grant.h src/reconcile/grant.c \
	src/reconcile/report.h src/reconcile/report.c \
	src/reconcile/pass.h src/reconcile/pass_plan.c src/reconcile/pass_write.c \
	src/reconcile/pass_unit.c src/reconcile/pass_enable.c src/reconcile/pass_move.c \
	src/reconcile/pass_report.c src/reconcile/pass_anew.c src/reconcile/pass_verify.c \
	src/reconcile/pass_masks.c \
	src/reconcile/reconcile.h src/reconcile/reconcile.c src/reconcile/overlooked.c
libreconcile_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(LIBSYSTEMD_CFLAGS)
libreconcile_la_LIBADD = libpolicy.la $(JANSSON_LIBS) $(LIBSYSTEMD_LIBS)
