/* Starts vmpin-guests so that a fault in libvirt or libxml2 stays there: as a user without rights,
 * without root's environment and without any descriptor but its output. */
#include "guest/source_child.h"

#include "base/escape.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define QEMU "qemu:///system"

/* The environment of a helper of root: what the loader, libvirt and the sanitizers look at. */
static const char *const environment_kept[] = {
    "PATH=",
    "LANG=",
    "LANGUAGE=",
    "LC_",
    "TZ=",
    "LIBVIRT_",
    "LD_LIBRARY_PATH=",
    "ASAN_OPTIONS=",
    "UBSAN_OPTIONS=",
    "LSAN_OPTIONS=",
};

/* libvirt reads its client's configuration (aliases of URIs) from root's place, /etc/libvirt, for
 * root alone; for others below $XDG_CONFIG_HOME. The host's is meant whoever the helper runs as. */
static const char *const environment_added[] = {"HOME=/nonexistent", "XDG_CONFIG_HOME=/etc"};

/* Everything that is needed between fork() and exec(), where no memory may be allocated. */
struct child {
    const char *program;
    const char *arguments[8];
    unsigned patience;
    const char **environment; /* the array alone is owned */
    bool change_user;
    uid_t uid;
    gid_t gid;
    char user[32];
    pid_t parent;
    int output, input, report, image; /* descriptors; image: the program, -1 for none */
};

/* What went wrong in the child, told to the parent through `report`. */
enum step { STEP_STREAMS, STEP_USER, STEP_PRIVILEGES, STEP_PARENT, STEP_EXEC };
struct failure {
    enum step step;
    int error;
};

static const char *kept(const char *variable)
{
    for (size_t i = 0; i < ARRAY_SIZE(environment_kept); i++)
        if (strncmp(variable, environment_kept[i], strlen(environment_kept[i])) == 0)
            return variable;
    return NULL;
}

static int child_environment(struct child *child)
{
    size_t count = 0, at = 0;

    while (environ[count])
        count++;
    child->environment =
        calloc(count + ARRAY_SIZE(environment_added) + 1, sizeof(*child->environment));
    if (!child->environment)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (geteuid() != 0 || kept(environ[i]))
            child->environment[at++] = environ[i];
    for (size_t i = 0; geteuid() == 0 && i < ARRAY_SIZE(environment_added); i++)
        child->environment[at++] = environment_added[i];
    return 0;
}

/* virsh's order; an empty variable is none. */
const char *source_uri(const struct source_options *options)
{
    const char *virsh = secure_getenv("VIRSH_DEFAULT_CONNECT_URI");
    const char *libvirt = secure_getenv("LIBVIRT_DEFAULT_URI");

    if (options->record)
        return NULL;
    if (options->uri)
        return options->uri;
    if (virsh && *virsh)
        return virsh;
    if (libvirt && *libvirt)
        return libvirt;
    return geteuid() == 0 ? QEMU : NULL;
}

bool source_is_qemu(const char *uri)
{
    return uri && strcmp(uri, QEMU) == 0;
}

/* Without the name service: its modules come into this process and wait for other services, and
 * glibc's own part of it crashes for want of memory. -ENOENT: there is no such user. */
static int find_user(const char *name, const struct passwd **ret)
{
    cleanup_fclose FILE *users = fopen("/etc/passwd", "re");

    if (!users)
        return -errno;
    do {
        errno = ENOENT; /* the end */
        *ret = fgetpwent(users);
    } while (*ret && strcmp((*ret)->pw_name, name) != 0);
    return *ret ? 0 : -errno;
}

static int child_user(struct child *child, struct cg_error **err)
{
    const struct passwd *user;
    int r = find_user("vmpin", &user);

    if (r == -ENOENT)
        r = find_user("nobody", &user);
    if (r < 0 && r != -ENOENT)
        return error_set(err, -r, "cannot read /etc/passwd: %s", strerror(-r));
    if (r < 0 || user->pw_uid == 0)
        return error_set(
            err, ESRCH,
            "there is neither a user vmpin nor nobody in /etc/passwd to run the helper "
            "as: make one (useradd --system vmpin)");
    child->change_user = true;
    child->uid = user->pw_uid;
    child->gid = user->pw_gid;
    snprintf(child->user, sizeof(child->user), "%s", user->pw_name);
    return 0;
}

static int child_prepare(const struct source_options *options, struct child *child,
                         struct cg_error **err)
{
    const char *program = secure_getenv("VMPIN_HELPER"), *uri = source_uri(options);
    const char *timeout = secure_getenv("VMPIN_LIBVIRT_TIMEOUT");
    size_t at = 0;

    child->program = program && *program ? program : PKGLIBEXECDIR "/vmpin-guests";
    child->arguments[at++] = child->program;
    if (uri) {
        child->arguments[at++] = "--connect";
        child->arguments[at++] = uri;
    }
    child->patience = HELPER_PATIENCE;
    if (timeout && *timeout) {
        child->patience = (unsigned)strtoul(timeout, NULL, 10); /* the helper judges it */
        child->arguments[at++] = "--timeout";
        child->arguments[at++] = timeout;
    }
    if (options->once)
        child->arguments[at++] = "--once";
    if (options->launches)
        child->arguments[at++] = "--launches";
    child->parent = getpid();
    if (child_environment(child) < 0)
        return error_out_of_memory(err);
    return geteuid() == 0 && !options->as_root ? child_user(child, err) : 0;
}

/* ---- in the child: only what is safe after fork() ------------------------------------------- */

static bool child_streams(const struct child *child)
{
    sigset_t none;

    sigemptyset(&none);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0 && dup2(child->input, STDIN_FILENO) >= 0 &&
           dup2(child->output, STDOUT_FILENO) >= 0;
}

static bool child_drop(const struct child *child)
{
    return !child->change_user ||
           (setgroups(0, NULL) == 0 && setresgid(child->gid, child->gid, child->gid) == 0 &&
            setresuid(child->uid, child->uid, child->uid) == 0);
}

/* After the change of user, which clears it. A parent that ended meanwhile cannot signal. */
static bool child_follow_parent(const struct child *child)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        return false;
    if (getppid() != child->parent)
        _exit(0);
    return true;
}

/* A build below root's home cannot be reached by its path as another user; by the descriptor it
 * can. Our own descriptors close on exec; those that this process was given by its own parent must
 * too, where the kernel can (5.11). */
static void child_exec(const struct child *child)
{
    char *const *arguments = (char *const *)child->arguments;
    char *const *environment = (char *const *)child->environment;

    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
    execve(child->program, arguments, environment);
    if (errno == EACCES && child->change_user && child->image >= 0)
        fexecve(child->image, arguments, environment);
}

static void child_run(const struct child *child)
{
    struct failure failure = {0};

    if (!child_streams(child))
        failure.step = STEP_STREAMS;
    else if (!child_drop(child))
        failure.step = STEP_USER;
    else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        failure.step = STEP_PRIVILEGES;
    else if (!child_follow_parent(child))
        failure.step = STEP_PARENT;
    else {
        child_exec(child);
        failure.step = STEP_EXEC;
    }
    failure.error = errno;
    if (write(child->report, &failure, sizeof(failure)) < 0)
        _exit(126);
    _exit(127);
}

/* ---- in the parent -------------------------------------------------------------------------- */

static int refuse(const struct child *child, const struct failure *failure, struct cg_error **err)
{
    cleanup_free char *program = text_escape(child->program);
    const char *name = program ? program : "the helper", *why = strerror(failure->error);

    switch (failure->step) {
    case STEP_EXEC:
        return error_set(err, failure->error,
                         "cannot start %s: %s (VMPIN_HELPER can name another helper)", name, why);
    case STEP_USER:
        return error_set(err, failure->error, "cannot run %s as user %s: %s", name, child->user,
                         why);
    case STEP_STREAMS:
    case STEP_PRIVILEGES:
    case STEP_PARENT:
        break;
    }
    return error_set(err, failure->error, "cannot prepare the process for %s: %s", name, why);
}

/* Waits until the child runs the helper or tells why it cannot. */
static int await_exec(const struct child *child, pid_t pid, int report, struct cg_error **err)
{
    struct failure failure;
    ssize_t n;

    do
        n = read(report, &failure, sizeof(failure));
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return 0;
    waitpid(pid, NULL, 0);
    if (n != sizeof(failure))
        failure = (struct failure){.step = STEP_STREAMS, .error = n < 0 ? errno : EIO};
    return refuse(child, &failure, err);
}

static int child_fork(struct child *child, struct source *ret, struct cg_error **err)
{
    cleanup_close int from = -1, to = -1, told = -1, tell = -1;
    int output[2], report[2], r;
    pid_t pid;

    if (pipe2(output, O_CLOEXEC) < 0)
        return error_set(err, errno, "cannot make a pipe: %s", strerror(errno));
    from = output[0];
    to = child->output = output[1];
    if (pipe2(report, O_CLOEXEC) < 0 || fcntl(from, F_SETFL, O_NONBLOCK) < 0)
        return error_set(err, errno, "cannot make a pipe: %s", strerror(errno));
    told = report[0];
    tell = child->report = report[1];
    pid = fork();
    if (pid < 0)
        return error_set(err, errno, "cannot make a process: %s", strerror(errno));
    if (pid == 0)
        child_run(child);
    close(steal_fd(&tell));
    r = await_exec(child, pid, told, err);
    if (r < 0)
        return r;
    ret->pid = pid;
    ret->patience = child->patience;
    ret->fd = steal_fd(&from);
    memcpy(ret->user, child->user, sizeof(ret->user));
    return 0;
}

/* What the child reads from; *ret_hand is the other end, -1 where nothing will come. */
static int open_input(const struct source_options *options, int *ret_hand, struct cg_error **err)
{
    int ends[2];

    *ret_hand = -1;
    if (!options->launches) {
        ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return ends[0] < 0 ? error_set(err, errno, "cannot open /dev/null: %s", strerror(errno))
                           : ends[0];
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return error_set(err, errno, "cannot make a socket: %s", strerror(errno));
    *ret_hand = ends[1];
    return ends[0];
}

int child_start(const struct source_options *options, struct source *ret, struct cg_error **err)
{
    struct child child = {0};
    cleanup_close int hand = -1, image = -1, input = open_input(options, &hand, err);
    int r;

    if (input < 0)
        return input;
    r = child_prepare(options, &child, err);
    if (r == 0) {
        image = open(child.program, O_PATH | O_CLOEXEC);
        child.image = image;
        child.input = input;
        r = child_fork(&child, ret, err);
    }
    if (r == 0)
        ret->hand = steal_fd(&hand);
    free(child.environment);
    return r;
}

/* Looks every 2 ms: it takes the helper less to end, and a descriptor to wait on (pidfd) is not to
 * be had on every kernel. */
int child_end(pid_t pid)
{
    int status = 0;
    pid_t ended;

    kill(pid, SIGTERM);
    for (int waited = 0; waited < 1000; waited += 2) {
        ended = waitpid(pid, &status, WNOHANG);
        if (ended > 0 || (ended < 0 && errno != EINTR))
            return status;
        poll(NULL, 0, 2);
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}
