#include "agent/policies.h"

#include "agent/entries.h"

#include <string.h>

void policies_release(struct policies *policies)
{
    policies->set = policy_set_free(policies->set);
    policy_problems_release(&policies->problems);
}

void policies_restore(struct policies *policies, const struct state_dir *state, struct log *log)
{
    cleanup_buffer struct buffer text = {0};
    cleanup_error struct cg_error *error = NULL;
    struct policy_problems problems = {0};
    int r = state_dir_load_policies(state, &text, &error);
    bool damaged;

    if (r == -ENOENT)
        return;
    if (r == 0)
        r = policy_set_restore(text.data, text.length, &policies->set, &problems, &error);
    damaged = r == -EINVAL || r == -EUCLEAN;
    if (damaged)
        state_dir_set_aside_policies(state);
    if (r < 0)
        log_line(log, LOG_WARNING,
                 "the policies that were in force before cannot be taken up (%s): wrong files have "
                 "no earlier version to keep%s",
                 error ? cg_error_text(error) : strerror(-r),
                 damaged ? " (kept as policies.json.damaged)" : "");
    /* They are found again, and told, when the folders are read. */
    policy_problems_release(&problems);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_problem(const struct policy_problem *a, const struct policy_problem *b)
{
    return same_text(a->file, b->file) && same_text(a->pointer, b->pointer) && a->line == b->line &&
           a->column == b->column && same_text(a->text, b->text);
}

static bool has_problem(const struct policy_problems *problems, const struct policy_problem *one)
{
    for (size_t i = 0; i < problems->count; i++)
        if (same_problem(&problems->problems[i], one))
            return true;
    return false;
}

static bool has_file(const struct policy_problems *problems, size_t count, const char *file)
{
    for (size_t i = 0; i < count; i++)
        if (same_text(problems->problems[i].file, file))
            return true;
    return false;
}

static void tell_problems(const struct policy_problems *old, const struct policy_problems *new,
                          struct log *log)
{
    static const struct log_entry wrong = {.priority = LOG_ERR, .id = ENTRY_POLICY_WRONG},
                                  mended = {.priority = LOG_INFO, .id = ENTRY_POLICY_MENDED};

    for (size_t i = 0; i < new->count; i++) {
        cleanup_free char *text = NULL;

        if (has_problem(old, &new->problems[i]))
            continue;
        text = policy_problem_text(&new->problems[i]);
        if (text)
            log_entry(log, &wrong, "%s", text);
    }
    for (size_t i = 0; i < old->count; i++) {
        const char *file = old->problems[i].file;

        if (!has_file(new, new->count, file) && !has_file(old, i, file))
            log_entry(log, &mended, "%s: nothing is wrong any more", file);
    }
}

void policies_save(const struct policies *policies, const struct state_dir *state, struct log *log)
{
    cleanup_free char *text = NULL;
    cleanup_error struct cg_error *error = NULL;
    int r;

    if (!policies->set)
        return;
    r = policy_set_save(policies->set, &policies->problems, &text);
    if (r == 0)
        r = state_dir_save_policies(state, text, &error);
    if (r < 0)
        log_line(log, LOG_ERR, "the policies in force cannot be saved: %s",
                 error ? cg_error_text(error) : strerror(-r));
}

int policies_load(struct policies *policies, const struct state_dir *state, struct log *log)
{
    const struct policy_load load = {
        .folders = policies->folders, .trust_checked = true, .owner = geteuid()};
    struct policy_problems problems = {0};
    struct policy_set *set = NULL;
    int r = policy_dir_load(&load, policies->required, policies->set, &set, &problems);

    if (r < 0) {
        policy_problems_release(&problems);
        return r;
    }
    tell_problems(&policies->problems, &problems, log);
    policy_problems_release(&policies->problems);
    policies->problems = problems;
    policy_set_free(policies->set);
    policies->set = set;
    log_line(log, LOG_DEBUG, "policies in force: %zu", policy_set_count(set));
    if (state)
        policies_save(policies, state, log);
    return 0;
}

bool policies_is_wrong(const struct policies *policies, const char *file)
{
    return has_file(&policies->problems, policies->problems.count, file);
}

size_t policies_wrong_count(const struct policies *policies)
{
    const struct policy_problems *problems = &policies->problems;
    size_t count = 0;

    for (size_t i = 0; i < problems->count; i++) {
        const char *file = problems->problems[i].file;

        count += file && !has_file(problems, i, file);
    }
    return count;
}
