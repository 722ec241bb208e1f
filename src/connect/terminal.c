/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "connect/terminal.h"

static int width; /* of the line that is shown; 0: none */
static int shown_seconds;

bool terminal_is_ours(void)
{
	return isatty(STDERR_FILENO) == 1 && tcgetpgrp(STDERR_FILENO) == getpgrp();
}

void terminal_show(const char *what, int seconds)
{
	if (width > 0 && seconds == shown_seconds)
		return;
	width = fprintf(stderr, "\r%s (%d s)", what, seconds) - 1;
	shown_seconds = seconds;
	(void)fflush(stderr);
}

void terminal_clear(void)
{
	if (width > 0)
		(void)fprintf(stderr, "\r%*s\r", width, "");
	width = 0;
}
