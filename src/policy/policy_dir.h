/* Policy folders: finding, trusting and reading the files, and keeping the last good version of
 * each. */
#ifndef POLICY_POLICY_DIR_H
#define POLICY_POLICY_DIR_H

#include "policy/policy.h"

#define POLICY_FILE_LIMIT (1u << 20)

/* The folders that were given (NULL-terminated, the first wins a name); NULL: the default ones. */
const char *const *policy_folders(const char *const *given);

struct policy_load {
    const char *const *folders; /* NULL-terminated */
    bool trust_checked;         /* owner and mode must be safe: for what will be applied */
    uid_t owner;                /* besides root, whose files are trusted */
};

/* Reads the folders. `last` (NULL: none) is what was in force: a file that is wrong now, or whose
 * folder vanished, keeps its policies from there. A file that was removed is gone. *ret is always a
 * complete new set on return 0, also with problems added; -errno only when nothing could be done
 * (-ENOMEM). A folder that does not exist and did not in `last` is empty and no problem, unless
 * `required`: folders given by hand must exist. */
int policy_dir_load(const struct policy_load *load, bool required, struct policy_set *last,
                    struct policy_set **ret, struct policy_problems *problems);

/* The set with the texts it was made from, as one JSON text, and back: what /run/vmpin keeps, so
 * that the last good version outlives the agent. The problems that were there travel along, so
 * that other commands can name a wrong file. */
int policy_set_save(const struct policy_set *set, const struct policy_problems *problems,
                    char **ret_text);
int policy_set_restore(const char *text, size_t length, struct policy_set **ret,
                       struct policy_problems *ret_problems, struct cg_error **err);

/* `check PATH...`: one file, or the *.json of a folder. Its policies are added to *set (NULL: a new
 * one) behind those that are there, in order; *ret_files is how many files were looked at, wrong
 * ones too. 0, also with problems added; -ENOMEM. */
int policy_check_path(const char *path, bool trust_checked, struct policy_set **set,
                      struct policy_problems *problems, size_t *ret_files);

#endif
