/* A guest's systemd unit: the scope that libvirt runs it in. systemd owns the weight in the scope's
 * file: it has one on record for each unit and writes it there again, at once or whenever it
 * likes, after a daemon-reload. So the weight is two cells: the file, for now, and the unit's
 * property, for good. The second is asked of systemd over D-Bus and never waited for by the agent,
 * since PID 1 may be busy for seconds; what systemd has on record is read from the drop-in that it
 * keeps for it (/run/systemd/transient/SCOPE.d/50-CPUWeight.conf). All else that vmpin sets stands
 * below libvirt/, which systemd leaves alone.
 *
 * Sources: systemd's src/core/dbus-cgroup.c, dbus-unit.c and unit.c (unit_write_setting());
 * org.freedesktop.systemd1(5). */
#ifndef RECONCILE_UNIT_H
#define RECONCILE_UNIT_H

#include "guest/cell.h"
#include "reconcile/binding.h"

#define UNIT_NOT_SET UINT64_MAX /* what systemd takes for "no value of its own" */

struct unit {
    const char *name;           /* borrowed from the binding; NULL: it runs in none */
    const struct cg_attr *attr; /* what systemd has on record for it: this host's weight */
};
struct unit unit_of(const struct binding *binding, const struct host *host);

/* The unit whose control group the path (below a hierarchy's root) is: the end of it; NULL: none.
 */
const char *unit_in_path(const char *path);

/* The property behind the attribute: "CPUWeight"; NULL: systemd is not asked for it. */
const char *unit_property(const struct cg_attr *attr);

/* What systemd has on record; its own default where that is nothing. */
int unit_read(const struct host *host, const struct unit *unit, struct buffer *scratch,
              struct cg_value **ret, struct cg_error **err);

/* A question to systemd, one at a time, of one guest. Zeroed to begin with. */
struct unit_call {
    struct systemd *systemd; /* who has been asked and has not answered; NULL: nobody */
    void *handle;            /* the port's own while it is under way */
    char *error;             /* why the last one came to nothing; NULL: it did not */
    void *owner;             /* for `answered` */
};

/* systemd as a port. */
struct systemd {
    /* Asks that the property of the unit be `value` until the unit ends, and returns at once. The
     * answer goes to unit_call_end(). -errno: it could not even be asked. */
    int (*set_property)(struct systemd *systemd, const char *unit, const char *property,
                        uint64_t value, struct unit_call *call, struct cg_error **err);
    /* Forgets a call: no answer of it is told any more. */
    void (*cancel)(struct systemd *systemd, struct unit_call *call);
    /* Takes what has come, else waits for it, at most `ms`. 0 or -errno. */
    int (*wait)(struct systemd *systemd, unsigned ms);
    void (*answered)(struct unit_call *call, void *data); /* the owner's; NULL: it waits itself */
    void *data;
};

/* Asks for the cell's value; it must not be under way. Not being able to ask is an answer too. */
void unit_ask(struct unit_call *call, struct systemd *systemd, const struct unit *unit,
              const struct cg_value *value);
/* Waits for the answer, at most as long as is left in *ms; false: there is none yet. */
bool unit_wait(struct unit_call *call, unsigned *ms);
/* For ports: the answer is there. `error` NULL: it was done. */
void unit_call_end(struct unit_call *call, const char *error);
void unit_call_release(struct unit_call *call);
#define cleanup_unit_call cleanup_with(unit_call_release)

#endif
