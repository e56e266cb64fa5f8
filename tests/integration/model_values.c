/* Values to write: most of them good, many at the edge, some wrong. */
#include "integration/model_compare.h"

#include "model/model_internal.h"

#include <string.h>

/* xorshift64*: the same on every host, so that a seed tells the whole story. */
uint64_t compare_pick(struct compare *c, uint64_t below)
{
    c->random ^= c->random >> 12;
    c->random ^= c->random << 25;
    c->random ^= c->random >> 27;
    return (c->random * UINT64_C(2685821657736338717) >> 11) % below;
}

#define PICK(c, list) ((list)[compare_pick((c), ARRAY_SIZE(list))])

static char *random_list(struct compare *c, const struct cg_set *existing)
{
    static const char *const odd[] = {
        "",        "\n",      " ",     "a",      "-",       "1-0",        "0-",
        "0,",      ",0",      "0,,0",  "0 1",    "all",     "0-N",        "N",
        "0-1:1/2", "0-N:2/3", "0-1:1", "0-1:/2", "0-1:2/1", "0-1:0/1",    "64",
        "999",     "0-999",   "1025",  "00",     "0x1",     "4294967295", "99999999999",
        "-1",      "^0",      "0\n1",  "0,64,a", "0-63",    "max",
    };
    cleanup_buffer struct buffer text = {0};
    bool first = true;
    uint64_t rarity = compare_pick(c, 3) == 0 ? cg_set_count(existing) : 2;

    if (compare_pick(c, 4) == 0)
        return model_format("%s", PICK(c, odd));
    model_put(&text, "%s", compare_pick(c, 10) == 0 ? " " : "");
    for (int n = cg_set_next(existing, -1); n >= 0; n = cg_set_next(existing, n)) {
        if (compare_pick(c, rarity) != 0)
            continue;
        model_put(&text, "%s%d", first ? "" : ",", n);
        first = false;
    }
    model_put(&text, "%s", compare_pick(c, 3) == 0 ? "\n" : "");
    return steal_pointer(&text.data);
}

static char *random_bytes(struct compare *c, const struct spot *spot)
{
    static const char *const words[] = {"-1",
                                        "max",
                                        "0x10000000",
                                        "1G",
                                        "1g\n",
                                        " 256M ",
                                        "-2",
                                        "1GB",
                                        "1e",
                                        "64T",
                                        "18446744073709551615",
                                        "9223372036854775807",
                                        "9223372036854771712",
                                        "infinity",
                                        "99999999999999999999",
                                        "010000000000"};
    static const char *const small[] = {"0",  "4095", "4096", "4097", "16E",
                                        "1M", "k",    "",     "\n",   "abc"};

    switch (compare_pick(c, 4)) {
    case 0:
        return model_format("%s", PICK(c, words));
    case 1: /* in between the kernel may or may not be able to free some */
        if (spot->used ? spot->tree->hierarchy->version == 1 : compare_is_leaf(spot))
            return model_format("%s", PICK(c, small));
    }
    return model_format("%llu", 4ull * COMPARE_USED + compare_pick(c, 1u << 30));
}

/* Microseconds; often such that shares of a CPU are equal. */
static char *random_time(struct compare *c)
{
    unsigned long long us =
        compare_pick(c, 2) ? 25000 * (1 + compare_pick(c, 4)) : 1000 + compare_pick(c, 200000);

    return model_format("%llu", us);
}

static char *random_max(struct compare *c)
{
    static const char *const odd[] = {"max",
                                      "max\n",
                                      "max 1000",
                                      "max x",
                                      "50000",
                                      "x",
                                      "-1",
                                      "",
                                      "\n",
                                      "999",
                                      "1000",
                                      "1000 999",
                                      "1000 1000001",
                                      " 2000  3000",
                                      "5000x 9000",
                                      "max 5000 7",
                                      "17592186044415 1000000",
                                      "17592186044416 1000000"};

    cleanup_free char *quota = NULL, *period = NULL;

    if (compare_pick(c, 3) == 0)
        return model_format("%s", PICK(c, odd));
    quota = random_time(c);
    period = random_time(c);
    return model_format("%s %s", quota, period);
}

static char *random_subtree(struct compare *c)
{
    static const char *const words[] = {"+cpu",
                                        "-cpu",
                                        "+cpuset",
                                        "-cpuset",
                                        "+memory",
                                        "-memory",
                                        "+cpu +cpuset",
                                        "+nothing",
                                        "cpu",
                                        "+cpu -cpu",
                                        "+cpu +cpuset +memory\n"};

    return model_format("%s", PICK(c, words));
}

char *compare_value(struct compare *c, const struct spot *spot, enum compare_kind kind)
{
    static const char *const shares[] = {"0",
                                         "1",
                                         "2",
                                         "3",
                                         "1024",
                                         "262144",
                                         "262145",
                                         "-1",
                                         "x",
                                         "18446744073709551615",
                                         "18446744073709551616",
                                         "0x400",
                                         "0100",
                                         "+5",
                                         " 7",
                                         "8\n",
                                         "9 ",
                                         "\n",
                                         ""};
    static const char *const weights[] = {"0",     "1",     "2", "3",  "99", "100", "101", "9999",
                                          "10000", "10001", "x", "-1", "\n", "",    "7\n", "0x10"};
    static const char *const quotas[] = {"-1",
                                         "-2",
                                         "0",
                                         "999",
                                         "1000",
                                         "1001",
                                         "x",
                                         "",
                                         "17592186044415",
                                         "17592186044416",
                                         "-1\n",
                                         "9223372036854775807",
                                         "9223372036854775808"};
    static const char *const periods[] = {
        "0", "999", "1000", "1000000", "1000001", "-1", "x", "100000", "18446744073709551615"};
    static const char *const flags[] = {"0", "1", "2", "x", "1\n"};
    bool edge = compare_pick(c, 2);

    switch (kind) {
    case COMPARE_CPUS:
        return random_list(c, c->host->cpus_present);
    case COMPARE_MEMS:
        return random_list(c, c->host->nodes_online);
    case COMPARE_FLAG:
        return model_format("%s", PICK(c, flags));
    case COMPARE_SHARES:
        return edge ? model_format("%s", PICK(c, shares))
                    : model_format("%llu", (unsigned long long)compare_pick(c, 5000));
    case COMPARE_WEIGHT:
        return edge ? model_format("%s", PICK(c, weights))
                    : model_format("%llu", (unsigned long long)compare_pick(c, 10002));
    case COMPARE_QUOTA:
        return edge ? model_format("%s", PICK(c, quotas)) : random_time(c);
    case COMPARE_PERIOD:
        return edge ? model_format("%s", PICK(c, periods)) : random_time(c);
    case COMPARE_MAX:
        return random_max(c);
    case COMPARE_BYTES:
        return random_bytes(c, spot);
    case COMPARE_SUBTREE:
        return random_subtree(c);
    case COMPARE_READ:
        break;
    }
    return model_format("1");
}
