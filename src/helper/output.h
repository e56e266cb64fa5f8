/* Messages to the parent, on standard output; complaints to people, on standard error. */
#ifndef HELPER_OUTPUT_H
#define HELPER_OUTPUT_H

#include "guest/message.h"

/* 0; -EPIPE: nobody reads any more; -EINVAL or -EMSGSIZE: the message cannot be a line; -errno. */
int output_message(const struct message *message) must_check;

/* Control characters are escaped, whatever it is made of. */
void complain(const char *format, ...) printf_like(1, 2);

#endif
