#include "setup.h"

#include <stdio.h>
#include <stdlib.h>

void die(const char *what, const struct cg_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error ? cg_error_text(error) : "failed");
    exit(EXIT_FAILURE);
}

struct host *setup_host(const struct kernel *kernel)
{
    struct cg_error *error = NULL;
    struct host *host;

    if (host_open(kernel, NULL, &host, &error) < 0)
        die("the host", error);
    return host;
}

struct facts_list setup_guests(const char *record)
{
    const struct source_options options = {.record = record, .once = true};
    struct cg_error *error = NULL;
    struct facts_list list;
    char *warning = NULL;

    if (source_collect(&options, &list, &warning, &error) < 0)
        die(record, error);
    free(warning);
    return list;
}

struct policy_set *setup_policies(const char *folder)
{
    const char *const folders[] = {folder, NULL};
    const struct policy_load load = {.folders = folders, .trust_checked = true};
    struct policy_problems problems = {0};
    struct policy_set *policies;

    if (policy_dir_load(&load, true, NULL, &policies, &problems) < 0 || problems.count > 0)
        die(problems.count ? policy_problem_text(&problems.problems[0]) : folder, NULL);
    return policies;
}

struct state_dir setup_state(const char *folder)
{
    struct cg_error *error = NULL;
    struct state_dir state;

    if (state_dir_open(folder, true, &state, &error) < 0)
        die(folder, error);
    return state;
}
