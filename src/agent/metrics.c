#include "agent/metrics.h"

#include "base/escape.h"

#include <inttypes.h>
#include <string.h>

static const uint64_t bounds[METRICS_BOUNDS] = {100,    250,    500,     1000,    2500,
                                                5000,   10000,  25000,   50000,   100000,
                                                250000, 500000, 1000000, 2500000, 10000000};

static const char *const classes[METRICS_CLASSES] = {
    [METRICS_CPU] = "cpu",
    [METRICS_CPUSET] = "cpuset",
    [METRICS_MEMORY] = "memory",
    [METRICS_AFFINITY] = "affinity",
};

void metrics_observe(struct histogram *histogram, uint64_t us)
{
    size_t i = 0;

    while (i < METRICS_BOUNDS && us > bounds[i])
        i++;
    histogram->counts[i]++;
    histogram->sum += us;
}

static enum metrics_class class_of(const struct cell *cell)
{
    for (enum metrics_class i = 0; i < METRICS_AFFINITY; i++)
        if (cell->target != CELL_MASK && strcmp(cell->attr->controller, classes[i]) == 0)
            return i;
    return METRICS_AFFINITY;
}

void metrics_failure(struct metrics *metrics, int error)
{
    if (error >= 0 && error <= METRICS_ERRNO_MOST)
        metrics->failures[error]++;
}

bool metrics_pass(struct metrics *metrics, const struct report *report,
                  uint64_t drift[METRICS_CLASSES])
{
    bool wrote = false;

    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];
        enum metrics_class class = class_of(&change->cell);
        bool done = change->state == CHANGE_DONE;
        bool failed = change->state == CHANGE_FAILED || change->state == CHANGE_UNKNOWN;

        wrote |= done;
        metrics->writes[class] += done;
        if (failed)
            metrics_failure(metrics, change->error_number);
        if (change->reason != CHANGE_HEAL)
            continue;
        drift[class] += done || failed; /* what was only looked at is looked at again */
        metrics->heals += done;
    }
    return wrote;
}

static void print_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP vmpin_%s %s\n# TYPE vmpin_%s %s\n", name, help, name, type);
}

static double seconds(uint64_t us)
{
    return (double)us / 1e6;
}

static void print_histogram(FILE *out, const struct histogram *histogram, const char *name,
                            const char *help)
{
    uint64_t count = 0;

    print_head(out, name, "histogram", help);
    for (size_t i = 0; i < METRICS_BOUNDS; i++) {
        count += histogram->counts[i];
        fprintf(out, "vmpin_%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, seconds(bounds[i]), count);
    }
    count += histogram->counts[METRICS_BOUNDS];
    fprintf(out,
            "vmpin_%s_bucket{le=\"+Inf\"} %" PRIu64 "\nvmpin_%s_sum %.6f\nvmpin_%s_count %" PRIu64
            "\n",
            name, count, name, seconds(histogram->sum), name, count);
}

static void print_states(FILE *out, const struct metrics_now *now)
{
    print_head(out, "guests", "gauge", "Running guests by state.");
    for (enum guest_status i = 0; i < ARRAY_SIZE(now->statuses); i++)
        fprintf(out, "vmpin_guests{state=\"%s\"} %zu\n", guest_status_name(i), now->statuses[i]);
    print_head(out, "policy_files", "gauge",
               "Policy files by what became of them when they were read last.");
    fprintf(out, "vmpin_policy_files{state=\"loaded\"} %zu\n", now->files_loaded);
    fprintf(out, "vmpin_policy_files{state=\"refused\"} %zu\n", now->files_refused);
    print_head(out, "libvirt_connected", "gauge", "Whether guests are heard of from libvirt.");
    fprintf(out, "vmpin_libvirt_connected %d\n", now->connected);
}

static void print_counters(FILE *out, const struct metrics *metrics)
{
    print_head(out, "libvirt_reconnects_total", "counter",
               "Connections to libvirt after the first one.");
    fprintf(out, "vmpin_libvirt_reconnects_total %" PRIu64 "\n",
            metrics->connects ? metrics->connects - 1 : 0);
    print_head(out, "writes_total", "counter", "Values written, by controller.");
    for (size_t i = 0; i < METRICS_CLASSES; i++)
        fprintf(out, "vmpin_writes_total{controller=\"%s\"} %" PRIu64 "\n", classes[i],
                metrics->writes[i]);
    print_head(out, "heals_total", "counter", "Values put back that something else had changed.");
    fprintf(out, "vmpin_heals_total %" PRIu64 "\n", metrics->heals);
    print_head(out, "fights_total", "counter",
               "Values that something else kept changing, so that they are healed more slowly.");
    fprintf(out, "vmpin_fights_total %" PRIu64 "\n", metrics->fights);
    print_head(out, "failures_total", "counter",
               "Writes and looks at guests that failed, by errno; EOK: the kernel took a value "
               "and does not grant it.");
    for (int i = 0; i <= METRICS_ERRNO_MOST; i++)
        if (metrics->failures[i])
            fprintf(out, "vmpin_failures_total{errno=\"%s\"} %" PRIu64 "\n",
                    i == 0 ? "EOK" : strerrorname_np(i), metrics->failures[i]);
}

/* {guest="web1",uuid="..." and room for more labels. */
static void print_labels(FILE *out, const struct metrics_guest *guest)
{
    cleanup_free char *shown = text_escape(guest->name);

    fputs("{guest=\"", out);
    for (const char *s = shown ? shown : ""; *s; s++) {
        if (*s == '\\' || *s == '"')
            fputc('\\', out);
        fputc(*s, out);
    }
    fprintf(out, "\",uuid=\"%s\"", guest->uuid);
}

/* Zeros, too: what a counter begins with is no increase to Prometheus. */
static void print_drift(FILE *out, const struct metrics_now *now)
{
    print_head(out, "drift_total", "counter",
               "Values that something else had changed, by guest and class of attribute.");
    for (size_t i = 0; i < now->count; i++) {
        for (size_t class = 0; class < METRICS_CLASSES; class ++) {
            fputs("vmpin_drift_total", out);
            print_labels(out, &now->guests[i]);
            fprintf(out, ",class=\"%s\"} %" PRIu64 "\n", classes[class],
                    now->guests[i].drift[class]);
        }
    }
}

static void print_throttling(FILE *out, const struct metrics_now *now)
{
    static const struct {
        const char *name, *help;
    } rows[] = {
        {"guest_cpu_periods_total", "Periods of CPU quota in which the guest ran."},
        {"guest_cpu_throttled_periods_total", "Those in which it was stopped by its quota."},
        {"guest_cpu_throttled_seconds_total", "How long its threads were stopped for."},
    };

    for (size_t row = 0; row < ARRAY_SIZE(rows); row++) {
        print_head(out, rows[row].name, "counter", rows[row].help);
        for (size_t i = 0; i < now->count; i++) {
            const struct usage *usage = &now->guests[i].usage;

            if (!usage->throttle_known)
                continue;
            fprintf(out, "vmpin_%s", rows[row].name);
            print_labels(out, &now->guests[i]);
            if (row == 2)
                fprintf(out, "} %.6f\n", seconds(usage->throttled_us));
            else
                fprintf(out, "} %" PRIu64 "\n", row == 0 ? usage->periods : usage->throttled);
        }
    }
}

static void print_pressure(FILE *out, const struct metrics_now *now)
{
    static const char *const resources[] = {"cpu", "memory", "io"}, *const kinds[] = {"some",
                                                                                      "full"};

    print_head(out, "guest_pressure_seconds_total", "counter",
               "How long some or all of the guest's threads waited for the resource.");
    for (size_t i = 0; i < now->count; i++) {
        for (size_t n = 0; now->guests[i].usage.pressure_known && n < 6; n++) {
            fputs("vmpin_guest_pressure_seconds_total", out);
            print_labels(out, &now->guests[i]);
            fprintf(out, ",resource=\"%s\",kind=\"%s\"} %.6f\n", resources[n / 2], kinds[n % 2],
                    seconds(now->guests[i].usage.pressure[n / 2][n % 2]));
        }
    }
}

int metrics_format(const struct metrics *metrics, const struct metrics_now *now, char **ret)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    bool failed;

    if (!out)
        return -ENOMEM;
    print_states(out, now);
    print_counters(out, metrics);
    print_histogram(out, &metrics->passes, "reconcile_duration_seconds",
                    "How long a look at a guest took, with the writes that followed.");
    print_histogram(out, &metrics->applied, "event_to_applied_seconds",
                    "From an event that made a value due to the end of its writing.");
    print_drift(out, now);
    print_throttling(out, now);
    print_pressure(out, now);
    failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return -ENOMEM;
    }
    *ret = text;
    return 0;
}
