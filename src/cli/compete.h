/* Where guests compete for CPU time with weights of two kinds. libvirt does not convert: on v2 its
 * cpu_shares 2048 is the weight 2048, a policy's is the weight 200. Each is what its owner wrote;
 * that they do not fit together, only a look at all the guests can tell. */
#ifndef CLI_COMPETE_H
#define CLI_COMPETE_H

#include "cli/session.h"

/* Looks at every guest that runs, whichever the command is about. *ret is a sentence for the user,
 * NULL where there is nothing to say; free(). 0 or -ENOMEM. */
int compete_look(const struct session *session, char **ret) must_check;

#endif
