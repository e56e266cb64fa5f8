/* What decides what root does to guests is read only where nobody else can have written it. */
#ifndef BASE_TRUST_H
#define BASE_TRUST_H

#include "base/error.h"

#include <sys/stat.h>

/* Does the open file or folder belong to root or to `owner`, and may its owner alone write to it?
 * -EPERM: no; the error tells why, and how to mend it, of `what` ("the file"). */
int trust_check(const struct stat *status, uid_t owner, const char *what,
                struct cg_error **err) must_check;

#endif
