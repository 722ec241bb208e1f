/* SPDX-License-Identifier: MIT */
/*
 * readpass.h - a line that a person types and nobody sees.
 */
#ifndef CLI_READPASS_H
#define CLI_READPASS_H

struct error;
struct strbuf;

/*
 * Ask question on stderr and append to *line what is typed at stdin, a terminal, up to
 * and with the newline.  Waits as long as the person does.  However it ends, also by
 * Ctrl-C or Ctrl-Z, the terminal shows again what is typed.  -1 with ERROR_CONFIG where
 * nothing can be read, ERROR_USAGE where the line is longer than a terminal gives whole.
 */
int readpass(const char *question, struct strbuf *line, struct error *err);

#endif
