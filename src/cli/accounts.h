/* SPDX-License-Identifier: MIT */
/*
 * accounts.h - print what a login may do.
 */
#ifndef CLI_ACCOUNTS_H
#define CLI_ACCOUNTS_H

#include "base/deadline.h"

struct api;
struct error;

/* Print "WHAT  VALUE  (SOURCE)" on stdout; source may be "".  Does not block. */
void accounts_line(const char *what, const char *value, const char *source);

/* Print the scopes of the login, and the accounts that it sees.  Blocks for calls to the
 * API.  Errors as api_list(); a login that may not read accounts is none. */
int accounts_print(struct api *api, struct deadline until, struct error *err);

#endif
