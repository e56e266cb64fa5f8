#include "agent/parts.h"

#include <inttypes.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

/* Without a service manager these say nothing to nobody, which is no failure. */

void notify_reloading(struct agent *agent)
{
    struct timespec now;

    if (!agent->ready)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
               (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_ready(struct agent *agent)
{
    sd_notify(0, "READY=1");
    agent->ready = true;
}

void notify_stopping(struct agent *agent)
{
    sd_notify(0, "STOPPING=1");
}

/* "guests: 12 (10 in sync, 2 held), policies: 3" */
static void print_statuses(const struct agent *agent, FILE *out)
{
    size_t wrong = policies_wrong_count(&agent->policies);
    const char *before = " (";
    bool any = false;

    fprintf(out, "guests: %zu", agent->store.count);
    for (unsigned i = 0; i < ARRAY_SIZE(agent->statuses); i++) {
        if (!agent->statuses[i])
            continue;
        fprintf(out, "%s%zu %s", before, agent->statuses[i],
                guest_status_name((enum guest_status)i));
        before = ", ";
        any = true;
    }
    fprintf(out, "%s, policies: %zu", any ? ")" : "", policy_set_count(agent->policies.set));
    if (wrong > 0)
        fprintf(out, ", wrong policy files: %zu", wrong);
    if (agent->disconnected)
        fputs(", no connection to libvirt", out);
}

void notify_status(struct agent *agent)
{
    char *text = NULL;
    size_t length;
    FILE *out;

    if (!agent->ready || !getenv("NOTIFY_SOCKET"))
        return;
    out = open_memstream(&text, &length);
    if (!out)
        return;
    print_statuses(agent, out);
    if (fclose(out) != 0 || (agent->status_text && strcmp(agent->status_text, text) == 0)) {
        free(text);
        return;
    }
    free(agent->status_text);
    agent->status_text = text;
    sd_notifyf(0, "STATUS=%s", text);
}
