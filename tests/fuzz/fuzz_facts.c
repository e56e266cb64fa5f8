/* Any bytes as a line of the helper: a message that is told back as it was, or one refusal. */
#include "guest/message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_error struct cg_error *err = NULL;
    cleanup_message struct message first = {0}, second = {0};
    cleanup_free char *line = NULL, *again = NULL;

    if (message_parse((const char *)data, size, &first, &err) < 0) {
        if (!err || first.type || first.facts)
            abort();
        return 0;
    }
    if (message_format(&first, &line) < 0 || message_parse(line, strlen(line), &second, NULL) < 0 ||
        message_format(&second, &again) < 0 || strcmp(line, again) != 0)
        abort();
    if (first.facts && !facts_equal(first.facts, second.facts))
        abort();
    return 0;
}
