/* Sets of CPUs or memory nodes: a bit map as long as its highest member needs, in one allocation,
 * since an agent keeps thousands of them. It knows neither "all" nor "^": what exists on a host is
 * for others to say. */
#include "cgroup/set.h"

#include "base/buffer.h"
#include "base/error.h"
#include "cgroup/text.h"

#include <string.h>

#define WORD_BITS 64u

struct cg_set {
    unsigned references;
    unsigned words; /* the last one is not zero, so that equal sets have equal bytes */
    uint64_t bits[];
};

/* What is being made: always room for every member, so that making needs no growing. */
struct draft {
    unsigned words; /* that may be not zero */
    uint64_t bits[(CG_SET_MAX + 1) / WORD_BITS];
};

static int set_from_words(const uint64_t *bits, size_t words, struct cg_set **ret)
{
    struct cg_set *set;

    while (words > 0 && bits[words - 1] == 0)
        words--;
    set = malloc(sizeof(*set) + words * sizeof(bits[0]));
    if (!set)
        return -ENOMEM;
    set->references = 1;
    set->words = (unsigned)words;
    memcpy(set->bits, bits, words * sizeof(bits[0]));
    *ret = set;
    return 0;
}

/* One region of the list: FIRST[-LAST[:USED/GROUP]]. */
struct region {
    uint64_t first, last, used, group;
};

static int region_parse(const char **at, struct region *ret)
{
    struct region region = {.used = 1, .group = 1};
    int r = text_number(at, &region.first);

    if (r < 0)
        return r;
    region.last = region.first;
    if (**at == '-') {
        ++*at;
        r = text_number(at, &region.last);
        if (r == 0 && **at == ':') {
            ++*at;
            r = text_number(at, &region.used);
            if (r == 0 && *(*at)++ != '/')
                r = -EINVAL;
            if (r == 0)
                r = text_number(at, &region.group);
        }
        if (r < 0)
            return r;
    }
    if (region.first > region.last || region.group == 0 || region.used > region.group)
        return -EINVAL;
    if (region.last > CG_SET_MAX)
        return -ERANGE;
    *ret = region;
    return 0;
}

static void draft_add(struct draft *draft, const struct region *region)
{
    unsigned words = (unsigned)region->last / WORD_BITS + 1;

    if (words > draft->words) {
        memset(draft->bits + draft->words, 0, (words - draft->words) * sizeof(draft->bits[0]));
        draft->words = words;
    }
    for (uint64_t n = region->first; n <= region->last; n++)
        if ((n - region->first) % region->group < region->used)
            draft->bits[n / WORD_BITS] |= UINT64_C(1) << n % WORD_BITS;
}

static bool is_separator(char c)
{
    return c == ',' || text_is_space(c);
}

static int list_error(struct cg_error **err, int r, const char *list, const char *at)
{
    cleanup_free char *quoted = text_quote(list);

    if (!quoted)
        return error_out_of_memory(err);
    if (r == -ERANGE)
        return error_set(err, ERANGE, "%s: a CPU or node number is at most %d", quoted, CG_SET_MAX);
    return error_set(err, EINVAL, "%s is not a list such as \"0-3,8\" (at character %zu)", quoted,
                     (size_t)(at - list) + 1);
}

int cg_set_parse(const char *list, struct cg_set **ret, struct cg_error **err)
{
    struct draft draft;
    const char *at = list;
    int r;

    draft.words = 0;
    for (;;) {
        const char *start;
        struct region region;

        while (is_separator(*at))
            at++;
        if (!*at)
            break;
        start = at;
        r = region_parse(&at, &region);
        if (r == 0 && *at && !is_separator(*at))
            r = -EINVAL;
        if (r < 0)
            return list_error(err, r, list, start);
        draft_add(&draft, &region);
    }
    r = set_from_words(draft.bits, draft.words, ret);
    return r < 0 ? error_out_of_memory(err) : 0;
}

int cg_set_format(const struct cg_set *set, char **ret_list)
{
    cleanup_buffer struct buffer list = {0};
    int r = buffer_append(&list, "", 0);

    for (int first = cg_set_next(set, -1); r == 0 && first >= 0;) {
        char text[32];
        int last = first, next = cg_set_next(set, first), n;

        while (next == last + 1) {
            last = next;
            next = cg_set_next(set, last);
        }
        n = snprintf(text, sizeof(text), "%s%d", list.length ? "," : "", first);
        if (last > first)
            n += snprintf(text + n, sizeof(text) - (size_t)n, "-%d", last);
        r = buffer_append(&list, text, (size_t)n);
        first = next;
    }
    if (r == 0)
        *ret_list = steal_pointer(&list.data);
    return r;
}

int cg_set_from_bits(const unsigned long *bits, size_t words, struct cg_set **ret)
{
    const unsigned width = sizeof(bits[0]) * 8;
    struct draft draft;

    while (words > 0 && bits[words - 1] == 0)
        words--;
    if (words > (CG_SET_MAX + 1) / width)
        return -ERANGE;
    draft.words = (unsigned)((words * width + WORD_BITS - 1) / WORD_BITS);
    memset(draft.bits, 0, draft.words * sizeof(draft.bits[0]));
    for (size_t i = 0; i < words; i++)
        draft.bits[i * width / WORD_BITS] |= (uint64_t)bits[i] << i * width % WORD_BITS;
    return set_from_words(draft.bits, draft.words, ret);
}

struct cg_set *cg_set_ref(struct cg_set *set)
{
    if (set)
        set->references++;
    return set;
}

struct cg_set *cg_set_unref(struct cg_set *set)
{
    if (set && --set->references == 0)
        free(set);
    return NULL;
}

int cg_set_next(const struct cg_set *set, int after)
{
    unsigned n = after < 0 ? 0 : (unsigned)after + 1;

    for (unsigned word = n / WORD_BITS, skip = n % WORD_BITS; word < set->words; word++, skip = 0) {
        uint64_t rest = set->bits[word] >> skip << skip;

        if (rest)
            return (int)(word * WORD_BITS) + __builtin_ctzll(rest);
    }
    return -1;
}

size_t cg_set_count(const struct cg_set *set)
{
    size_t count = 0;

    for (unsigned i = 0; i < set->words; i++)
        count += (size_t)__builtin_popcountll(set->bits[i]);
    return count;
}

bool cg_set_has(const struct cg_set *set, unsigned member)
{
    return member / WORD_BITS < set->words &&
           (set->bits[member / WORD_BITS] >> member % WORD_BITS & 1);
}

bool cg_set_equal(const struct cg_set *a, const struct cg_set *b)
{
    return a->words == b->words && memcmp(a->bits, b->bits, a->words * sizeof(a->bits[0])) == 0;
}

bool cg_set_contains(const struct cg_set *set, const struct cg_set *part)
{
    if (part->words > set->words)
        return false;
    for (unsigned i = 0; i < part->words; i++)
        if (part->bits[i] & ~set->bits[i])
            return false;
    return true;
}

enum operation { UNION, INTERSECTION, DIFFERENCE };

static int combine(const struct cg_set *a, const struct cg_set *b, enum operation operation,
                   struct cg_set **ret)
{
    unsigned words = a->words > b->words ? a->words : b->words;
    struct draft draft;

    for (unsigned i = 0; i < words; i++) {
        uint64_t left = i < a->words ? a->bits[i] : 0, right = i < b->words ? b->bits[i] : 0;

        draft.bits[i] = operation == UNION          ? left | right
                        : operation == INTERSECTION ? left & right
                                                    : left & ~right;
    }
    return set_from_words(draft.bits, words, ret);
}

int cg_set_union(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret)
{
    return combine(a, b, UNION, ret);
}

int cg_set_intersection(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret)
{
    return combine(a, b, INTERSECTION, ret);
}

int cg_set_difference(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret)
{
    return combine(a, b, DIFFERENCE, ret);
}
