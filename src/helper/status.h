/* Guests that libvirt is starting. libvirt tells of one when it has started; before, what it keeps
 * of it on disk does (its status file, /run/libvirt/qemu/NAME.xml). Only root may open that, so the
 * agent hands it over open (source_hand()), and what is in it is told as a hint. */
#ifndef HELPER_STATUS_H
#define HELPER_STATUS_H

/* Takes one file from `socket`, and tells the guest in it; what cannot be told is complained of.
 * One of another driver than `driver`, the connection's (NULL: there is none yet), is nobody's to
 * tell. 0; -EPIPE: no more will come. */
int status_take(int socket, const char *driver);

#endif
