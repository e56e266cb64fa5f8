/* The name of the file in which libvirt keeps a running guest's pid (/run/libvirt/DRIVER/NAME.pid).
 * It writes the guest's name there as it would into XML: "R&amp;D.pid" is the guest R&D's. */
#ifndef GUEST_PID_FILE_H
#define GUEST_PID_FILE_H

/* free(); NULL: out of memory. */
char *pid_file_of(const char *guest);
/* The guest's name; free(). NULL: it is no pid file's name, or out of memory. */
char *pid_file_guest(const char *file);

#endif
