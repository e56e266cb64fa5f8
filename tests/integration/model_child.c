/* A real child process with threads, and its twin in the model. */
#include "integration/model_compare.h"

#include "model/model_internal.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void *sleep_forever(void *shared)
{
    *(volatile pid_t *)shared = (pid_t)syscall(SYS_gettid);
    while (pause() < 0)
        ;
    return NULL;
}

/* Uses its memory, starts its threads, says so, and sleeps until it is killed. */
static void child_run(pid_t *shared, int go, int ready)
{
    char *used, byte;
    pthread_t thread;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(go, &byte, 1) != 1)
        _exit(1);
    used = mmap(NULL, COMPARE_USED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (used == MAP_FAILED)
        _exit(1);
    memset(used, 1, COMPARE_USED);
    mlock(used, COMPARE_USED);
    for (unsigned i = 1; i < COMPARE_THREADS; i++)
        if (pthread_create(&thread, NULL, sleep_forever, &shared[i]) != 0)
            _exit(1);
    for (unsigned i = 1; i < COMPARE_THREADS; i++)
        while (!*(volatile pid_t *)&shared[i])
            usleep(100);
    if (write(ready, "", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

/* The child is where the memory that it will use is to count before it uses any. */
static int child_settle(struct compare *c, const char *home)
{
    cleanup_free char *number = model_format("%d", (int)c->child);

    for (size_t i = 0; i < c->tree_count; i++) {
        struct spot *spot = compare_spot(c, &c->trees[i], home);

        if (!spot || !compare_write(c, spot, "cgroup.procs", number))
            return -EIO;
        spot->home = true;
    }
    model_use_memory(c->model, home, COMPARE_USED);
    for (size_t i = 0; i < c->spot_count; i++)
        c->spots[i].used = strncmp(home, c->spots[i].path, strlen(c->spots[i].path)) == 0;
    return 0;
}

int compare_child(struct compare *c, const char *home)
{
    pid_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int go[2], ready[2], r;
    char byte;

    if (shared == MAP_FAILED || pipe2(go, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0)
        return -errno;
    c->child = shared[0] = fork();
    if (c->child == 0)
        child_run(shared, go[0], ready[1]);
    close(go[0]);
    close(ready[1]);
    model_add_process(c->model, c->child, "test_model");
    r = c->child < 0 ? -errno : child_settle(c, home);
    if (r == 0 && (write(go[1], "", 1) != 1 || read(ready[0], &byte, 1) != 1))
        r = -EIO;
    close(go[1]);
    close(ready[0]);
    memcpy(c->threads, shared, sizeof(c->threads));
    c->threads[0] = c->child;
    munmap(shared, 4096);
    for (unsigned i = 1; r == 0 && i < COMPARE_THREADS; i++)
        model_add_thread(c->model, c->child, c->threads[i], "thread");
    return r;
}

void compare_child_end(struct compare *c)
{
    if (c->child <= 0)
        return;
    kill(c->child, SIGKILL);
    waitpid(c->child, NULL, 0);
    model_end_process(c->model, c->child);
    c->child = 0;
}
