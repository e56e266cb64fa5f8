/* vmpin-guests: tells what libvirt's guests are and what happens to them, as JSON lines on standard
 * output (guest/message.h), to the vmpin that started it. It only reads, keeps no state, and may be
 * ended at any time: it ends by itself with its reader, and by SIGTERM as the kernel does it. */
#include "guest/source.h"
#include "helper/loop.h"
#include "helper/output.h"
#include "helper/patience.h"
#include "helper/session.h"
#include "helper/status.h"

#include <getopt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define EXIT_USAGE    64
#define PATIENCE_MOST 3600

static const char help[] =
    "Usage: vmpin-guests [--connect URI] [--once] [--timeout SECONDS] [--launches]\n"
    "Tells libvirt's guests as JSON lines. vmpin starts it; by hand it records a host:\n"
    "  vmpin-guests --once >HOST.jsonl\n"
    "\n"
    "  -c, --connect URI  libvirt's URI, instead of libvirt's default\n"
    "      --once         end after the list, with status 69 where there is no libvirt\n"
    "      --launches     tell of guests that libvirt is starting, too, by the files of them that\n"
    "                     are handed over on standard input, a socket\n"
    "  -t, --timeout S    end, with status 69, when libvirt has not answered for S seconds\n"
    "                     (default: 30)\n"
    "  -h, --help         print this\n"
    "  -V, --version      print the version\n"
    "\n"
    "Its exit status is 77 where libvirt does not admit the user.\n";

static bool read_patience(const char *text, struct session *session)
{
    char *end;
    unsigned long seconds = strtoul(text, &end, 10);

    session->patience = (unsigned)seconds;
    if (seconds > 0 && seconds <= PATIENCE_MOST && *end == '\0')
        return true;
    complain("--timeout takes a number of seconds from 1 to %d", PATIENCE_MOST);
    return false;
}

/* Fills the session; an exit status, or SESSION_RUNS. */
static int read_options(int argc, char **argv, struct session *session)
{
    static const struct option options[] = {
        {"connect", required_argument, NULL, 'c'},
        {"once", no_argument, NULL, 'o'},
        {"launches", no_argument, NULL, 'l'},
        {"timeout", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "c:t:hV", options, NULL)) >= 0) {
        switch (option) {
        case 'c':
            session->uri = optarg;
            break;
        case 'o':
            session->once = true;
            break;
        case 'l':
            session->launches = true;
            break;
        case 't':
            if (!read_patience(optarg, session))
                return EXIT_USAGE;
            break;
        case 'h':
            return fputs(help, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        case 'V':
            return puts("vmpin-guests (vmpin) " PKGVERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return SESSION_RUNS;
    complain("it takes no arguments beside its options; see --help");
    return EXIT_USAGE;
}

static void silent(void *data, virErrorPtr error)
{
}

/* Nobody reads any more. */
static void on_output_closed(int watch, int fd, int events, void *data)
{
    struct session *session = data;

    virEventRemoveHandle(watch);
    session->status = EXIT_SUCCESS;
}

static void on_status_file(int watch, int fd, int events, void *data)
{
    const struct session *session = data;

    if (status_take(fd, session->connection.driver) == -EPIPE)
        virEventRemoveHandle(watch);
}

static int run(struct session *session)
{
    int r;

    patience_init(session->patience);
    patience_renew();
    r = session_start(session);

    /* Errors and hang-ups are always told, so nothing is asked for. */
    if (r == 0 && virEventAddHandle(STDOUT_FILENO, 0, on_output_closed, session, NULL) < 0)
        r = -ENOMEM;
    if (r == 0 && session->launches &&
        virEventAddHandle(STDIN_FILENO, VIR_EVENT_HANDLE_READABLE, on_status_file, session, NULL) <
            0)
        r = -ENOMEM;
    if (r == 0)
        session_step(session);
    while (r == 0 && session->status == SESSION_RUNS) {
        r = loop_step();
        if (r == 0 && session->status == SESSION_RUNS)
            session_step(session);
    }
    if (r < 0)
        complain("%s", strerror(-r));
    return r < 0 ? EXIT_FAILURE : session->status;
}

int main(int argc, char **argv)
{
    struct session session = {.patience = HELPER_PATIENCE};
    int status = read_options(argc, argv, &session);

    if (status != SESSION_RUNS)
        return status;
    prctl(PR_SET_DUMPABLE, 0); /* status files hold passwords: not for others of this user */
    prctl(PR_SET_NAME, "vmpin-guests"); /* started by a descriptor it would bear its number */
    signal(SIGPIPE, SIG_IGN);
    loop_install();
    virSetErrorFunc(NULL, silent);
    if (virInitialize() < 0) {
        complain("libvirt cannot be initialised");
        return EXIT_FAILURE;
    }
    status = run(&session);
    session_release(&session);
    xmlCleanupParser();
    return status;
}
