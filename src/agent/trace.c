#include "agent/parts.h"

#include "reconcile/nodes.h"

#include <string.h>

void trace_open(struct agent *agent)
{
    cleanup_error struct cg_error *error = NULL;

    if (agent->options->trace_writers && writers_open(&agent->writers, &error) < 0)
        log_line(&agent->log, LOG_WARNING, "%s; guests are looked after all the same",
                 error ? cg_error_text(error) : "out of memory");
}

/* While memory moves, the kernel keeps writers waiting with their value in force, and tells of them
 * when they go on: whose value stands there is not certain. */
void trace_read(struct agent *agent)
{
    writers_read(&agent->writers, agent->host, agent_now());
    if (mover_runs(&agent->moves.mover))
        writers_doubt(&agent->writers, agent_now());
}

void trace_tell_failure(struct agent *agent)
{
    if (!agent->writers.failed || agent->warned_of_writers)
        return;
    agent->warned_of_writers = true;
    log_line(&agent->log, LOG_WARNING,
             "who writes to some control groups cannot be traced: %s (fanotify_mark%s)",
             strerror(-agent->writers.failed),
             agent->writers.failed == -EINVAL ? "; it takes Linux 5.19" : "");
}

/* A setting of two files may have been changed in either. */
static struct writer writer_of(struct agent *agent, const struct managed *guest,
                               struct nodes *nodes, const struct cell *cell)
{
    struct writer found = {0};
    const char *file;
    int dir;

    if (nodes_open(nodes, cell->role, cell->attr, &dir, NULL) < 0)
        return found;
    for (unsigned i = 0; (file = cg_attr_file(cell->attr, i)); i++) {
        struct writer writer = writers_find(&agent->writers, dir, file, guest->looked_at);

        if (found.pid && writer.pid && found.pid != writer.pid)
            return (struct writer){0};
        if (writer.pid)
            found = writer;
    }
    return found;
}

struct writer *trace_report(struct agent *agent, const struct managed *guest,
                            const struct report *report)
{
    cleanup_nodes struct nodes nodes = {.host = agent->host, .binding = &guest->binding};
    struct writer *writers;

    if (agent->writers.queue < 0 || report->change_count == 0)
        return NULL;
    writers = calloc(report->change_count, sizeof(*writers));
    if (!writers)
        return NULL;
    trace_read(agent);
    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];

        if (change->reason == CHANGE_HEAL && change->cell.target != CELL_MASK)
            writers[i] = writer_of(agent, guest, &nodes, &change->cell);
    }
    return writers;
}
