#include "agent/metrics_file.h"

#include "agent/parts.h"
#include "agent/usage.h"
#include "base/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SOON_US     (1 * CORE_SECOND) /* after a change, so that a burst is one */
#define BETWEEN_US  (15 * CORE_SECOND)
#define LATEST_US   (60 * CORE_SECOND) /* while guests run */
#define ACCURACY_US (1 * CORE_SECOND)  /* may be put together with another wake-up */

static void set_due(struct metrics_file *file, uint64_t due)
{
    file->due = due;
    if (sd_event_source_set_time(file->timer, due) < 0 ||
        sd_event_source_set_enabled(file->timer,
                                    due == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT) < 0)
        file->due = UINT64_MAX;
}

void metrics_file_touch(struct agent *agent)
{
    struct metrics_file *file = &agent->metrics;
    uint64_t due = agent_now() + SOON_US;

    if (!file->path)
        return;
    if (file->written && due < file->written + BETWEEN_US)
        due = file->written + BETWEEN_US;
    if (due < file->due)
        set_due(file, due);
}

void metrics_file_passed(struct agent *agent, struct managed *guest, const struct report *report,
                         int r, uint64_t began)
{
    struct metrics *metrics = &agent->metrics.metrics;
    uint64_t now = agent_now();

    metrics_observe(&metrics->passes, now - began);
    if (r < 0 && r != -EBUSY && r != -ENOENT && r != -ESTALE)
        metrics_failure(metrics, -r);
    if (r == 0 && metrics_pass(metrics, report, guest->drift) && guest->event_at)
        metrics_observe(&metrics->applied, now - guest->event_at);
    if (r == 0)
        guest->event_at = 0;
    metrics_file_touch(agent);
}

/* ---- writing -------------------------------------------------------------------------------- */

static bool named_before(const struct policy_set *set, size_t index)
{
    return index > 0 && strcmp(policy_set_file(set, index), policy_set_file(set, index - 1)) == 0;
}

static void count_policy_files(const struct policies *policies, struct metrics_now *now)
{
    for (size_t i = 0; policies->set && i < policy_set_count(policies->set); i++)
        now->files_loaded += !named_before(policies->set, i) &&
                             !policies_is_wrong(policies, policy_set_file(policies->set, i));
    now->files_refused = policies_wrong_count(policies);
}

static int format(const struct agent *agent, char **ret)
{
    cleanup_free struct metrics_guest *guests = calloc(agent->store.count + 1, sizeof(*guests));
    struct metrics_now now = {.guests = guests};
    struct managed *guest;

    if (!guests)
        return -ENOMEM;
    now.connected =
        agent->metrics.metrics.connects && !agent->disconnected && !agent->helper_trouble;
    memcpy(now.statuses, agent->statuses, sizeof(now.statuses));
    count_policy_files(&agent->policies, &now);
    TAILQ_FOREACH(guest, &agent->store.all, all) {
        struct metrics_guest *one = &guests[now.count];

        if (!guest->reported)
            continue;
        *one = (struct metrics_guest){
            .name = managed_name(guest), .uuid = guest->uuid, .usage = guest->usage};
        memcpy(one->drift, guest->drift, sizeof(one->drift));
        now.count++;
    }
    return metrics_format(&agent->metrics.metrics, &now, ret);
}

/* A device or a link of that name is no metrics file of before, and whoever put it there wants it.
 */
static int check_replaceable(int dir, const char *name, struct cg_error **err)
{
    struct stat st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : error_set(err, errno, "%s", strerror(errno));
    return S_ISREG(st.st_mode) ? 0 : error_set(err, EEXIST, "it is there and is no regular file");
}

static int replace(const char *path, const char *text, struct cg_error **err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    cleanup_free char *folder = strndup(path, (size_t)(name - path));
    cleanup_close int dir = -1;
    int r;

    if (!folder)
        return error_out_of_memory(err);
    dir = open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return error_set(err, errno, "%s", strerror(errno));
    r = check_replaceable(dir, name, err);
    if (r < 0)
        return r;
    r = file_publish(dir, name, text, strlen(text), 0644);
    return r < 0 ? error_set(err, -r, "%s", strerror(-r)) : 0;
}

static void write_file(struct agent *agent)
{
    struct metrics_file *file = &agent->metrics;
    cleanup_error struct cg_error *error = NULL;
    cleanup_free char *text = NULL;
    int r = format(agent, &text);

    if (r == 0)
        r = replace(file->path, text, &error);
    if (r < 0 && !file->failed)
        log_line(&agent->log, LOG_WARNING, "the metrics cannot be written to %s: %s", file->path,
                 error ? cg_error_text(error) : strerror(-r));
    file->failed = r < 0;
    file->written = agent_now();
}

static struct managed *next_to_read(struct agent *agent)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &agent->store.all, all)
        if (guest->reported && guest->usage_round != agent->metrics.round)
            return guest;
    return NULL;
}

static bool guests_run(const struct agent *agent)
{
    const struct managed *guest;

    TAILQ_FOREACH(guest, &agent->store.all, all)
        if (guest->reported)
            return true;
    return false;
}

static int on_turn(sd_event_source *source, void *data)
{
    struct agent *agent = data;
    struct managed *guest = next_to_read(agent);

    if (guest) {
        guest->usage_round = agent->metrics.round;
        usage_read(agent->host, guest->facts, &guest->binding, &guest->usage);
        return 0;
    }
    write_file(agent);
    set_due(&agent->metrics, guests_run(agent) ? agent->metrics.written + LATEST_US : UINT64_MAX);
    return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
    struct agent *agent = data;

    agent->metrics.round++;
    return sd_event_source_set_enabled(agent->metrics.turn, SD_EVENT_ON);
}

int metrics_file_open(struct agent *agent, const char *path)
{
    struct metrics_file *file = &agent->metrics;
    int r;

    *file = (struct metrics_file){.path = path, .due = UINT64_MAX};
    if (!path)
        return 0;
    r = sd_event_add_time(agent->event, &file->timer, CLOCK_BOOTTIME, 0, ACCURACY_US, on_timer,
                          agent);
    if (r >= 0)
        r = sd_event_source_set_enabled(file->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(agent->event, &file->turn, on_turn, agent);
    if (r >= 0)
        r = sd_event_source_set_enabled(file->turn, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_source_set_priority(file->turn, SD_EVENT_PRIORITY_IDLE);
    return r;
}

void metrics_file_close(struct agent *agent)
{
    agent->metrics.timer = sd_event_source_disable_unref(agent->metrics.timer);
    agent->metrics.turn = sd_event_source_disable_unref(agent->metrics.turn);
}
