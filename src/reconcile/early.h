/* What may be put in force while libvirt still starts a guest, so that its vCPUs never run
 * elsewhere. libvirt is at work on the same nodes then and must not fail over a value of ours: what
 * could hinder it waits until the guest has started. Pure. */
#ifndef RECONCILE_EARLY_H
#define RECONCILE_EARLY_H

#include "policy/resolve.h"

/* The roles' CPU sets. Not the guest's own node (on v1 libvirt's next set below it could be
 * refused, and limits would count while memory is being set up), and no set that has no CPU in
 * common with libvirt's pin of that role: its sched_setaffinity() would be refused. `enforce:
 * start` is carried out when the guest has started, for libvirt may yet write over it. 0 or
 * -ENOMEM.
 *
 * Nor is the guest's own node narrowed on v2, for its children to be born inside, though the kernel
 * would take it: the children are set before libvirt lets the CPUs run, and a narrowed node fails
 * the start of a guest with a pin outside, fails the operator's vcpupin, and can never be emptied
 * again (measured on Linux 6.1 and 6.12 with libvirt 9.0 and 11.3). */
int early_desired(const struct desired *desired, const struct facts *facts,
                  struct desired *ret) must_check;

#endif
