/* Any bytes as a domain's XML, or as libvirt's status file: facts that can be told as a line, or
 * one refusal. */
#include "guest/message.h"
#include "helper/domain_xml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct facts *facts)
{
    size_t bytes = facts->title ? strlen(facts->title) : 0;

    if (!facts->name || !facts->uuid[0] || facts->running != (facts->id >= 0))
        abort();
    for (size_t i = 0; i < facts->metadata_count; i++)
        bytes += strlen(facts->metadata[i].path) + strlen(facts->metadata[i].value);
    if (bytes > 2 * METADATA_LIMIT)
        abort();
}

static void try(const uint8_t *data, size_t size,
                int parse(const char *, size_t, const char *, struct facts **, struct cg_error **))
{
    cleanup_error struct cg_error *err = NULL;
    cleanup_message struct message message = {.type = MESSAGE_GUEST, .event = EVENT_LIST};
    cleanup_free char *line = NULL;
    int r = parse((const char *)data, size, "qemu", &message.facts, &err);

    if (r < 0) {
        if (!err || message.facts)
            abort();
        return;
    }
    if (!message.facts)
        return; /* it is not being started */
    check(message.facts);
    if (message_format(&message, &line) == 0) {
        cleanup_message struct message again = {0};

        if (message_parse(line, strlen(line), &again, NULL) < 0 ||
            !facts_equal(message.facts, again.facts))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try(data, size, domain_xml_parse);
    try(data, size, domain_status_parse);
    return 0;
}
