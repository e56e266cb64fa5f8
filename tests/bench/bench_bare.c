/* `vmpin plan` without vmpin: a process that reads the files of a list once. */
#include "bare.h"

int main(int argc, char **argv)
{
    struct bare bare = bare_load(argc > 1 ? argv[1] : "");

    bare_run(&bare);
    bare_release(&bare);
    return 0;
}
