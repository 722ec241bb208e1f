/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/deadline.h"
#include "runtime/log.h"
#include "runtime/waiting.h"

enum { AFTER_MS = 300, SLICE_MS = 200, REWRITE_MS = 1000, LINE_MAX_LEN = 160 };

static struct {
	bool allowed;
	char what[LINE_MAX_LEN - 40];
	char host[64];        /* that throttles */
	int64_t throttled_ms; /* until then */
	int64_t since_ms;     /* 0: not yet seen */
	int64_t shown_ms;     /* 0: no line is shown */
} waiting;

bool waiting_is_seen(void)
{
	return isatty(STDERR_FILENO) == 1 && tcgetpgrp(STDERR_FILENO) == getpgrp();
}

void waiting_allow(void)
{
	waiting.allowed = waiting_is_seen() && !log_is_live();
}

void waiting_for(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(waiting.what, sizeof(waiting.what), fmt, ap);
	va_end(ap);
}

void waiting_began(int64_t since_ms)
{
	waiting.since_ms = since_ms;
}

void waiting_for_peer(const char *host)
{
	if (waiting.what[0] == '\0')
		waiting_for("waiting for %s", host);
}

void waiting_throttled(const char *host, int64_t wait_ms)
{
	(void)snprintf(waiting.host, sizeof(waiting.host), "%s", host);
	waiting.throttled_ms = deadline_now_ms() + wait_ms;
	waiting.shown_ms = 0; /* at once, unless nothing was waited for yet */
}

const char *waiting_until(int64_t seconds, char out[static WAITING_UNTIL_SIZE])
{
	enum { DAY_S = 86400 };

	if (seconds <= 0 || seconds > DAY_S)
		return "later";
	if (seconds < 60)
		(void)snprintf(out, WAITING_UNTIL_SIZE, "in %" PRId64 " s", seconds);
	else
		(void)snprintf(out, WAITING_UNTIL_SIZE,
		               "in %" PRId64 " min %" PRId64 " s", seconds / 60,
		               seconds % 60);
	return out;
}

static void show(int64_t now)
{
	int64_t left_s = (waiting.throttled_ms - now + 999) / 1000;
	char when[WAITING_UNTIL_SIZE];

	if (left_s > 0)
		(void)fprintf(stderr,
		              "\r\033[Kcxssh: %s is throttled, goes on %s (Ctrl-C to "
		              "stop)",
		              waiting.host, waiting_until(left_s, when));
	else
		(void)fprintf(stderr, "\r\033[Kcxssh: %s (%" PRId64 " s)", waiting.what,
		              (now - waiting.since_ms) / 1000);
	(void)fflush(stderr);
	waiting.shown_ms = now;
}

void waiting_tick(void)
{
	int64_t now = deadline_now_ms();

	if (!waiting.allowed || waiting.what[0] == '\0')
		return;
	if (waiting.since_ms == 0)
		waiting.since_ms = now;
	if (now - waiting.since_ms >= AFTER_MS &&
	    (waiting.shown_ms == 0 || now - waiting.shown_ms >= REWRITE_MS))
		show(now);
}

int waiting_slice(int wait_ms)
{
	return waiting.allowed && wait_ms > SLICE_MS ? SLICE_MS : wait_ms;
}

void waiting_end(void)
{
	if (waiting.shown_ms != 0) {
		(void)fputs("\r\033[K", stderr);
		(void)fflush(stderr);
	}
	waiting.what[0] = '\0';
	waiting.since_ms = waiting.shown_ms = 0;
}
