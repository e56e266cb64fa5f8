/* --json: what programs read. The keys are documented in vmpin(1) and stay; a key is always there,
 * null where there is nothing to say. The builders return NULL when out of memory, and json_pack()
 * with a NULL member does too, so that one check at the end is enough. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "cli/session.h"
#include "reconcile/report.h"

#include <jansson.h>

/* A string; null for NULL; what is not UTF-8 escaped. */
json_t *json_text(const char *text);
json_t *json_role(struct cg_role role);
json_t *json_texts(char *const *texts, size_t count);
json_t *json_problems(const struct policy_problems *problems);
json_t *json_refusals(const struct refusals *refusals);
json_t *json_report(const struct report *report);

/* What --json says when wrong policy files ended the run: the problems alone. */
json_t *json_stopped(const struct session *session);

/* Takes the document over, prints it on stdout; a failure is told and noted in the session. */
void json_print(struct session *session, json_t *document);

#endif
