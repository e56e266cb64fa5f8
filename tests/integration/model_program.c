/* The whole program: rounds, each with a tree and a child of its own. */
#include "integration/model_compare.h"

#include "model/model_internal.h"

#include <signal.h>
#include <string.h>
#include <time.h>

static bool differ(struct compare *c, char *what)
{
    free(c->difference);
    c->difference = what;
    return false;
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    stopped = signal;
}

static bool run_round(struct compare *c, compare_round round, uint64_t seed, unsigned operations)
{
    int r = round(c, seed);
    bool same = r == 0 && compare_all(c);

    if (r < 0 && !c->difference)
        differ(c, model_format("the round cannot be set up: %s", strerror(-r)));
    for (unsigned i = 0; same && !stopped && i < operations; i++)
        same = compare_random(c) && compare_all(c);
    if (!same && c->model)
        c->dump = model_dump(c->model);
    compare_end(c);
    return same;
}

static void print_comment(const char *text)
{
    putchar('#');
    putchar(' ');
    for (; *text; text++) {
        putchar(*text);
        if (*text == '\n' && text[1])
            printf("# ");
    }
    putchar('\n');
}

static unsigned long argument(int argc, char **argv, int index, unsigned long otherwise)
{
    return index < argc ? strtoul(argv[index], NULL, 0) : otherwise;
}

int compare_main(int argc, char **argv, int version, compare_round round)
{
    unsigned long seed = argument(argc, argv, 1, (unsigned long)time(NULL));
    unsigned long rounds = argument(argc, argv, 2, 5);
    unsigned long operations = argument(argc, argv, 3, 600);
    cleanup_free char *why = NULL;
    struct compare c = {0};
    bool same = true;
    unsigned long i;

    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    if (compare_open(&c, version, &why) < 0) {
        printf("1..0 # SKIP %s\n", why ? why : "out of memory");
        compare_close(&c);
        return 0;
    }
    printf("1..1\n# seed %lu, %lu rounds of %lu operations (arguments: SEED ROUNDS OPERATIONS)\n",
           seed, rounds, operations);
    fflush(stdout);
    for (i = 0; same && !stopped && i < rounds; i++)
        same = run_round(&c, round, seed + i, (unsigned)operations);
    if (!same) {
        printf("# round with seed %lu, the last operations:\n", seed + i - 1);
        print_comment(c.log ? c.log : "");
        printf("# the model's nodes:\n");
        print_comment(c.dump ? c.dump : "");
        print_comment(c.difference);
    }
    printf("%s 1 - the model answers as the v%d kernel does\n", same && !stopped ? "ok" : "not ok",
           version);
    compare_close(&c);
    return same && !stopped ? 0 : 1;
}
