/* SPDX-License-Identifier: MIT */
/*
 * readpass.h - read a line from the terminal without echo.
 */
#ifndef CLI_READPASS_H
#define CLI_READPASS_H

struct error;
struct strbuf;

/*
 * Print question on stderr and append to *line what is typed at stdin, a terminal, up to
 * and with the newline.  Blocks until then.  The echo is switched on again also when
 * Ctrl-C or Ctrl-Z ends or stops the process.  -1 with ERROR_CONFIG where nothing can be
 * read, ERROR_USAGE where the line is longer than a terminal delivers.
 */
int readpass(const char *question, struct strbuf *line, struct error *err);

#endif
