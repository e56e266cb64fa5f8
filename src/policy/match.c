/* Does a policy match a guest? Three answers inside: where the guest's metadata was cut, what asks
 * for metadata is neither true nor false, so that `not` cannot turn ignorance into a match. */
#include "policy/policy_internal.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

enum answer { NO = -1, UNKNOWN = 0, YES = 1 }; /* AND is the least, `not` the negative */

static enum answer both(enum answer a, enum answer b)
{
    return a < b ? a : b;
}

static enum answer match_globs(const struct match_texts *globs, const char *text)
{
    if (globs->count == 0)
        return YES;
    for (size_t i = 0; text && i < globs->count; i++)
        if (fnmatch(globs->texts[i], text, 0) == 0)
            return YES;
    return NO;
}

static enum answer match_uuid(const struct match_texts *uuids, const char *uuid)
{
    for (size_t i = 0; i < uuids->count; i++)
        if (strcasecmp(uuids->texts[i], uuid) == 0)
            return YES;
    return uuids->count == 0 ? YES : NO;
}

static enum answer match_ranges(const struct match_ranges *ranges, uint64_t number)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->ranges[i].low <= number && number <= ranges->ranges[i].high)
            return YES;
    return ranges->count == 0 ? YES : NO;
}

/* One of the values at that path is enough: elements may be repeated. */
static enum answer match_metadata(const struct match_metadata *asked, const struct facts *facts)
{
    for (size_t i = 0; i < facts->metadata_count; i++) {
        const struct facts_metadata *m = &facts->metadata[i];

        if (strcmp(m->path, asked->path) == 0 &&
            strcmp(m->namespace_uri, asked->namespace_uri) == 0 &&
            match_globs(&asked->globs, m->value) == YES)
            return YES;
    }
    return NO;
}

static enum answer match_all(const struct match *match, const struct facts *facts)
{
    enum answer answer = match_globs(&match->name, facts->name);

    answer = both(answer, match_uuid(&match->uuid, facts->uuid));
    answer = both(answer, match_globs(&match->title, facts->title));
    answer = both(answer, match_ranges(&match->vcpus, facts->vcpus_maximum));
    answer = both(answer, match_ranges(&match->memory, facts->memory_maximum));
    for (size_t i = 0; answer != NO && i < match->metadata_count; i++)
        answer = both(answer,
                      facts->metadata_cut ? UNKNOWN : match_metadata(&match->metadata[i], facts));
    if (answer != NO && match->not )
        answer = both(answer, (enum answer) - match_all(match->not, facts));
    return answer;
}

bool match_guest(const struct match *match, const struct facts *facts)
{
    return match_all(match, facts) == YES;
}

static void texts_release(struct match_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->texts[i]);
    free(texts->texts);
}

struct match *match_free(struct match *match)
{
    while (match) {
        struct match *inner = match->not ;

        texts_release(&match->name);
        texts_release(&match->uuid);
        texts_release(&match->title);
        for (size_t i = 0; i < match->metadata_count; i++) {
            free(match->metadata[i].namespace_uri);
            free(match->metadata[i].path);
            texts_release(&match->metadata[i].globs);
        }
        free(match->metadata);
        free(match->vcpus.ranges);
        free(match->memory.ranges);
        free(match);
        match = inner;
    }
    return NULL;
}
