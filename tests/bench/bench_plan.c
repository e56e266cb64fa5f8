/* What `vmpin plan` does with the guests of a recorded host, and in turn with it the bare loop over
 * the files that it reads. Prints CPU times in nanoseconds, a name and a number a
 * line.
 *
 *     bench_plan RECORD POLICIES STATE LIST ROUNDS
 *
 * LIST is written: the files that were read, as bare_load() takes them. */
#include "bare.h"
#include "recorder.h"
#include "setup.h"
#include "timing.h"

#include <err.h>
#include <stdlib.h>

struct plan_run {
    struct host *host;
    struct facts_list guests;
    struct policy_set *policies;
    struct state_dir state;
    struct samples t_host, t_guests, t_policies, t_resolve, t_passes, t_bare;
    size_t changes, refusals;
};

static void pass_one(struct plan_run *run, struct reconcile_context *context,
                     const struct facts *facts, const struct desired *desired)
{
    cleanup_binding struct binding binding = {0};
    cleanup_report struct report report = {0};
    struct reconcile_request request = {.facts = facts, .desired = desired, .binding = &binding};
    struct cg_error *error = NULL;

    if (reconcile_guest(context, &request, &report, &error) < 0)
        die(facts->name, error);
    run->changes += report.change_count;
    run->refusals += report.refusals.count;
}

static void run_once(struct plan_run *run)
{
    struct reconcile_context context = {
        .host = run->host, .state = &run->state, .mode = RECONCILE_PLAN};
    uint64_t resolving = 0, passing = 0, at = timing_cpu();

    run->changes = run->refusals = 0;
    for (size_t i = 0; i < run->guests.count; i++) {
        cleanup_with(desired_release) struct desired desired = {0};
        uint64_t resolved, passed;

        if (policy_resolve(run->policies, run->guests.facts[i], run->host, &desired) < 0)
            die("resolve", NULL);
        resolved = timing_cpu();
        pass_one(run, &context, run->guests.facts[i], &desired);
        passed = timing_cpu();
        resolving += resolved - at;
        passing += passed - resolved;
        at = passed;
    }
    reconcile_context_release(&context);
    samples_add(&run->t_resolve, resolving);
    samples_add(&run->t_passes, passing);
}

static uint64_t lap(struct samples *samples, uint64_t since)
{
    uint64_t now = timing_cpu();

    samples_add(samples, now - since);
    return now;
}

static void run_open(struct plan_run *run, const struct kernel *kernel, char **argv)
{
    uint64_t at = timing_cpu();

    run->policies = setup_policies(argv[2]);
    at = lap(&run->t_policies, at);
    run->host = setup_host(kernel);
    at = lap(&run->t_host, at);
    run->guests = setup_guests(argv[1]);
    lap(&run->t_guests, at);
}

static void run_close(struct plan_run *run)
{
    facts_list_release(&run->guests);
    policy_set_free(run->policies);
    host_free(run->host);
}

static void record(struct plan_run *run, char **argv)
{
    static struct recorder recorder;

    recorder_init(&recorder);
    run_open(run, &recorder.port, argv);
    recorder_clear(&recorder); /* the host's own files are not the guests' */
    run_once(run);
    tell("reads", (double)recorder_reads(&recorder));
    recorder_list_reads(&recorder, run->host->mounts, argv[4]);
    recorder_clear(&recorder);
    run_close(run);
}

static void report(const struct plan_run *run, const struct bare *bare)
{
    tell("files", (double)bare_files(bare));
    tell("nodes", (double)bare->count);
    tell("changes", (double)run->changes);
    tell("refusals", (double)run->refusals);
    tell_median("policies", &run->t_policies);
    tell_median("host", &run->t_host);
    tell_median("guests", &run->t_guests);
    tell_median("resolve", &run->t_resolve);
    tell_median("passes", &run->t_passes);
    tell_median("bare", &run->t_bare);
    tell("ratio", samples_ratio(&run->t_passes, &run->t_bare));
}

int main(int argc, char **argv)
{
    static struct plan_run first, run;
    struct bare bare;

    if (argc != 6)
        errx(EXIT_FAILURE, "usage: bench_plan RECORD POLICIES STATE LIST ROUNDS");
    first.state = run.state = setup_state(argv[3]);
    record(&first, argv);
    bare = bare_load(argv[4]);
    bare_run(&bare);
    for (long rounds = strtol(argv[5], NULL, 10); rounds > 0; rounds--) {
        uint64_t at;

        run_open(&run, &kernel_real, argv);
        run_once(&run);
        at = timing_cpu();
        bare_run(&bare);
        lap(&run.t_bare, at);
        run_close(&run);
    }
    report(&run, &bare);
    bare_release(&bare);
    state_dir_close(&run.state);
    return 0;
}
