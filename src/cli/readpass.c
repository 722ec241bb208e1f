/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/readpass.h"

enum {
	POLL_MS = 100,     /* between two looks for a signal */
	LINE_LIMIT = 4095, /* bytes; a terminal drops the rest of a longer line */
};

/*
 * Signals that would end or stop the process while the echo is off.  They are blocked
 * and polled for: that needs no handler, and no global for one.
 */
static const int interruptions[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP };

enum { INTERRUPTIONS = sizeof(interruptions) / sizeof(interruptions[0]) };

struct hiding {
	const char *question;
	struct termios shown;
	sigset_t unblocked;
};

static void hide(struct hiding *h)
{
	struct termios hidden = h->shown;
	sigset_t blocked;

	(void)sigemptyset(&blocked);
	for (size_t i = 0; i < INTERRUPTIONS; i++) {
		struct sigaction now;

		if (sigaction(interruptions[i], NULL, &now) == 0 &&
		    now.sa_handler != SIG_IGN)
			(void)sigaddset(&blocked, interruptions[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &blocked, &h->unblocked);
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	(void)fputs(h->question, stderr);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
}

/* The blocked signals are delivered here. */
static void show(struct hiding *h)
{
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &h->shown);
	(void)fputc('\n', stderr);
	(void)sigprocmask(SIG_SETMASK, &h->unblocked, NULL);
}

static bool is_interrupted(const struct hiding *h)
{
	sigset_t pending;

	if (sigpending(&pending) == -1)
		return false;
	for (size_t i = 0; i < INTERRUPTIONS; i++) {
		if (sigismember(&pending, interruptions[i]) == 1 &&
		    sigismember(&h->unblocked, interruptions[i]) == 0)
			return true;
	}
	return false;
}

/* Read a part of the line: its length, 0 at the end, or -1. */
static ssize_t read_piece(struct hiding *h, char *block, size_t cap)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };

	while (poll(&pfd, 1, POLL_MS) <= 0) {
		if (is_interrupted(h)) { /* continued after Ctrl-Z and fg */
			show(h);
			hide(h);
		}
	}
	return read(STDIN_FILENO, block, cap);
}

int readpass(const char *question, struct strbuf *line, struct error *err)
{
	struct hiding h = { .question = question };
	size_t begin = line->len;
	char block[1024];
	ssize_t n = -1;
	int rc = -1;

	if (tcgetattr(STDIN_FILENO, &h.shown) == -1)
		return error_errno(err, ERROR_CONFIG, "the terminal");
	hide(&h);
	while (line->len - begin <= LINE_LIMIT &&
	       (n = read_piece(&h, block, sizeof(block))) > 0) {
		strbuf_add(line, block, (size_t)n);
		if (memchr(block, '\n', (size_t)n) != NULL)
			break;
	}
	if (n == -1)
		error_errno(err, ERROR_CONFIG, "the terminal");
	else if (line->len - begin > LINE_LIMIT)
		error_set(err, ERROR_USAGE, "this is too long to be typed or pasted");
	else
		rc = 0;
	mem_wipe(block, sizeof(block));
	show(&h);
	return rc;
}
