/* SPDX-License-Identifier: MIT */
/*
 * stderrwords.h - words that must not stand on the stderr of ssh.
 *
 * Programs that run ssh read its stderr, where the words of its ProxyCommand stand, too.
 * They answer "password", give up at "Permission denied", and install software at
 * "command not found".
 */
#ifndef CONNECT_STDERRWORDS_H
#define CONNECT_STDERRWORDS_H

#include <stdbool.h>

/* True if text has none of these words and does not end like a prompt.  Does not block.
 */
bool stderr_is_safe(const char *text);

#endif
