/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "connect/helper.h"
#include "route/sourceaddr.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum {
	NETWORK_MS = 500, /* between two looks at the source address */
	END_MS = 5,     /* between two looks for its end, when no event will tell of it */
	SHOW_S = 3,     /* a firewall that is opened sooner needs no words */
	PAUSE_MS = 250, /* before it is started again; doubled each time */
	PAUSE_MAX_MS = 1000,
	LEAST_MS = 1000, /* with less time left it is not */
	REFUSED_MS =
		4000, /* nor, after so long, where nothing listens at the API's address */
	SIGNALLED = 128,
};

static volatile sig_atomic_t running; /* pid; 0: none */

static struct {
	int width; /* of the line on the user's terminal; 0: there is none */
	int seconds;
} shown;

void helper_kill_running(void)
{
	if (running > 0)
		(void)kill((pid_t)running, SIGTERM);
}

static int start(struct helper *h, struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	char *program = paths_program("cxssh");
	int rc;

	strvec_push(&argv, program);
	strvec_push(&argv, "open");
	strvec_push(&argv, "--tell");
	strvec_pushf(&argv, "--within=%d", deadline_left(h->until));
	if (h->renewal_until.at_ms > h->until.at_ms)
		strvec_pushf(&argv, "--opening=%d", deadline_left(h->renewal_until));
	for (size_t i = 0; i < h->args.count; i++)
		strvec_push(&argv, h->args.items[i]);
	rc = spawn_start_full_env(argv.items, &h->child, err);
	if (rc == 0)
		h->state = HELPER_RUNNING;
	running = (sig_atomic_t)h->child.pid;
	if (!sourceaddr_of_internet(h->source))
		h->source[0] = '\0';
	h->checked_ms = deadline_now_ms();
	strvec_release(&argv);
	free(program);
	return rc;
}

int helper_start(struct helper *h, const struct helper_args *args, struct error *err)
{
	helper_leave(h);
	h->until = args->until;
	h->opening_until =
		args->opening_ms > 0 ? deadline_in(args->opening_ms) : h->until;
	h->renewal_until = args->renewal_ms > args->opening_ms ?
	                           deadline_in(args->renewal_ms) :
	                           h->opening_until;
	h->started_ms = deadline_now_ms();
	if (args->refresh)
		strvec_push(&h->args, "--refresh");
	if (args->locate)
		strvec_push(&h->args, "--locate");
	if (args->as != NULL)
		strvec_pushf(&h->args, "--as=%s", args->as);
	strvec_push(&h->args, "--");
	strvec_push(&h->args, args->target);
	log_step("started cxssh open%s%s", args->refresh ? " --refresh" : "",
	         args->locate ? " --locate" : "");
	return start(h, err);
}

static void start_again(struct helper *h, const char *why)
{
	log_step("%s: cxssh open is started again", why);
	spawn_kill(&h->child);
	strbuf_clear(&h->output);
	h->read = 0;
	h->answered = h->opening = h->ready = false;
	h->moved = h->passing = h->refused = h->silent = false;
	if (start(h, &h->failed) == -1)
		h->state = HELPER_FAILED;
}

static bool has_moved(struct helper *h)
{
	char source[sizeof(h->source)];

	if (deadline_now_ms() - h->checked_ms < NETWORK_MS)
		return false;
	h->checked_ms = deadline_now_ms();
	return sourceaddr_of_internet(source) && strcmp(source, h->source) != 0;
}

static bool is_line(const char *line, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(line, word, len) == 0;
}

static bool begins(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

static void copy_rest(const char *line, size_t len, const char *word, char out[static 64])
{
	(void)snprintf(out, 64, "%.*s", (int)(len - strlen(word)), line + strlen(word));
}

/* The lines that have become whole since the last call. */
static void read_lines(struct helper *h)
{
	const char *line = h->output.data + h->read;
	const char *newline;

	for (; (newline = strchr(line, '\n')) != NULL; line = newline + 1) {
		size_t len = (size_t)(newline - line);

		if (is_line(line, len, HELPER_ANSWERS))
			h->answered = true;
		else if (is_line(line, len, HELPER_OPENING))
			h->opening = true;
		else if (begins(line, HELPER_FROM))
			copy_rest(line, len, HELPER_FROM, h->from);
		else if (begins(line, HELPER_LETS_IN))
			copy_rest(line, len, HELPER_LETS_IN, h->lets_in);
		else if (is_line(line, len, HELPER_MOVED))
			h->moved = true;
		else if (is_line(line, len, HELPER_PASSING))
			h->passing = true;
		else if (is_line(line, len, HELPER_REFUSED))
			h->passing = h->refused = true;
		else if (is_line(line, len, HELPER_SILENT))
			h->silent = true;
		else if (is_line(line, len, HELPER_READY))
			h->ready = true;
		else if (log_is_live())
			(void)!write(STDERR_FILENO, line, len + 1);
	}
	h->read = (size_t)(line - h->output.data);
}

/* The reason is its last line, without the program's name in front. */
static void note_failure(struct helper *h, int status)
{
	static const char prefix[] = "cxssh: ";
	char *text = h->output.data;
	char *end = text + h->output.len;
	char *newline;

	while (end > text && end[-1] == '\n')
		*--end = '\0';
	if ((newline = strrchr(text, '\n')) != NULL)
		text = newline + 1;
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	if (status > SIGNALLED)
		error_set(&h->failed, ERROR_INTERNAL, "cxssh open was ended by signal %d",
		          status - SIGNALLED);
	else
		error_set(&h->failed, error_from_status(status), "%s",
		          *text != '\0' ? text : "cxssh open failed and gave no reason");
	if (h->silent)
		h->failed.cause = CAUSE_SILENT;
}

/* After a wake names, routes and the API may fail for seconds. */
static void plan_again(struct helper *h)
{
	if (h->pause_ms < PAUSE_MAX_MS)
		h->pause_ms = h->pause_ms == 0 ? PAUSE_MS : 2 * h->pause_ms;
	if (deadline_left(h->until) < h->pause_ms + LEAST_MS ||
	    (h->refused && deadline_now_ms() - h->started_ms > REFUSED_MS))
		return;
	h->state = HELPER_RUNNING;
	h->again = deadline_in(h->pause_ms);
}

static void on_end(struct helper *h, bool known, int status)
{
	running = 0;
	h->state = known && status == 0 ? HELPER_DONE : HELPER_FAILED;
	if (h->state == HELPER_FAILED && h->moved) {
		start_again(h, "another network");
		return;
	}
	if (known && status != 0)
		note_failure(h, status);
	log_step("cxssh open %s", h->state == HELPER_DONE ? "is done" : "failed");
	if (h->state == HELPER_FAILED && h->passing)
		plan_again(h);
}

static bool may_take_longer(const struct helper *h)
{
	return h->opening && h->opening_until.at_ms > h->until.at_ms;
}

struct deadline helper_until(const struct helper *h, struct deadline until)
{
	return may_take_longer(h) ? h->opening_until : until;
}

/* Tell the user what the connection waits for, where that takes longer than usual: one
 * line, which is written over the last one. */
static void show_wait(const struct helper *h)
{
	static const char what[] = "cxssh: waiting for the firewall to be opened";
	int seconds = (int)((deadline_now_ms() - h->started_ms) / 1000);

	if (!may_take_longer(h) || seconds < SHOW_S ||
	    (shown.width > 0 && seconds == shown.seconds))
		return;
	shown.width = fprintf(stderr, "\r%s (%d s)", what, seconds) - 1;
	shown.seconds = seconds;
	(void)fflush(stderr);
}

static void clear_wait(void)
{
	if (shown.width > 0)
		(void)fprintf(stderr, "\r%*s\r", shown.width, "");
	shown.width = 0;
}

void helper_poll(struct helper *h)
{
	int status = 0;
	int rc;

	if (h->state != HELPER_RUNNING)
		return;
	if (has_moved(h)) {
		start_again(h, "another network");
		return;
	}
	if (h->child.pid == 0) {
		if (deadline_passed(h->again))
			start_again(h, "the API may be there now");
		return;
	}
	rc = spawn_poll(&h->child, &h->output, &status, &h->failed);
	read_lines(h);
	if (rc != 0) {
		on_end(h, rc == 1, status);
	} else if (h->ready && !log_is_live()) {
		spawn_detach(&h->child);
		running = 0;
		h->state = HELPER_DONE;
		log_step("cxssh open is ready");
	} else {
		show_wait(h);
	}
}

int helper_poll_ms(const struct helper *h, int wait_ms)
{
	int most = h->child.output == -1 ? END_MS : NETWORK_MS;

	if (h->child.pid == 0)
		most = deadline_left(deadline_within(h->again, NETWORK_MS));
	return h->state == HELPER_RUNNING && wait_ms > most ? most : wait_ms;
}

/* Has the reason been printed, though the process has not ended yet? */
static bool has_reason(const struct helper *h)
{
	const char *text = h->output.data;
	const char *last = text + h->output.len;

	if (last == text || last[-1] != '\n')
		return false;
	for (last--; last > text && last[-1] != '\n'; last--)
		;
	return begins(last, "cxssh: ") && !begins(last, "cxssh: warning: ");
}

const struct error *helper_reason(struct helper *h)
{
	if (has_reason(h))
		note_failure(h, EX_UNAVAILABLE);
	else if (h->opening)
		return NULL;
	return h->failed.code != ERROR_NONE ? &h->failed : NULL;
}

/* What an attempt failed with says more than the time. */
static int timed_out(struct helper *h, struct error *err)
{
	const struct error *reason = helper_reason(h);

	if (reason == NULL)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the preparations took too long");
	*err = *reason;
	return -1;
}

int helper_wait_answer(struct helper *h, int caller, struct deadline until,
                       struct error *err)
{
	for (helper_poll(h); h->state == HELPER_RUNNING && !h->answered; helper_poll(h)) {
		struct pollfd pfds[2] = {
			{ .fd = h->child.output, .events = POLLIN },
			{ .fd = caller, .events = 0 },
		};

		until = helper_until(h, until);
		if (deadline_passed(until))
			return timed_out(h, err);
		(void)poll(pfds, 2, helper_poll_ms(h, deadline_left(until)));
		if ((pfds[1].revents & (POLLHUP | POLLERR)) != 0)
			return error_set(err, ERROR_CLIENT_GONE, "the client hung up");
	}
	if (h->state != HELPER_FAILED)
		return 0;
	*err = h->failed;
	return -1;
}

void helper_stop(struct helper *h)
{
	if (h->state == HELPER_RUNNING && h->child.pid > 0) {
		log_step("cxssh open is ended");
		(void)kill(h->child.pid, SIGTERM); /* it may be renewing the token */
	}
	helper_leave(h);
}

void helper_leave(struct helper *h)
{
	clear_wait();
	running = 0;
	spawn_detach(&h->child);
	strbuf_release(&h->output);
	strvec_release(&h->args);
	*h = (struct helper)HELPER_INIT;
}
