/* `vmpin hold` and `vmpin release`: who may not be written to. A hold is a file that the agent and
 * one-shot runs look at; neither has to run. */
#include "cli/command.h"
#include "cli/exit.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

/* Exactly one of --all and GUEST...: an empty list must not mean everything here. */
static bool well_put(const struct options *options)
{
    if (options->all != (options->argument_count > 0))
        return true;
    message("'%s' needs either guests or --all", options->command->name);
    return false;
}

/* `facts` NULL: all guests. */
static json_t *json_hold(const struct facts *facts, int64_t seconds)
{
    return json_pack("{s:o, s:o, s:o}", "name", json_text(facts ? facts->name : NULL), "uuid",
                     json_text(facts ? facts->uuid : NULL), "seconds",
                     seconds ? json_integer(seconds) : json_null());
}

static json_t *json_release(const struct facts *facts)
{
    return json_pack("{s:o, s:o}", "name", json_text(facts ? facts->name : NULL), "uuid",
                     json_text(facts ? facts->uuid : NULL));
}

static void tell_hold(const struct facts *facts, int64_t seconds)
{
    time_t end = time(NULL) + seconds;
    const char *who = facts ? facts->name : "all guests";
    char text[64] = "";
    struct tm local;

    if (seconds && localtime_r(&end, &local))
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
    print_line("%s: held until %s", who, seconds ? text : "released");
}

/* `facts` NULL: all guests. */
static void hold_one(struct session *session, const struct facts *facts, json_t *list)
{
    cleanup_error struct cg_error *error = NULL;
    int64_t seconds = session->options->duration;

    if (state_dir_hold(&session->state, facts ? facts->uuid : NULL, (unsigned long)seconds,
                       &error) < 0)
        session_fail(session, HAPPENED_GUEST, error);
    else if (!session->options->json)
        tell_hold(facts, seconds);
    else
        json_array_append_new(list, json_hold(facts, seconds));
}

static bool held(const struct session *session, const char *name)
{
    return faccessat(session->state.holds, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void release_one(struct session *session, const struct facts *facts, json_t *list)
{
    cleanup_error struct cg_error *error = NULL;
    bool was_held = held(session, facts->uuid);

    if (state_dir_release(&session->state, facts->uuid, &error) < 0) {
        session_fail(session, HAPPENED_GUEST, error);
        return;
    }
    if (held(session, "all"))
        message("%s stays held, since all guests are: 'vmpin release --all' ends that",
                facts->name);
    if (session->options->json)
        json_array_append_new(list, json_release(facts));
    else
        print_line("%s: %s", facts->name, was_held ? "released" : "was not held by itself");
}

/* --all ends every hold, those of single guests too: nobody should have to remember them. */
static void release_all(struct session *session, json_t *list)
{
    cleanup_closedir DIR *folder = fdopendir(fcntl(session->state.holds, F_DUPFD_CLOEXEC, 0));
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        cleanup_error struct cg_error *error = NULL;
        const char *name = strcmp(entry->d_name, "all") == 0 ? NULL : entry->d_name;

        if (entry->d_name[0] != '.' && state_dir_release(&session->state, name, &error) < 0)
            session_fail(session, HAPPENED_GUEST, error);
    }
    if (session->options->json)
        json_array_append_new(list, json_release(NULL));
    else
        print_line("all guests: released");
}

static int run_all(struct session *session, bool hold, json_t *list)
{
    if (!session->options->all)
        return 0;
    if (hold)
        hold_one(session, NULL, list);
    else
        release_all(session, list);
    return 1;
}

static int run_either(const struct options *options, bool hold)
{
    struct session session;
    json_t *list = json_array();

    if (!well_put(options)) {
        json_decref(list);
        return EX_USAGE;
    }
    if (session_open(options, true, &session) == 0 && run_all(&session, hold, list) == 0 &&
        session_choose_guests(&session, CHOOSE_ANY_STATE) == 0) {
        for (size_t i = 0; i < session.guest_count; i++)
            (hold ? hold_one : release_one)(&session, session.guests[i], list);
    }
    if (options->json)
        json_print(&session, json_pack("{s:s, s:O}", "command", options->command->name,
                                       hold ? "holds" : "released", list));
    json_decref(list);
    return session_end(&session);
}

static int run_hold(const struct options *options)
{
    return run_either(options, true);
}

static int run_release(const struct options *options)
{
    return run_either(options, false);
}

const struct command command_hold = {
    .name = "hold",
    .arguments = "{GUEST...|--all}",
    .arguments_max = SIZE_MAX,
    .takes = TAKES_ALL | TAKES_FOR | TAKES_JSON,
    .summary = "Keep vmpin's hands off guests until released",
    .help =
        "A held guest stays as it is: drift is not healed, new policies wait. The hold outlives\n"
        "the agent, but not the host.",
    .run = run_hold,
};

const struct command command_release = {
    .name = "release",
    .arguments = "{GUEST...|--all}",
    .arguments_max = SIZE_MAX,
    .takes = TAKES_ALL | TAKES_JSON,
    .summary = "End a hold",
    .help = "--all ends the holds of single guests too. A running agent then makes the guests as\n"
            "the policies ask.",
    .run = run_release,
};
