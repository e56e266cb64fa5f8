/* `vmpin check`: are policies valid, in themselves and (--host) on this host. It looks at no
 * guest. */
#include "cli/command.h"
#include "cli/exit.h"
#include "cli/json.h"
#include "cli/output.h"

#include "policy/resolve.h"

#include <string.h>

struct checked {
    struct policy_set *policies;
    size_t files;
};

/* What would be applied: the folders as `reconcile` reads them. */
static int check_folders(struct session *session, struct checked *checked)
{
    const struct options *options = session->options;
    struct policy_load load = {
        .folders = policy_folders((const char *const *)options->folders),
        .trust_checked = geteuid() == 0,
        .owner = geteuid(),
    };
    int r = policy_dir_load(&load, options->folders != NULL, NULL, &checked->policies,
                            &session->problems);

    for (size_t i = 0; r == 0 && i < policy_set_count(checked->policies); i++) {
        if (i == 0 || strcmp(policy_set_file(checked->policies, i),
                             policy_set_file(checked->policies, i - 1)) != 0)
            checked->files++;
    }
    return r;
}

static int check_paths(struct session *session, struct checked *checked)
{
    int r = 0;

    for (const char **path = session->options->arguments; r == 0 && *path; path++) {
        size_t files = 0;

        r = policy_check_path(*path, false, &checked->policies, &session->problems, &files);
        checked->files += files;
    }
    return r;
}

static int check_all(struct session *session, struct checked *checked)
{
    int r = session->options->argument_count > 0 ? check_paths(session, checked)
                                                 : check_folders(session, checked);

    if (r < 0 || !session->options->host || !checked->policies)
        return r;
    return policy_check_host(checked->policies, session->host, &session->problems);
}

static void tell(struct session *session, const struct checked *checked)
{
    size_t policies;

    for (size_t i = 0; i < session->problems.count; i++) {
        cleanup_free char *text = policy_problem_text(&session->problems.problems[i]);

        message("%s", text ? text : "out of memory");
        session->happened |= HAPPENED_POLICY;
    }
    policies = checked->policies ? policy_set_count(checked->policies) : 0;
    if (session->options->json)
        json_print(session, json_pack("{s:s, s:I, s:I, s:o}", "command", "check", "files",
                                      (json_int_t)checked->files, "policies", (json_int_t)policies,
                                      "problems", json_problems(&session->problems)));
    else if (session->problems.count == 0)
        print_line("%zu %s with %zu %s: valid%s", checked->files,
                   checked->files == 1 ? "file" : "files", policies,
                   policies == 1 ? "policy" : "policies",
                   session->options->host ? ", and this host can have what they ask for" : "");
}

static int run(const struct options *options)
{
    struct session session;
    struct checked checked = {0};

    session_begin(options, &session);
    if (options->host && session_open_host(&session) < 0)
        return session_end(&session);
    if (check_all(&session, &checked) < 0)
        session_out_of_memory(&session);
    else
        tell(&session, &checked);
    policy_set_free(checked.policies);
    return session_end(&session);
}

const struct command command_check = {
    .name = "check",
    .arguments = "[PATH...]",
    .arguments_max = SIZE_MAX,
    .takes = TAKES_HOST | TAKES_JSON,
    .summary = "Tell whether the policies are valid",
    .help =
        "PATH is a policy file or a folder of them; without one, the folders are checked that\n"
        "reconcile and the agent read. Every problem is told with its place. --host tells also\n"
        "what this host cannot have: CPUs that do not exist, settings that its kernel lacks.",
    .run = run,
};
