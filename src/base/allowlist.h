/* SPDX-License-Identifier: MIT */
/*
 * allowlist.h - checks for text that comes from the API, a file or the command line and
 * that will reach a path, a file, a command line or a terminal.
 *
 * Each check lists the characters that are allowed, never those that are not.  Nothing
 * here blocks or allocates.
 */
#ifndef BASE_ALLOWLIST_H
#define BASE_ALLOWLIST_H

#include <stdbool.h>
#include <stddef.h>

/* A uid of the API: [A-Za-z0-9_-], 1 to 64, not beginning with '-', nor with "gateway-":
 * a bastion's host key is stored under such a name (hostkey/verify.h). */
bool valid_uid(const char *text);

/* The argument of cxssh-proxy: a uid, or uid '.' role; see route/routefile.h. */
bool valid_target(const char *text);

/* [a-z0-9][a-z0-9.-]*, at most 40, not ending in '-' or '.'. */
bool valid_alias(const char *text);

/* What the aliases of a stack begin with: [a-z0-9][a-z0-9-]*, at most 100, not ending in
 * '-'. */
bool valid_prefix(const char *text);

/* The display name of a stack or server: letters, digits, blanks and a few marks; at most
 * 128.  Not safe in a shell.  Refuses "run:", which introduces a command in messages. */
bool valid_name(const char *text);

/* A role: [a-z0-9][a-z0-9_-]*, at most 32. */
bool valid_role(const char *text);

/* A login name without characters that a shell interprets: [A-Za-z0-9_][A-Za-z0-9_.-]*,
 * at most 32. */
bool valid_user(const char *text);

/* An IPv4 or IPv6 address in its usual text form, without a scope. */
bool valid_ip(const char *text);

/* Such an address, or a network as ADDRESS/BITS. */
bool valid_network(const char *text);

/* An IP address in its usual text form, or a DNS name of letters, digits, '-', '_' and
 * '.', at most 253, that does not end in a number. */
bool valid_address(const char *text);

/* A path that ssh_config takes without quotes and no program takes for an option:
 * [A-Za-z0-9_./~+@=,-], not beginning with '-', no "..". */
bool valid_path(const char *text);

/* An absolute path in any letters that ssh takes in double quotes: no control character,
 * none of " \\ % $, no "..", at most 900 bytes. */
bool valid_quoted_path(const char *text);

/*
 * Copy the first character of text that valid_path() refuses, as printable_path() shows
 * it, into out; "" if there is none.  Returns out.
 */
const char *bad_path_character(const char *text, char out[static 8]);

/* printable_text() that keeps letters beyond ASCII, for paths of the user's own. */
const char *printable_path(const char *text, char *out, size_t cap);

/*
 * Copy text for a terminal or a log line: control bytes and bytes above ASCII become '?';
 * text that does not fit is cut.  Fills at most cap bytes (cap >= 1) and returns out.
 */
const char *printable_text(const char *text, char *out, size_t cap);

#endif
