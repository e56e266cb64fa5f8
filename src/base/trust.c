#include "base/trust.h"

int trust_check(const struct stat *status, uid_t owner, const char *what, struct cg_error **err)
{
    if (status->st_uid != 0 && status->st_uid != owner)
        return error_set(err, EPERM, "%s belongs to the user %u: only root%s may own it (chown)",
                         what, (unsigned)status->st_uid, owner ? " or the user of vmpin" : "");
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return error_set(err, EPERM,
                         "%s may be written by %s (mode %04o): only its owner may (chmod go-w)",
                         what, status->st_mode & S_IWOTH ? "everyone" : "its group",
                         (unsigned)status->st_mode & 07777);
    return 0;
}
