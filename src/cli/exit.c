/* One table, in the order of precedence that vmpin(1) promises to scripts. */
#include "cli/exit.h"

#include "base/cleanup.h"

int exit_status(unsigned happened)
{
    static const struct {
        enum happened happened;
        int status;
    } order[] = {
        {HAPPENED_USAGE, EX_USAGE},
        {HAPPENED_POLICY, EX_DATAERR},
        {HAPPENED_UNAVAILABLE, EX_UNAVAILABLE},
        {HAPPENED_PERMISSION, EX_NOPERM},
        {HAPPENED_GUEST, EXIT_GUEST},
        {HAPPENED_PENDING, EXIT_PENDING},
    };

    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        if (happened & order[i].happened)
            return order[i].status;
    }
    return 0;
}
