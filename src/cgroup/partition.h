/* Where libvirt puts the control groups of guests: the place of a domain's <partition> in a
 * hierarchy, with systemd and without. Pure. Facts: libvirt's src/util/vircgroup.c and
 * virsystemd.c, systemd.slice(5). */
#ifndef CGROUP_PARTITION_H
#define CGROUP_PARTITION_H

#include "base/cleanup.h"

#define PARTITION_DEFAULT "/machine"

/* "/machine" -> "machine", "/tenant-a/b" -> "tenant-a.partition/b.partition", "/x.y" -> "x.y".
 * NULL: out of memory; free(). */
char *partition_directory(const char *partition);
/* "/machine" -> "machine.slice", "/tenant-a/b" -> "tenant\x2da.slice/tenant\x2da-b.slice". */
char *partition_slice(const char *partition);

#endif
