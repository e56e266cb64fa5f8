/* What the bench's programs share with `vmpin plan`: the host, the guests of a recorded host, the
 * policies of a folder, a state folder. Ends the program when something is not there. */
#ifndef BENCH_SETUP_H
#define BENCH_SETUP_H

#include "guest/source.h"
#include "policy/policy_dir.h"
#include "reconcile/reconcile.h"

void die(const char *what, const struct cg_error *error) __attribute__((noreturn));

struct host *setup_host(const struct kernel *kernel);
struct facts_list setup_guests(const char *record);
struct policy_set *setup_policies(const char *folder);
struct state_dir setup_state(const char *folder);

#endif
