/* SPDX-License-Identifier: MIT */
/*
 * stderrwords.h - what may be said on the stderr of an ssh.
 *
 * Programs that run ssh read what it prints, and what its ProxyCommand prints is
 * among it: they answer "password", give up at "Permission denied", install things
 * at "command not found" (clients.md P6).
 */
#ifndef CONNECT_STDERRWORDS_H
#define CONNECT_STDERRWORDS_H

#include <stdbool.h>

/* Does text hold none of the words that some client acts upon, and no last character
 * that looks like a prompt? */
bool stderr_is_safe(const char *text);

#endif
