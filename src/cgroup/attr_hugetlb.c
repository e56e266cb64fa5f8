/* The hugetlb controller. Its files bear the size of the huge page, so the rows are made once for
 * each size that a kernel of today may have; a host has those of its architecture. Sources:
 * Documentation/admin-guide/cgroup-v1/hugetlb.rst and cgroup-v2.rst, "HugeTLB"; mm/hugetlb_cgroup.c
 * (mem_fmt() writes the size), arch/x86, arm64, riscv, s390 and powerpc, hugetlbpage.c. */
#include "cgroup/attr_tables.h"

#define FILE_OF(version_, size_, name_, kind_)                                                     \
    ATTR("hugetlb", version_, "hugetlb." size_ name_, kind_)
#define OTHER(size_, name_) .counterpart = "hugetlb." size_ name_
/* Rounded down to the huge page. */
#define LIMIT(version_, size_, shift_, name_, other_, more_flags_)                                 \
    {                                                                                              \
        FILE_OF(version_, size_, name_, CG_SIZE), SIZES,                                           \
            .page_shift = (shift_), .flags = CG_ATTR_PAGE_ROUNDED | (more_flags_),                 \
            OTHER(size_, other_)                                                                   \
    }
#define USAGE(version_, size_, name_, other_, more_flags_)                                         \
    {                                                                                              \
        FILE_OF(version_, size_, name_, CG_SIZE), SIZES,                                           \
            .flags = CG_ATTR_READ_ONLY | (more_flags_), OTHER(size_, other_)                       \
    }
#define SHOWN(version_, size_, name_, kind_, more_flags_)                                          \
    {                                                                                              \
        FILE_OF(version_, size_, name_, kind_), .flags = CG_ATTR_READ_ONLY | (more_flags_)         \
    }
#define AGAIN(size_, name_, kind_)                                                                 \
    {                                                                                              \
        FILE_OF(1, size_, name_, kind_), RESET                                                     \
    }

#define V1(size_, shift_)                                                                          \
    LIMIT(1, size_, shift_, ".limit_in_bytes", ".max", 0),                                         \
        LIMIT(1, size_, shift_, ".rsvd.limit_in_bytes", ".rsvd.max", 0),                           \
        USAGE(1, size_, ".usage_in_bytes", ".current", 0),                                         \
        USAGE(1, size_, ".rsvd.usage_in_bytes", ".rsvd.current", 0),                               \
        AGAIN(size_, ".max_usage_in_bytes", CG_SIZE),                                              \
        AGAIN(size_, ".rsvd.max_usage_in_bytes", CG_SIZE), AGAIN(size_, ".failcnt", CG_UINT),      \
        AGAIN(size_, ".rsvd.failcnt", CG_UINT), SHOWN(1, size_, ".numa_stat", CG_NESTED, 0)
#define V2(size_, shift_)                                                                          \
    LIMIT(2, size_, shift_, ".max", ".limit_in_bytes", CG_ATTR_NOT_ON_ROOT),                       \
        LIMIT(2, size_, shift_, ".rsvd.max", ".rsvd.limit_in_bytes", CG_ATTR_NOT_ON_ROOT),         \
        USAGE(2, size_, ".current", ".usage_in_bytes", CG_ATTR_NOT_ON_ROOT),                       \
        USAGE(2, size_, ".rsvd.current", ".rsvd.usage_in_bytes", CG_ATTR_NOT_ON_ROOT),             \
        SHOWN(2, size_, ".events", CG_TABLE, CG_ATTR_NOT_ON_ROOT),                                 \
        SHOWN(2, size_, ".events.local", CG_TABLE, CG_ATTR_NOT_ON_ROOT),                           \
        SHOWN(2, size_, ".numa_stat", CG_NESTED, CG_ATTR_NOT_ON_ROOT)
#define PAGES(size_, shift_) V1(size_, shift_), V2(size_, shift_)

const struct cg_attr attr_hugetlb[] = {
    PAGES("64KB", 16),  PAGES("1MB", 20), PAGES("2MB", 21), PAGES("16MB", 24), PAGES("32MB", 25),
    PAGES("512MB", 29), PAGES("1GB", 30), PAGES("2GB", 31), PAGES("16GB", 34), {0},
};
