/* What is known of a guest: plain data, as the helper tells it. No control group, no policy. */
#ifndef GUEST_FACTS_H
#define GUEST_FACTS_H

#include "base/error.h"
#include "cgroup/cgtree.h"

#define UUID_SIZE 37 /* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" and NUL, lower case */

/* One value in the domain's <metadata>: `path` is "element/path" for an element's text and
 * "element/path/@attribute" for an attribute, from below <metadata>, local names alone. Only an
 * element without child elements has text, white space around it dropped, perhaps "". */
struct facts_metadata {
    const char *namespace_uri; /* of the top element, "" for none */
    const char *path;
    const char *value;
};

/* libvirt's own pins, from <cputune> of the live XML: what a baseline falls back to. */
struct facts_pin {
    unsigned index; /* of the vCPU or iothread */
    struct cg_set *cpus;
};

struct facts {
    char uuid[UUID_SIZE];
    char *name;
    char *title;  /* NULL: none */
    char *driver; /* "qemu", "test": of the connection's URI */
    int id;       /* libvirt's, -1 when it does not run */
    bool running; /* has a process (paused counts); else it is only defined */
    bool persistent;
    unsigned vcpus_maximum, vcpus_current;
    uint64_t memory_maximum; /* bytes, memory slots included (<maxMemory>) */
    uint64_t memory_current; /* bytes */
    bool hugepages;          /* its memory does not count against the memory controller */
    bool locked_memory;      /* <memoryBacking><locked/> */
    bool ignore;             /* vmpin's `ignore` element in its metadata */
    bool metadata_cut;       /* the metadata was beyond the helper's bound: it matches nothing */
    unsigned host_devices;   /* passed-through devices */
    unsigned cpu_shares;     /* <cputune><shares>: libvirt's own, put into the host's file (v1's
                                cpu.shares or v2's cpu.weight) as it is; 0: none */
    char *numatune_mode;     /* "strict", "restrictive", ...; NULL: none */
    char *partition;         /* <resource><partition>; NULL: libvirt's default */
    unsigned *iothreads;     /* ids, sorted */
    size_t iothread_count;
    struct facts_metadata *metadata; /* one allocation with its strings: facts_set_metadata() */
    size_t metadata_count;
    struct cg_set *cpuset;       /* <vcpu cpuset=...>, the default of every pin; NULL: none */
    struct cg_set *emulator_pin; /* NULL: none */
    struct facts_pin *vcpu_pins, *iothread_pins; /* sorted by index */
    size_t vcpu_pin_count, iothread_pin_count;
};

/* The vmpin namespace in a domain's metadata, and its element that says "never touch". */
#define VMPIN_NAMESPACE "https://vmpin.org/xmlns/domain/1.0"
#define VMPIN_IGNORE    "ignore"

/* libvirt's pin for a role: its own, else the default `cpuset`, else NULL (no pin). Borrowed. The
 * `vm` node has none: libvirt pins threads, not the guest's own node. */
const struct cg_set *facts_pin(const struct facts *facts, struct cg_role role);

/* How many vCPUs are reckoned with: the maximum, up to more than any machine type of QEMU has,
 * since the number comes from outside. */
unsigned facts_vcpus(const struct facts *facts);

/* Copies the entries, strings and all, into one block that takes the place of facts->metadata.
 * -ENOMEM. */
int facts_set_metadata(struct facts *facts, const struct facts_metadata *entries,
                       size_t count) must_check;
/* Puts iothreads and pins into their order. -EEXIST: one of them is there twice. */
int facts_sort(struct facts *facts) must_check;
/* 1: put into its place among the others; 0: it was there; -ENOMEM. */
int facts_add_iothread(struct facts *facts, unsigned id) must_check;
/* A UUID in its canonical form (any case) into `ret`, lower case. -EINVAL: it is none. */
int uuid_parse(const char *text, char ret[UUID_SIZE]) must_check;

bool facts_equal(const struct facts *a, const struct facts *b);
struct facts *facts_free(struct facts *facts);
DEFINE_CLEANUP(struct facts *, facts_free);
#define cleanup_facts cleanup_with(facts_freep)

#endif
