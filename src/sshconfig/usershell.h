/* SPDX-License-Identifier: MIT */
/*
 * usershell.h - the shell that ssh starts a ProxyCommand with.
 */
#ifndef SSHCONFIG_USERSHELL_H
#define SSHCONFIG_USERSHELL_H

#include <stdbool.h>

#include "base/deadline.h"

/*
 * True if "$SHELL -c :" prints nothing on stdout and succeeds.  Text there reaches ssh in
 * the place of the connection.  Else *what says what it did and *remedy what helps; the
 * caller frees both.  Blocks until the shell has ended, at most until the deadline.
 */
bool usershell_is_silent(struct deadline until, char **what, char **remedy);

#endif
