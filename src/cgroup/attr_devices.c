/* The devices controller of v1; v2 does it by BPF programs, without files. Sources:
 * Documentation/admin-guide/cgroup-v1/devices.rst; security/device_cgroup.c. */
#include "cgroup/attr_tables.h"

const struct cg_attr attr_devices[] = {
    {ATTR("devices", 1, "devices.list", CG_DEVICES), .flags = CG_ATTR_READ_ONLY},
    {ATTR("devices", 1, "devices.allow", CG_DEVICES), .flags = CG_ATTR_WRITE_ONLY},
    {ATTR("devices", 1, "devices.deny", CG_DEVICES), .flags = CG_ATTR_WRITE_ONLY},
    {0},
};
