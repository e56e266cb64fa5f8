/* Exit statuses, as sysexits.h numbers them where it has a number. Several things may happen in
 * one run; which one the status tells is decided here alone. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include <sysexits.h>

#define EXIT_GUEST   1 /* a guest failed or is unknown, or vmpin itself failed */
#define EXIT_PENDING 2 /* changes are pending (plan, status) */

enum happened {
    HAPPENED_USAGE = 1,
    HAPPENED_POLICY = 2,      /* a policy file is wrong */
    HAPPENED_UNAVAILABLE = 4, /* no libvirt, no control groups */
    HAPPENED_PERMISSION = 8,
    HAPPENED_GUEST = 16,
    HAPPENED_PENDING = 32,
};

/* The status of the first of `happened` (a union of enum happened) in the order above; 0: none. */
int exit_status(unsigned happened);

#endif
