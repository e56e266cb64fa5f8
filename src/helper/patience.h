/* libvirt's calls have no time limit: one to a libvirtd that hangs never returns. Whoever makes
 * such calls runs under an alarm that tells the parent why and ends the program; the parent starts
 * it again, and what it had to tell is told anew. */
#ifndef HELPER_PATIENCE_H
#define HELPER_PATIENCE_H

/* From now on the alarm can be set; it rings after so many seconds. */
void patience_init(unsigned seconds);
/* Sets the alarm anew. */
void patience_renew(void);
/* Nothing is waited for but what comes by itself. */
void patience_rest(void);

#endif
