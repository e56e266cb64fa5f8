#include "cgroup/access.h"

#include "base/array.h"
#include "base/error.h"
#include "cgroup/access_error.h"
#include "cgroup/text.h"
#include "cgroup/value.h"

#include <limits.h>
#include <string.h>

/* Lists of tasks are the files that the kernel makes piece by piece. */
static int read_file(const struct kernel *k, int dir, const struct cg_attr *attr, const char *file,
                     struct buffer *into)
{
    bool whole = attr->kind == CG_TASKS || !k->read_piece;

    return (whole ? k->read : k->read_piece)(k, dir, file, into);
}

/* Two files become one text, joined by a space. */
static int read_second(const struct kernel *k, int dir, const struct cg_attr *attr,
                       struct buffer *scratch, struct cg_error **err)
{
    cleanup_buffer struct buffer second = {0};
    int r = read_file(k, dir, attr, attr->second, &second);

    if (r < 0)
        return access_read_error(attr, attr->second, -r, err);
    if (buffer_append(scratch, " ", 1) < 0 ||
        buffer_append(scratch, second.data, second.length) < 0)
        return error_out_of_memory(err);
    return 0;
}

int attr_read(const struct kernel *k, int dir, const struct cg_attr *attr, struct buffer *scratch,
              struct cg_value **ret, struct cg_error **err)
{
    int r;

    if (attr->flags & CG_ATTR_WRITE_ONLY)
        return error_set(err, EACCES,
                         attr->flags & CG_ATTR_READ_ONLY ? "%s can neither be read nor written"
                                                         : "%s can only be written",
                         attr->name);
    r = read_file(k, dir, attr, attr->name, scratch);
    if (r < 0)
        return access_read_error(attr, attr->name, -r, err);
    if (attr->second) {
        r = read_second(k, dir, attr, scratch, err);
        if (r < 0)
            return r;
    }
    return value_parse(attr, scratch->data, VALUE_FROM_KERNEL, ret, err);
}

static int write_text(const struct kernel *k, int dir, const struct cg_attr *attr, const char *file,
                      const char *text, struct cg_error **err)
{
    /* An empty write reaches no kernel file's handler; a newline does and means "nothing". */
    int r = k->write(k, dir, file, *text ? text : "\n");

    return r < 0 ? access_write_error(attr, file, text, -r, err) : 0;
}

static int write_file(const struct kernel *k, int dir, const struct cg_value *value, unsigned index,
                      struct cg_error **err)
{
    const struct cg_attr *attr = value->attr;
    cleanup_free char *text = NULL;
    int r = value_write_text(value, index, &text);

    if (r == -EINVAL)
        return error_set(err, EINVAL, "%s: the value has nothing that can be written", attr->name);
    if (r < 0)
        return error_out_of_memory(err);
    return write_text(k, dir, attr, index ? attr->second : attr->name, text, err);
}

/* The kernel takes one task, one device a write. */
static int write_lines(const struct kernel *k, int dir, const struct cg_value *value,
                       struct cg_error **err)
{
    cleanup_free char *text = NULL;
    char *at, *line;
    int r = value_write_text(value, 0, &text);

    if (r < 0)
        return error_out_of_memory(err);
    if (!*text)
        return error_set(err, EINVAL, "%s: there is nothing to write", value->attr->name);
    at = text;
    while (r == 0 && (line = strsep(&at, "\n")))
        if (*line)
            r = write_text(k, dir, value->attr, value->attr->name, line, err);
    return r;
}

/* Whether the quota is written before the period. Between the two writes the ratio is that of the
 * new one with the old other, or the reverse. Without a limit the group has its parent's ratio
 * (kernel/sched/core.c, tg_cfs_schedulable_down()), which breaks no rule whatever the period: that
 * state is kept as long, or entered as soon, as it can be. Else the products tell which of
 * new quota / old period and old quota / new period is the smaller: both are at most 44 + 20 bits.
 */
static bool quota_first(const struct cg_value *now, const struct cg_value *value, bool has_children)
{
    uint64_t with_quota_first, with_period_first;

    if (now->number == CG_NO_LIMIT || value->number == CG_NO_LIMIT)
        return value->number == CG_NO_LIMIT;
    with_quota_first = value->number * value->period_us;
    with_period_first = now->number * now->period_us;
    return has_children ? with_quota_first >= with_period_first
                        : with_quota_first <= with_period_first;
}

static int write_quota(const struct kernel *k, int dir, const struct cg_value *value,
                       const struct cg_value *now, bool unknown, bool has_children,
                       struct cg_error **err)
{
    unsigned first = quota_first(now, value, has_children) ? 0 : 1;

    for (unsigned i = 0; i < 2; i++) {
        unsigned index = i ? 1 - first : first;
        bool changes =
            index == 0 ? now->number != value->number : now->period_us != value->period_us;
        int r = changes || unknown ? write_file(k, dir, value, index, err) : 0;

        if (r < 0)
            return r;
    }
    return 0;
}

int attr_write(const struct kernel *k, int dir, const struct cg_attr *attr,
               const struct cg_value *value, const struct cg_value *now, bool has_children,
               struct cg_error **err)
{
    cleanup_value struct cg_value *read = NULL;
    cleanup_buffer struct buffer scratch = {0};

    /* The file and the range are the value's, so the two must be one. */
    if (value->attr != attr)
        return error_set(err, EINVAL, "%s takes no value of %s: make one of its own", attr->name,
                         value->attr->name);
    if (attr->flags & CG_ATTR_READ_ONLY)
        return error_set(err, EACCES, "%s can only be read", attr->name);
    if (now && cg_value_equal(now, value))
        return 0;
    if (value_is_lines(attr->kind) && !attr->words)
        return write_lines(k, dir, value, err);
    if (!attr->second)
        return write_file(k, dir, value, 0, err);
    if (!now) {
        int r = attr_read(k, dir, attr, &scratch, &read, err);

        if (r < 0)
            return r;
    }
    return write_quota(k, dir, value, now ? now : read, !now, has_children, err);
}

static int numbers_parse(const char *text, pid_t **ret, size_t *ret_count)
{
    cleanup_free pid_t *list = NULL;
    size_t count = 0, size = 0;

    for (;;) {
        uint64_t number;

        while (text_is_space(*text))
            text++;
        if (!*text)
            break;
        if (text_number(&text, &number) < 0 || number > INT_MAX)
            return -EINVAL;
        if (array_grow(&list, count, &size) < 0)
            return -ENOMEM;
        list[count++] = (pid_t)number;
    }
    *ret = steal_pointer(&list);
    *ret_count = count;
    return 0;
}

static int list_read(const struct kernel *k, int dir, const char *file, struct buffer *scratch,
                     pid_t **ret, size_t *ret_count, struct cg_error **err)
{
    int r = k->read(k, dir, file, scratch);

    if (r == 0)
        r = numbers_parse(scratch->data, ret, ret_count);
    if (r == -EOPNOTSUPP)
        return error_set(err, EOPNOTSUPP,
                         "%s: a threaded group has threads, its processes are in "
                         "the group above it that is not threaded",
                         file);
    return r < 0 ? error_set(err, -r, "%s: %s", file, strerror(-r)) : 0;
}

int threads_read(const struct kernel *k, int dir, int version, struct buffer *scratch, pid_t **ret,
                 size_t *ret_count, struct cg_error **err)
{
    return list_read(k, dir, version == 1 ? "tasks" : "cgroup.threads", scratch, ret, ret_count,
                     err);
}

int processes_read(const struct kernel *k, int dir, struct buffer *scratch, pid_t **ret,
                   size_t *ret_count, struct cg_error **err)
{
    return list_read(k, dir, "cgroup.procs", scratch, ret, ret_count, err);
}
