/* Says of each file on the command line whether it is a policy, and prints every problem: what
 * policy_corpus.py compares with the schema and with the messages of record. No trust, no folders.
 */
#include "base/buffer.h"
#include "policy/policy.h"

#include <fcntl.h>
#include <string.h>

static int check(const char *path)
{
    cleanup_buffer struct buffer text = {0};
    cleanup_policy_set struct policy_set *set = NULL;
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct policy_problems problems = {0};
    const char *slash = strrchr(path, '/');
    int r = fd < 0 ? -errno : buffer_read(&text, fd, 1u << 20);

    if (r < 0)
        return r;
    r = policy_parse(slash ? slash + 1 : path, text.data, text.length, &set, &problems);
    printf("%s\t%s\n", path, r == 0 ? "good" : "bad");
    for (size_t i = 0; i < problems.count; i++) {
        cleanup_free char *line = policy_problem_text(&problems.problems[i]);

        printf("\t%s\n", line ? line : "out of memory");
    }
    policy_problems_release(&problems);
    return r == -ENOMEM ? r : 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int r = check(argv[i]);

        if (r < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
            return 1;
        }
    }
    return 0;
}
