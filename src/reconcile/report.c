#include "reconcile/report.h"

static const char *const status_names[] = {
    [GUEST_UNMANAGED] = "unmanaged", [GUEST_IN_SYNC] = "in sync",   [GUEST_PENDING] = "pending",
    [GUEST_DRIFT] = "drift",         [GUEST_SETTLING] = "settling", [GUEST_DEGRADED] = "degraded",
    [GUEST_HELD] = "held",           [GUEST_FAILED] = "failed",
};

static const char *const state_names[] = {
    [CHANGE_PLANNED] = "planned",   [CHANGE_DONE] = "done",       [CHANGE_FAILED] = "failed",
    [CHANGE_UNDONE] = "undone",     [CHANGE_UNKNOWN] = "unknown", [CHANGE_SKIPPED] = "skipped",
    [CHANGE_SETTLING] = "settling", [CHANGE_MOVING] = "moving",
};

static const char *const reason_names[] = {
    [CHANGE_POLICY] = "policy",
    [CHANGE_HEAL] = "heal",
    [CHANGE_RETURN] = "return",
    [CHANGE_NEED] = "need",
};

const char *guest_status_name(enum guest_status status)
{
    return status_names[status];
}

const char *change_state_name(enum change_state state)
{
    return state_names[state];
}

const char *change_reason_name(enum change_reason reason)
{
    return reason_names[reason];
}

void granted_release(struct granted *granted)
{
    cg_set_unref(granted->effective);
    for (size_t i = 0; i < granted->count; i++)
        cg_set_unref(granted->threads[i].allowed);
    free(granted->threads);
    *granted = (struct granted){0};
}

bool change_has_failed(const struct change *change)
{
    return change->state == CHANGE_FAILED || change->state == CHANGE_UNDONE ||
           change->state == CHANGE_UNKNOWN;
}

bool change_was_written(const struct change *change)
{
    return change->state == CHANGE_DONE ||
           (change->state == CHANGE_FAILED && change->error_number == 0);
}

void change_release(struct change *change)
{
    cg_value_unref(change->cell.value);
    origin_unref(change->cell.origin);
    cg_value_unref(change->old);
    free(change->note);
    free(change->error);
    *change = (struct change){0};
}

void report_forget_granted(struct report *report)
{
    for (size_t i = 0; i < report->granted_count; i++)
        granted_release(&report->granted[i]);
    free(report->granted);
    report->granted = NULL;
    report->granted_count = 0;
}

void report_release(struct report *report)
{
    free(report->name);
    free(report->error);
    for (size_t i = 0; i < report->policy_count; i++)
        free(report->policies[i]);
    free(report->policies);
    for (size_t i = 0; i < report->change_count; i++)
        change_release(&report->changes[i]);
    free(report->changes);
    refusals_release(&report->refusals);
    report_forget_granted(report);
    *report = (struct report){0};
}
