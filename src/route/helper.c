#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/log.h"
#include "base/strvec.h"
#include "route/helper.h"

int helper_start(struct helper *h, const struct helper_order *order, struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	char *program = dirs_program("cxssh");
	int rc;

	helper_leave(h);
	strvec_push(&argv, program);
	strvec_push(&argv, "open");
	strvec_pushf(&argv, "--within=%d", deadline_left(order->until));
	if (order->refresh)
		strvec_push(&argv, "--refresh");
	if (order->as != NULL)
		strvec_pushf(&argv, "--as=%s", order->as);
	strvec_push(&argv, "--");
	strvec_push(&argv, order->target);
	rc = spawn_start(argv.items, &h->child, err);
	if (rc == 0)
		h->state = HELPER_RUNNING;
	log_step("started cxssh open%s", order->refresh ? " --refresh" : "");
	strvec_release(&argv);
	free(program);
	return rc;
}

/* The last line of what it said, without the program's name in front. */
static void note_failure(struct helper *h, int status)
{
	static const char prefix[] = "cxssh: ";
	char *text = h->said.data;
	char *end = text + h->said.len;

	while (end > text && end[-1] == '\n')
		*--end = '\0';
	for (char *newline = strchr(text, '\n'); newline != NULL; newline = strchr(text, '\n'))
		text = newline + 1;
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	error_set(&h->failed, error_from_status(status), "%s",
	          *text != '\0' ? text : "cxssh open failed without a word");
}

void helper_look(struct helper *h)
{
	size_t before = h->said.len;
	int status;
	int rc;

	if (h->state != HELPER_RUNNING)
		return;
	rc = spawn_poll(&h->child, &h->said, &status, &h->failed);
	if (log_is_live() && h->said.len > before)
		(void)!write(STDERR_FILENO, h->said.data + before, h->said.len - before);
	if (rc == 0)
		return;
	h->state = rc == 1 && status == 0 ? HELPER_DONE : HELPER_FAILED;
	if (rc == 1 && status != 0)
		note_failure(h, status);
	log_step("cxssh open %s", h->state == HELPER_DONE ? "is done" : "failed");
}

int helper_poll_ms(const struct helper *h, int wait_ms)
{
	/* It has closed its output and is about to end: no event will tell of that. */
	if (h->state == HELPER_RUNNING && h->child.output == -1 && wait_ms > 5)
		return 5;
	return wait_ms;
}

int helper_wait(struct helper *h, int caller, struct deadline until, struct error *err)
{
	for (;;) {
		struct pollfd pfds[2] = {
			{ .fd = h->child.output, .events = POLLIN },
			{ .fd = caller, .events = 0 },
		};

		helper_look(h);
		if (h->state != HELPER_RUNNING)
			break;
		if (deadline_passed(until))
			return error_set(err, ERROR_UNAVAILABLE, "the preparations took too long");
		pfds[0].fd = h->child.output;
		(void)poll(pfds, 2, helper_poll_ms(h, deadline_left(until)));
		if ((pfds[1].revents & (POLLHUP | POLLERR)) != 0)
			return error_set(err, ERROR_UNAVAILABLE, "nobody waits any more");
	}
	if (h->state == HELPER_FAILED) {
		*err = h->failed;
		return -1;
	}
	return 0;
}

void helper_leave(struct helper *h)
{
	spawn_leave(&h->child);
	strbuf_release(&h->said);
	*h = (struct helper)HELPER_INIT;
}
