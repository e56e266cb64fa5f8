/* Block I/O: v2's io and v1's blkio. What io.max limits, blkio.throttle.* does; they are no
 * counterparts, since their values are of different kinds. blkio.io_* and the other files without
 * "throttle" or "bfq" are CFQ's, gone in Linux 5.0. Sources: cgroup-v2.rst, "IO";
 * Documentation/admin-guide/cgroup-v1/blkio-controller.rst, Documentation/block/bfq-iosched.rst;
 * block/blk-throttle.c, blk-iocost.c, blk-iolatency.c, blk-ioprio.c, bfq-cgroup.c. */
#include "cgroup/attr_tables.h"

#define CLASSES    WORDS("no-change", "promote-to-rt", "restrict-to-be", "idle", "none-to-rt")
#define WEIGHTS(n) ATTR("io", 2, n, CG_WEIGHTS), .flags = CG_ATTR_NOT_ON_ROOT
#define LIMITS(n)  ATTR("io", 2, n, CG_NESTED), .says_max = true, .flags = CG_ATTR_NOT_ON_ROOT

const struct cg_attr attr_io[] = {
    {WEIGHTS("io.weight"), RANGE(1, 10000)},
    {WEIGHTS("io.bfq.weight"), RANGE(1, 1000)},
    {LIMITS("io.max")},
    {LIMITS("io.low")},
    {LIMITS("io.latency")},
    /* io.latency's depth may be "max". */
    {ATTR("io", 2, "io.stat", CG_NESTED), .says_max = true, .flags = CG_ATTR_READ_ONLY},
    {ATTR("io", 2, "io.prio.class", CG_WORD), CLASSES},
    {ATTR("io", 2, "io.cost.qos", CG_TEXT), .flags = CG_ATTR_ONLY_ON_ROOT},
    {ATTR("io", 2, "io.cost.model", CG_TEXT), .flags = CG_ATTR_ONLY_ON_ROOT},
    {0},
};

#define V1(name_, kind_) ATTR("blkio", 1, name_, kind_)
/* The kernel keeps bytes in 64 bits, operations in 32, and cuts what is larger. */
#define RATE(name_, max_)                                                                          \
    {                                                                                              \
        V1("blkio.throttle." name_ "_device", CG_RATES), RANGE(0, max_)                            \
    }
#define ONE(name_)                                                                                 \
    {                                                                                              \
        V1(name_, CG_SPLIT), .flags = CG_ATTR_READ_ONLY                                            \
    }
/* A counter of the group's own, and of all below it. */
#define COUNTER(name_) ONE(name_), ONE(name_ "_recursive")
/* Those of a scheduler: of every kernel, and of one built to debug it. */
#define COUNTERS(prefix_) COUNTER(prefix_ "io_service_bytes"), COUNTER(prefix_ "io_serviced")
#define MORE_COUNTERS(prefix_)                                                                     \
    COUNTER(prefix_ "time"), COUNTER(prefix_ "sectors"), COUNTER(prefix_ "io_service_time"),       \
        COUNTER(prefix_ "io_wait_time"), COUNTER(prefix_ "io_merged"),                             \
        COUNTER(prefix_ "io_queued"), ONE(prefix_ "avg_queue_size"),                               \
        ONE(prefix_ "group_wait_time"), ONE(prefix_ "idle_time"), ONE(prefix_ "empty_time"),       \
        ONE(prefix_ "dequeue")

const struct cg_attr attr_blkio[] = {
    RATE("read_bps", ATTR_ANY),
    RATE("write_bps", ATTR_ANY),
    RATE("read_iops", UINT32_MAX),
    RATE("write_iops", UINT32_MAX),
    COUNTERS("blkio.throttle."),
    COUNTERS("blkio.bfq."),
    MORE_COUNTERS("blkio.bfq."),
    {V1("blkio.bfq.weight", CG_UINT), RANGE(1, 1000), .flags = CG_ATTR_NOT_ON_ROOT},
    {V1("blkio.bfq.weight_device", CG_WEIGHTS), RANGE(1, 1000), .flags = CG_ATTR_NOT_ON_ROOT},
    {V1("blkio.prio.class", CG_WORD), CLASSES},
    {V1("blkio.reset_stats", CG_UINT), RANGE(0, ATTR_ANY), .flags = CG_ATTR_WRITE_ONLY},
    COUNTERS("blkio."),
    MORE_COUNTERS("blkio."),
    {V1("blkio.weight", CG_UINT), RANGE(10, 1000)},
    {V1("blkio.leaf_weight", CG_UINT), RANGE(10, 1000)},
    {0},
};
