/* Policies from inside: what the parser makes and match, resolve and the folders use. Plain data;
 * everything here is made once and then only read. */
#ifndef POLICY_POLICY_INTERNAL_H
#define POLICY_POLICY_INTERNAL_H

#include "policy/policy.h"
#include "policy/policy_attr.h"

/* ---- match ---------------------------------------------------------------------------------- */

struct match_texts { /* globs or UUIDs, ORed; none: not asked for */
    char **texts;
    size_t count;
};

struct match_range { /* inclusive */
    uint64_t low, high;
};
struct match_ranges { /* ORed; none: not asked for */
    struct match_range *ranges;
    size_t count;
};

struct match_metadata {
    char *namespace_uri;
    char *path; /* as in struct facts_metadata */
    struct match_texts globs;
};

struct match { /* all of it, ANDed */
    struct match_texts name, uuid, title;
    struct match_metadata *metadata;
    size_t metadata_count;
    struct match_ranges vcpus, memory;
    struct match * not ; /* NULL: none */
};
struct match *match_free(struct match *match);
bool match_guest(const struct match *match, const struct facts *facts);

/* ---- apply ---------------------------------------------------------------------------------- */

struct policy_list {    /* CPUs or memory nodes */
    bool all;           /* all that are online, without `set` */
    bool local;         /* the memory nodes of the CPUs of the guest's vCPUs; `set` is NULL */
    struct cg_set *set; /* NULL: empty */
};

enum policy_size_kind {
    POLICY_SIZE_BYTES,
    POLICY_SIZE_NO_LIMIT,
    POLICY_SIZE_GUEST_PLUS,  /* the guest's maximum memory and `number` bytes */
    POLICY_SIZE_GUEST_TIMES, /* `number` millionths of it */
};
struct policy_size {
    enum policy_size_kind kind;
    uint64_t number;
};
#define POLICY_TIMES_ONE 1000000u

/* The role as a policy names it: "vcpu*", "vcpu0", "vm". */
struct policy_pattern {
    enum cg_role_kind kind;
    bool glob;
    unsigned index;
};
#define PATTERN_NAME_SIZE 24
const char *pattern_name(struct policy_pattern pattern, char into[PATTERN_NAME_SIZE]);

struct policy_setting {
    struct policy_pattern pattern;
    enum policy_attribute attribute;
    int version;   /* by whose name it was written: 1, 2, or 0 where they are the same */
    bool per_vcpu; /* lists[N] is vcpuN's */
    char *written; /* the value, compact JSON */
    union {
        uint64_t number; /* weight, microseconds */
        struct cg_quota quota;
        struct policy_size size;
        struct {
            struct policy_list *lists; /* one, or one a vCPU */
            size_t list_count;
        };
    };
};
/* Releases what it holds, not itself. */
void policy_setting_release(struct policy_setting *setting);

struct policy {
    char *name;
    const char *file; /* its path, borrowed from the struct policy_file */
    int place;        /* in the file's array, -1: the file is the policy */
    struct match *match;
    struct policy_setting *settings; /* globs before exact names of the same kind */
    size_t setting_count;
    unsigned flags;        /* enum cell_flags that its cells get */
    unsigned optional;     /* 1u << enum policy_attribute */
    struct origin *origin; /* "policy NAME (FILE)" */
};
struct policy *policy_free(struct policy *policy);
DEFINE_CLEANUP(struct policy *, policy_free);
#define cleanup_policy cleanup_with(policy_freep)
const struct policy_setting *policy_setting_find(const struct policy *policy,
                                                 struct policy_pattern pattern,
                                                 enum policy_attribute attribute);
/* The JSON pointer of a setting in its file; `element` of its array, -1: the whole. NULL: no
 * memory. free(). */
char *policy_setting_pointer(const struct policy *policy, const struct policy_setting *setting,
                             int element);

/* ---- files and sets ------------------------------------------------------------------------- */

/* One file's good version: counted, since sets that follow each other share what did not change. */
struct policy_file {
    unsigned references;
    char *path;
    char *text; /* NULL: the name is taken and nothing is in force under it (masked, wrong) */
    size_t length;
    struct policy **policies;
    size_t count;
};
struct policy_file *policy_file_new(const char *path);
struct policy_file *policy_file_unref(struct policy_file *file);
DEFINE_CLEANUP(struct policy_file *, policy_file_unref);
#define cleanup_policy_file cleanup_with(policy_file_unrefp)
const char *policy_file_name(const struct policy_file *file); /* the last component; borrowed */
int policy_file_add(struct policy_file *file, struct policy *policy) must_check; /* takes it */

/* As policy_parse(); the file keeps a copy of the text. */
int policy_file_parse(const char *path, const char *text, size_t length, struct policy_file **ret,
                      struct policy_problems *problems);

struct policy_set {
    struct policy_file **files; /* in order of precedence */
    size_t file_count;
    char **folders; /* that were there: one that vanishes changes nothing */
    size_t folder_count;
    struct policy **policies; /* borrowed from the files */
    size_t count;
};
struct policy_set *policy_set_new(void);
int policy_set_add_file(struct policy_set *set,
                        struct policy_file *file) must_check; /* a reference */
int policy_set_add_folder(struct policy_set *set, const char *folder) must_check;
bool policy_set_has_folder(const struct policy_set *set, const char *folder);

/* Every string is copied; pointer NULL and line 0 where they are not known. */
int policy_problems_add(struct policy_problems *problems, const char *file, const char *pointer,
                        int line, int column, const char *format, ...) printf_like(6, 7) must_check;

/* RFC 6901: `key` appended to `pointer` with its escapes. NULL: no memory. free(). */
char *pointer_append(const char *pointer, const char *key);

#endif
