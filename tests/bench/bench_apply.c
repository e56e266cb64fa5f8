/* From facts received to the last value in force, for one guest: each stage of a pass by itself, in
 * turn with the whole of it as the agent runs it (resolve and reconcile_guest()) and with the bare
 * writes. Prints median times in nanoseconds, a name and a number a line.
 *
 *     bench_apply RECORD POLICIES STATE FOLDER ROUNDS
 *
 * The guest is the first one of RECORD. Lists of what was written are left in FOLDER. Before each
 * round the guest is back at its baseline, and vmpin remembers nothing of it. */
#include "bare.h"
#include "recorder.h"
#include "setup.h"
#include "timing.h"

#include "reconcile/observe.h"
#include "reconcile/pass.h"
#include "reconcile/targets.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

enum stage {
    STAGE_FACTS,
    STAGE_RESOLVE,
    STAGE_BIND,
    STAGE_LOAD,
    STAGE_OBSERVE,
    STAGE_PLAN,
    STAGE_CHECK,
    STAGE_BASELINE,
    STAGE_WRITE,
    STAGE_SETTLE,
    STAGE_VERIFY,
    STAGE_COUNT,
};
static const char *const stage_names[] = {"facts", "resolve",  "bind",  "load",   "observe", "plan",
                                          "check", "baseline", "write", "settle", "verify"};

struct apply_run {
    struct host *host;
    struct policy_set *policies;
    struct state_dir state;
    char *line; /* the guest's facts, as received */
    struct samples stages[STAGE_COUNT], whole, bare;
    size_t writes;
};

static void must(int r, const char *what, const struct cg_error *error)
{
    if (r < 0)
        die(what, error);
}

/* The stages of reconcile_guest(), in its order, between marks of time: observe to check. */
static uint64_t plan_stages(struct apply_run *run, struct pass *pass, uint64_t at)
{
    const struct reconcile_request *request = pass->request;
    cleanup_cells struct cells wanted = {0}, needs = {0};
    struct cg_error *error = NULL;
    struct check_input input = {.nodes = &pass->nodes,
                                .facts = request->facts,
                                .state = &pass->state,
                                .targets = &pass->plan.targets,
                                .observed = &pass->observed,
                                .ancestors = &pass->context->ancestors,
                                .scratch = &pass->context->scratch};
    struct refusals *refusals = &pass->report.refusals;

    must(roles_of(request->facts, &pass->roles), "roles", NULL);
    must(targets_wanted(request->desired, &pass->state, &pass->unit, &wanted), "wanted", NULL);
    must(observe_cells(&pass->nodes, &wanted, input.scratch, &pass->observed, refusals, &error),
         "observe", error);
    at = samples_lap(&run->stages[STAGE_OBSERVE], at);
    must(targets_make(request->desired, &pass->state, &pass->unit, request->facts, run->host,
                      &pass->observed, &pass->targets, refusals, &pass->degraded),
         "targets", NULL);
    must(plan_needs(&pass->targets, &pass->observed, &pass->roles, &needs), "needs", NULL);
    must(observe_cells(&pass->nodes, &needs, input.scratch, &pass->observed, refusals, &error),
         "observe", error);
    must(plan_make(&pass->targets, &pass->observed, &pass->state, request->facts, &pass->roles,
                   &pass->plan, refusals),
         "plan", NULL);
    at = samples_lap(&run->stages[STAGE_PLAN], at);
    must(check_plan(&input, &pass->plan, refusals, &error), "check", error);
    if (refusals->count > 0)
        errx(EXIT_FAILURE, "refused: %s", refusals->refusals[0].text);
    return samples_lap(&run->stages[STAGE_CHECK], at);
}

/* The same: baseline to verify. */
static void write_stages(struct apply_run *run, struct pass *pass, uint64_t at)
{
    struct cg_error *error = NULL;

    pass->outcomes = calloc(pass->plan.count + 1, sizeof(*pass->outcomes));
    if (!pass->outcomes)
        die("baseline", NULL);
    for (size_t i = 0; i < pass->plan.count; i++) {
        struct record *record;

        must(state_add(&pass->state, &pass->plan.steps[i].cell, &record), "baseline", NULL);
        record->baseline = cg_value_ref(pass->plan.steps[i].old);
        record_write(record, pass->plan.steps[i].cell.value);
    }
    must(state_dir_save(&run->state, &pass->state, &error), "baseline", error);
    at = samples_lap(&run->stages[STAGE_BASELINE], at);
    must(plan_apply(&pass->nodes, &pass->plan, pass->outcomes, &error), "write", error);
    at = samples_lap(&run->stages[STAGE_WRITE], at);
    for (size_t i = 0; i < pass->state.count; i++)
        record_written(&pass->state.records[i]);
    must(state_dir_save(&run->state, &pass->state, &error), "settle", error);
    at = samples_lap(&run->stages[STAGE_SETTLE], at);
    must(pass_report_changes(pass), "report", NULL);
    must(pass_verify(pass, &error), "verify", error);
    samples_lap(&run->stages[STAGE_VERIFY], at);
}

static void release(struct pass *pass)
{
    nodes_close(&pass->nodes);
    free(pass->roles.roles);
    state_release(&pass->state);
    cells_release(&pass->observed);
    cells_release(&pass->targets);
    free(pass->outcomes);
    plan_release(&pass->plan);
    for (size_t i = 0; i < pass->report.change_count; i++)
        if (pass->report.changes[i].state != CHANGE_DONE)
            errx(EXIT_FAILURE, "not done: %s", pass->report.changes[i].error);
    report_release(&pass->report);
    reconcile_context_release(pass->context);
}

static void run_stages(struct apply_run *run)
{
    struct reconcile_context context = {
        .host = run->host, .state = &run->state, .mode = RECONCILE_APPLY};
    cleanup_with(desired_release) struct desired desired = {0};
    cleanup_message struct message message = {0};
    cleanup_binding struct binding binding = {0};
    cleanup_close int lock = -1;
    struct reconcile_request request = {.desired = &desired, .binding = &binding};
    struct pass pass = {.context = &context, .request = &request, .writes = true};
    struct cg_error *error = NULL;
    uint64_t at = timing_now();

    must(message_parse(run->line, strlen(run->line), &message, &error), "facts", error);
    request.facts = message.facts;
    at = samples_lap(&run->stages[STAGE_FACTS], at);
    must(policy_resolve(run->policies, message.facts, run->host, &desired), "resolve", NULL);
    at = samples_lap(&run->stages[STAGE_RESOLVE], at);
    must(binding_make(run->host, message.facts, &binding, &error), "bind", error);
    pass.nodes = (struct nodes){.host = run->host, .binding = &binding};
    at = samples_lap(&run->stages[STAGE_BIND], at);
    if (state_dir_held(&run->state, message.facts->uuid, NULL, NULL) != 0)
        errx(EXIT_FAILURE, "held");
    must(state_dir_lock_guest(&run->state, message.facts->uuid, 0, &lock, &error), "lock", error);
    if (state_dir_load(&run->state, message.facts->uuid, run->host->mounts, &pass.state, &error) !=
        -ENOENT)
        errx(EXIT_FAILURE, "there is a state already");
    state_start(&pass.state, message.facts->uuid, &binding);
    at = samples_lap(&run->stages[STAGE_LOAD], at);
    at = plan_stages(run, &pass, at);
    write_stages(run, &pass, at);
    release(&pass);
}

/* What the agent does with facts that it receives. */
static void run_whole(struct apply_run *run, const struct policy_set *policies)
{
    struct reconcile_context context = {
        .host = run->host, .state = &run->state, .mode = RECONCILE_APPLY};
    cleanup_with(desired_release) struct desired desired = {0};
    cleanup_message struct message message = {0};
    cleanup_binding struct binding binding = {0};
    cleanup_report struct report report = {0};
    struct reconcile_request request = {.desired = &desired, .binding = &binding};
    struct cg_error *error = NULL;

    must(message_parse(run->line, strlen(run->line), &message, &error), "facts", error);
    request.facts = message.facts;
    if (policies)
        must(policy_resolve(policies, message.facts, run->host, &desired), "resolve", NULL);
    must(reconcile_guest(&context, &request, &report, &error), "reconcile", error);
    for (size_t i = 0; i < report.change_count; i++)
        if (report.changes[i].state != CHANGE_DONE)
            errx(EXIT_FAILURE, "not done: %s", report.changes[i].error);
    if (report.change_count == 0 || report.refusals.count > 0)
        errx(EXIT_FAILURE, "the pass did nothing, or was refused something: %s",
             report.refusals.count ? report.refusals.refusals[0].text : "");
    reconcile_context_release(&context);
}

static struct bare record(struct apply_run *run, const struct policy_set *policies,
                          const char *folder, const char *name)
{
    static struct recorder recorder;
    struct host *host = run->host;
    struct bare bare;
    char *list;

    if (asprintf(&list, "%s/%s", folder, name) < 0)
        err(EXIT_FAILURE, "%s", name);
    recorder_init(&recorder);
    run->host = setup_host(&recorder.port);
    run_whole(run, policies);
    recorder_list_writes(&recorder, run->host->mounts, list);
    recorder_clear(&recorder);
    host_free(run->host);
    run->host = host;
    bare = bare_load(list);
    free(list);
    return bare;
}

static char *first_guest(const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;

    while (file && getline(&line, &size, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        if (strstr(line, "\"facts\"")) {
            fclose(file);
            return line;
        }
    }
    errx(EXIT_FAILURE, "%s: no guest", path);
}

static void report(const struct apply_run *run)
{
    struct samples sum = {.count = run->whole.count};

    for (size_t i = 0; i < STAGE_COUNT; i++) {
        tell_median(stage_names[i], &run->stages[i]);
        for (size_t k = 0; k < sum.count; k++)
            sum.list[k] += run->stages[i].list[k];
    }
    tell("writes", (double)run->writes);
    tell_median("sum", &sum);
    tell_median("whole", &run->whole);
    tell_median("bare", &run->bare);
    tell("write_ratio", samples_ratio(&run->stages[STAGE_WRITE], &run->bare));
    tell("ratio", samples_ratio(&run->whole, &run->bare));
}

int main(int argc, char **argv)
{
    static struct apply_run run;
    struct bare writes, undo;

    if (argc != 6)
        errx(EXIT_FAILURE, "usage: bench_apply RECORD POLICIES STATE FOLDER ROUNDS");
    run.line = first_guest(argv[1]);
    run.policies = setup_policies(argv[2]);
    run.state = setup_state(argv[3]);
    run.host = setup_host(&kernel_real);
    writes = record(&run, run.policies, argv[4], "writes");
    undo = record(&run, NULL, argv[4], "undo");
    run.writes = bare_files(&writes);
    for (long rounds = strtol(argv[5], NULL, 10); rounds > 0; rounds--) {
        uint64_t at;

        run_stages(&run);
        run_whole(&run, NULL);
        at = timing_now();
        run_whole(&run, run.policies);
        samples_lap(&run.whole, at);
        run_whole(&run, NULL);
        at = timing_now();
        bare_run(&writes);
        samples_lap(&run.bare, at);
        bare_run(&undo);
    }
    report(&run);
    bare_release(&writes);
    bare_release(&undo);
    state_dir_close(&run.state);
    policy_set_free(run.policies);
    host_free(run.host);
    free(run.line);
    return 0;
}
