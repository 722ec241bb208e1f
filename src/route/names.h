/* SPDX-License-Identifier: MIT */
/*
 * names.h - ~/.cache/cxssh/names: the aliases of the fleet, a line each, so that
 * cxssh-proxy can tell a host of the fleet from any other name.
 */
#ifndef ROUTE_NAMES_H
#define ROUTE_NAMES_H

#include <stdbool.h>

struct error;
struct strvec;

/* Write the file.  -1 with ERROR_CONFIG.  Does not block. */
int names_write(const struct strvec *names, struct error *err);

/* Does the file have this name?  False also where it cannot be read.  Does not block. */
bool names_has(const char *name);

#endif
