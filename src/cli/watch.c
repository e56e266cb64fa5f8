/* Each look is a whole run of the subcommand: nothing that it shows is kept in between. */
#include "cli/watch.h"

#include "agent/inotify.h"
#include "cli/output.h"
#include "reconcile/state_dir.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>

#define EVERY_MS   5000
#define BETWEEN_MS 500 /* at least, however much changes */

/* The terminal's other screen, as less(1) uses it: what was there before comes back. */
#define SCREEN_ENTER "\033[?1049h"
#define SCREEN_CLEAR "\033[H\033[2J"
#define SCREEN_LEAVE "\033[?1049l"

enum { WAKE_SIGNAL, WAKE_KEY, WAKE_SIZE, WAKE_CHANGE, WAKE_COUNT };

struct watching {
    struct pollfd wake[WAKE_COUNT]; /* a descriptor of -1 is passed over */
    struct state_dir state;
    sigset_t mask;         /* to be restored */
    struct termios before; /* of the terminal, if `keys` */
    bool screen, keys;
};

/* Where that fails, the regular look is enough to go on with. */
static void watch_folders(struct watching *watching, const char *path)
{
    const struct state_dir *state = &watching->state;
    const int *const folders[] = {&state->dir, &state->guests, &state->holds};
    int queue = inotify_open();

    watching->wake[WAKE_CHANGE].fd = queue;
    if (queue < 0 || state_dir_open(path, false, &watching->state, NULL) < 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
        if (*folders[i] >= 0 &&
            inotify_watch(queue, *folders[i], NULL, IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE) < 0)
            return;
}

static int take_signal(const sigset_t *signals, struct pollfd *wake)
{
    wake->fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return wake->fd < 0 ? -errno : 0;
}

/* The ending signals become readable, so that the terminal is put back first; that of a terminal
 * which has another size now, so that it is drawn anew. */
static int take_signals(struct watching *watching)
{
    sigset_t ending, size, both;
    int r;

    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigemptyset(&size);
    sigaddset(&size, SIGWINCH);
    sigorset(&both, &ending, &size);
    if (sigprocmask(SIG_BLOCK, &both, &watching->mask) < 0)
        return -errno;
    r = take_signal(&ending, &watching->wake[WAKE_SIGNAL]);
    return r < 0 ? r : take_signal(&size, &watching->wake[WAKE_SIZE]);
}

/* Single keys without echo; Ctrl-C stays a signal. */
static void take_keys(struct watching *watching)
{
    struct termios keys;

    if (!watching->screen || tcgetattr(STDIN_FILENO, &watching->before) < 0)
        return;
    keys = watching->before;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    watching->keys = tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
    if (watching->keys)
        watching->wake[WAKE_KEY].fd = STDIN_FILENO;
}

static int begin(struct watching *watching, const char *state_dir)
{
    *watching = (struct watching){.state = STATE_DIR_CLOSED, .screen = isatty(STDOUT_FILENO)};
    for (size_t i = 0; i < WAKE_COUNT; i++)
        watching->wake[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    if (take_signals(watching) < 0)
        return -errno;
    watch_folders(watching, state_dir);
    take_keys(watching);
    if (watching->screen)
        fputs(SCREEN_ENTER, stdout);
    return 0;
}

/* A signal that ended it takes its usual course then: the terminal is as it was. */
static void end(struct watching *watching)
{
    if (watching->screen)
        fputs(SCREEN_LEAVE, stdout);
    fflush(stdout);
    if (watching->keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &watching->before);
    closep(&watching->wake[WAKE_SIGNAL].fd);
    closep(&watching->wake[WAKE_SIZE].fd);
    closep(&watching->wake[WAKE_CHANGE].fd);
    state_dir_close(&watching->state);
    sigprocmask(SIG_SETMASK, &watching->mask, NULL);
}

static bool key_ends(void)
{
    char key;
    ssize_t n = read(STDIN_FILENO, &key, 1);

    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || (n > 0 && key == 'q');
}

static void ignore_event(const struct inotify_event *event, void *data)
{
}

/* Waits for `ms` at most, or, if `change` counts, for one in the folders or of the terminal's size.
 * False: it is to end. */
static bool wait_ms(struct watching *watching, int ms, bool change)
{
    struct signalfd_siginfo size;
    int n = poll(watching->wake, change ? WAKE_COUNT : WAKE_SIZE, ms);

    if (n <= 0)
        return n == 0 || errno == EINTR;
    if (watching->wake[WAKE_SIGNAL].revents)
        return false;
    if (watching->wake[WAKE_KEY].revents && key_ends())
        return false;
    while (change && read(watching->wake[WAKE_SIZE].fd, &size, sizeof(size)) > 0)
        ;
    while (change && inotify_read(watching->wake[WAKE_CHANGE].fd, ignore_event, NULL) > 0)
        ;
    return true;
}

static void head(const struct watching *watching)
{
    time_t now = time(NULL);
    struct tm local;
    char text[64] = "";

    if (localtime_r(&now, &local))
        strftime(text, sizeof(text), "%F %T", &local);
    if (watching->screen)
        fputs(SCREEN_CLEAR, stdout);
    print_line("%s%s", text, watching->keys ? "  (q ends)" : "");
}

static unsigned screen_rows(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 4 ? size.ws_row : UINT_MAX;
}

/* Below the head, with a row left for the cursor. More would push the first guests off a screen
 * that cannot be scrolled back. */
static void print_rows(const char *text, unsigned room)
{
    unsigned lines = 0, shown;

    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    shown = lines <= room ? lines : room - 1;
    for (unsigned i = 0; i < shown; i++) {
        size_t length = strcspn(text, "\n") + 1;

        fwrite(text, 1, length, stdout);
        text += length;
    }
    if (shown < lines)
        print_line("%u lines more: name fewer guests, or make the window higher", lines - shown);
}

static int show_rows(const struct options *options, int (*show)(const struct options *options))
{
    FILE *screen = stdout, *rows;
    char *text = NULL;
    size_t length;
    int status;

    rows = open_memstream(&text, &length);
    if (!rows)
        return show(options);
    stdout = rows;
    status = show(options);
    stdout = screen;
    if (fclose(rows) == 0)
        print_rows(text, screen_rows() - 2);
    free(text);
    return status;
}

int watch_run(const struct options *options, int (*show)(const struct options *options))
{
    struct watching watching;
    bool written;
    int status;

    if (begin(&watching, options->state_dir) < 0) {
        message("--watch: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    do {
        if (!options->json)
            head(&watching);
        status = watching.screen && !options->json ? show_rows(options, show) : show(options);
        written = fflush(stdout) == 0 && !ferror(stdout);
    } while (written && wait_ms(&watching, BETWEEN_MS, false) &&
             wait_ms(&watching, EVERY_MS, true));
    end(&watching);
    return status;
}
