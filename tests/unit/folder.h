/* A temporary folder for a test, removed with all that is in it. Test code: what fails, asserts. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <sys/types.h>

/* A new folder below $TMPDIR or /tmp. One that is not removed goes when the test program ends. */
char *folder_new(void);
void folder_remove(char *path); /* and frees it; NULL is nothing */

/* Writes FOLDER/NAME; folders on the way are made. */
void folder_write(const char *folder, const char *name, const char *text);
void folder_make(const char *folder, const char *name);
/* Reads FOLDER/NAME; free(). NULL where it is not. */
char *folder_read(const char *folder, const char *name);

/* Makes in FOLDER what tests/fixtures/KIND/NAME.host has recorded (see record-host). */
void folder_unpack(const char *folder, const char *kind, const char *name);
/* The same of KIND hosts: a host with guests. */
void folder_unpack_host(const char *folder, const char *name);

/* A child that makes and removes folders, two deep, in FOLDER, until it is stopped or the test
 * ends. In a plain folder that is so fast that they vanish at every moment of a walk. */
pid_t folder_start_changing(const char *folder);
void folder_stop_changing(pid_t child);

#endif
