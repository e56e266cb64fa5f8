/* A child process that runs on in this program's own code, for one thing that blocks. */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* fork(2), for a program of one thread: its child may allocate memory. Returns 0 in the child,
 * which has nothing open but `keep` (sorted here) and the standard streams, so that no lock and no
 * pipe of the parent lives on in it, and which is killed when the parent ends. It must leave by
 * _exit(2). -errno. */
pid_t child_fork(int *keep, size_t count);

#endif
