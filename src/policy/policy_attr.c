/* The constant table behind policies. It converts nothing (see convert.c) and reads no JSON. */
#include "policy/policy_attr.h"

#include <string.h>

#define WORD_MAX 64 /* bytes; nobody means a known word by a longer one */

const char *const policy_controllers[] = {"cpu", "cpuset", "memory", NULL};

const struct policy_attribute_row policy_attributes[POLICY_ATTRIBUTES] = {
    [POLICY_WEIGHT] = {.written = {"cpu.shares", "cpu.weight"},
                       .kernel = {"cpu.shares", "cpu.weight"},
                       .kind = POLICY_KIND_WEIGHT},
    [POLICY_QUOTA] = {.written = {"cpu.cfs_quota_us", "cpu.max"},
                      .kernel = {"cpu.cfs_quota_us", "cpu.max"},
                      .second = "cpu.cfs_period_us",
                      .kind = POLICY_KIND_QUOTA},
    [POLICY_BURST] = {.written = {NULL, "cpu.max_burst"},
                      .kernel = {NULL, "cpu.max.burst"},
                      .kind = POLICY_KIND_TIME},
    [POLICY_CPUS] = {.written = {"cpuset.cpus", "cpuset.cpus"},
                     .kernel = {"cpuset.cpus", "cpuset.cpus"},
                     .kind = POLICY_KIND_LIST},
    [POLICY_MEMS] = {.written = {"cpuset.mems", "cpuset.mems"},
                     .kernel = {"cpuset.mems", "cpuset.mems"},
                     .kind = POLICY_KIND_LIST,
                     .vm_only = true},
    [POLICY_LIMIT] = {.written = {"memory.limit_in_bytes", "memory.max"},
                      .kernel = {"memory.limit_in_bytes", "memory.max"},
                      .kind = POLICY_KIND_SIZE,
                      .vm_only = true,
                      .minus_one = true},
    [POLICY_SWAP] = {.written = {"memory.memsw_limit_in_bytes", "memory.swap_max"},
                     .kernel = {"memory.memsw.limit_in_bytes", "memory.swap.max"},
                     .kind = POLICY_KIND_SIZE,
                     .vm_only = true,
                     .minus_one = true},
    [POLICY_SOFT_LIMIT] = {.written = {"memory.soft_limit_in_bytes", NULL},
                           .kernel = {"memory.soft_limit_in_bytes", NULL},
                           .kind = POLICY_KIND_SIZE,
                           .vm_only = true,
                           .minus_one = true},
    [POLICY_HIGH] = {.written = {NULL, "memory.high"},
                     .kernel = {NULL, "memory.high"},
                     .kind = POLICY_KIND_SIZE,
                     .vm_only = true,
                     .minus_one = true},
    [POLICY_LOW] = {.written = {NULL, "memory.low"},
                    .kernel = {NULL, "memory.low"},
                    .kind = POLICY_KIND_SIZE,
                    .vm_only = true},
    [POLICY_MIN] = {.written = {NULL, "memory.min"},
                    .kernel = {NULL, "memory.min"},
                    .kind = POLICY_KIND_SIZE,
                    .vm_only = true},
};

int policy_key_find_written(const char *written, struct policy_key *ret)
{
    for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++) {
        const struct policy_attribute_row *row = &policy_attributes[a];
        bool v1 = row->written[0] && strcmp(row->written[0], written) == 0;
        bool v2 = row->written[1] && strcmp(row->written[1], written) == 0;
        bool second = row->second && strcmp(row->second, written) == 0;

        if (!v1 && !v2 && !second)
            continue;
        *ret = (struct policy_key){.attribute = a,
                                   .version = v1 && v2 ? 0
                                              : v2     ? 2
                                                       : 1,
                                   .second = second};
        return 0;
    }
    return -ENOENT;
}

int policy_key_find(const char *controller, const char *key, struct policy_key *ret)
{
    char written[WORD_MAX];
    int n = snprintf(written, sizeof(written), "%s.%s", controller, key);

    if (n < 0 || (size_t)n >= sizeof(written))
        return -ENOENT;
    return policy_key_find_written(written, ret);
}

const char *policy_attribute_written(enum policy_attribute attribute, int version)
{
    const struct policy_attribute_row *row = &policy_attributes[attribute];

    return version == 2 || !row->written[0] ? row->written[1] : row->written[0];
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other
 * (optimal string alignment). Words of WORD_MAX bytes and more are far from all. */
static unsigned distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    unsigned rows[3][WORD_MAX + 1];

    if (la >= WORD_MAX || lb >= WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= la; i++) {
        unsigned *before = rows[(i + 1) % 3], *above = rows[(i + 2) % 3], *row = rows[i % 3];

        row[0] = i;
        for (unsigned j = 1; j <= lb; j++) {
            row[j] =
                least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j] + 1, row[j - 1] + 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[la % 3][lb];
}

const char *nearest_word(const char *word, const char *const *candidates)
{
    const char *found = NULL, *begun = NULL;
    size_t length = strlen(word);
    /* Three letters wrong are another word; in a short word, two are. */
    unsigned best = length < 4 ? 2 : 3;

    for (; *candidates; candidates++) {
        unsigned d = distance(word, *candidates);

        if (d < best && d < strlen(*candidates)) {
            best = d;
            found = *candidates;
        }
        if (!begun && length > 2 && strncmp(*candidates, word, length) == 0)
            begun = *candidates;
    }
    return found ? found : begun;
}

void policy_keys(const char *controller, const char *into[POLICY_KEYS_SIZE])
{
    size_t length = controller ? strlen(controller) : 0, n = 0;

    for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++) {
        const struct policy_attribute_row *row = &policy_attributes[a];
        const char *names[] = {row->written[0], row->second, row->written[1]};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            if (!names[i] || (i == 2 && names[0] && strcmp(names[0], names[2]) == 0))
                continue;
            if (!controller)
                into[n++] = names[i];
            else if (strncmp(names[i], controller, length) == 0 && names[i][length] == '.')
                into[n++] = names[i] + length + 1;
        }
    }
    into[n] = NULL;
}

bool word_in(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

int policy_attribute_face(const struct host *host, enum policy_attribute attribute,
                          const struct cg_attr **ret)
{
    const struct policy_attribute_row *row = &policy_attributes[attribute];

    for (size_t v = 0; v < ARRAY_SIZE(row->kernel); v++)
        if (row->kernel[v] && attr_find(host->mounts, row->kernel[v], ret) == 0)
            return 0;
    return -EOPNOTSUPP;
}
