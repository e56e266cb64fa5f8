/* The small grammars inside a policy's strings: sizes, CPU bandwidth, lists, comparisons. Pure text
 * to plain data; an error is one sentence that says what was expected. vmpin-policy(5) has the
 * grammars for people. */
#ifndef POLICY_POLICY_TEXT_H
#define POLICY_POLICY_TEXT_H

#include "policy/policy_internal.h"

/* A size ("1048576", "8GiB": bytes, or a whole number of KiB, MiB, GiB, TiB), "max", "guest",
 * "guest+1GiB", "guest*1.25" (up to six digits before and behind the point). */
int policy_size_parse(const char *text, struct policy_size *ret, struct cg_error **err);

/* cpu.max as the kernel has it: "max", "50000", "50000 100000", "max 100000". Not range checked. */
int quota_parse(const char *text, struct cg_quota *ret, struct cg_error **err);

/* What the kernel takes as a quota, whichever way it was written. */
int quota_check(const struct cg_quota *quota, struct cg_error **err);

/* "0-7,^3", "0-6:2/4", "all", "all,^0". An item with ^ takes away what stands before it. The caller
 * owns ret->set. */
int policy_list_parse(const char *text, struct policy_list *ret, struct cg_error **err);

/* "4", ">=8", "<4", "4..8"; with `sizes` the numbers are sizes. */
int range_parse(const char *text, bool sizes, struct match_range *ret, struct cg_error **err);

#endif
