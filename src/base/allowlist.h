/* SPDX-License-Identifier: MIT */
/*
 * allowlist.h - the one place that decides which text from outside may go further.
 *
 * Everything that the API, a file or the command line names and that will reach
 * a file, a path, a command line or a terminal is asked about here first.  Each
 * question is answered by a list of what is allowed, never of what is not.
 */
#ifndef BASE_ALLOWLIST_H
#define BASE_ALLOWLIST_H

#include <stdbool.h>
#include <stddef.h>

/* A uid of the API: [A-Za-z0-9_-], 1 to 64, not beginning with '-', nor with "gateway-":
 * a bastion's host key stands under such a name (hostkey/verify.h). */
bool valid_uid(const char *text);

/* What cxssh-proxy takes: a uid, or uid '.' role; see route/routefile.h. */
bool valid_target(const char *text);

/* [a-z0-9][a-z0-9.-]*, at most 40, not ending in '-' or '.' (clients.md C6). */
bool valid_alias(const char *text);

/* What a person calls a stack or a server: letters, digits, blanks and a few marks; at
 * most 128.  For showing and comparing: a shell minds some of them, quotes included.
 * Not "run:", for in a sentence of ours a command follows that. */
bool valid_name(const char *text);

/* A role: [a-z0-9][a-z0-9_-]*, at most 32. */
bool valid_role(const char *text);

/* A login name that ssh takes and no shell minds: [A-Za-z0-9_][A-Za-z0-9_.-]*, at
 * most 32. */
bool valid_user(const char *text);

/* An IPv4 or IPv6 address in its usual text form, without a scope. */
bool valid_ip(const char *text);

/* An IP address, or a DNS name of letters, digits, '-', '_' and '.', at most 253. */
bool valid_address(const char *text);

/* A path that ssh_config takes without quotes and no program takes for an option:
 * [A-Za-z0-9_./~+@=,-], not beginning with '-', no "..". */
bool valid_path(const char *text);

/*
 * Any text made fit for a terminal and a log line: control bytes and bytes above
 * ASCII become '?', what does not fit is left out.  Returns out, of which cap
 * bytes (at least 1) are filled at the most.
 */
const char *printable_text(const char *text, char *out, size_t cap);

#endif
