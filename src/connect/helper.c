/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connect/helper.h"
#include "route/sourceaddr.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum { LOOK_MS = 500 /* how often it is seen whether the network is the same */ };

/* Start it as h->args says, in the time that is left. */
static int start(struct helper *h, struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	char *program = paths_program("cxssh");
	int rc;

	strvec_push(&argv, program);
	strvec_push(&argv, "open");
	strvec_push(&argv, "--tell");
	strvec_pushf(&argv, "--within=%d", deadline_left(h->until));
	for (size_t i = 0; i < h->args.count; i++)
		strvec_push(&argv, h->args.items[i]);
	rc = spawn_start_full_env(argv.items, &h->child, err);
	if (rc == 0)
		h->state = HELPER_RUNNING;
	if (!sourceaddr_of_internet(h->source, sizeof(h->source)))
		h->source[0] = '\0';
	h->looked_ms = deadline_now_ms();
	strvec_release(&argv);
	free(program);
	return rc;
}

int helper_start(struct helper *h, const struct helper_args *order, struct error *err)
{
	helper_leave(h);
	h->until = order->until;
	if (order->refresh)
		strvec_push(&h->args, "--refresh");
	if (order->as != NULL)
		strvec_pushf(&h->args, "--as=%s", order->as);
	strvec_push(&h->args, "--");
	strvec_push(&h->args, order->target);
	log_step("started cxssh open%s", order->refresh ? " --refresh" : "");
	return start(h, err);
}

/* Are we in another network by now?  Looks only now and then. */
static bool has_moved(struct helper *h)
{
	char source[sizeof(h->source)];

	if (deadline_now_ms() - h->looked_ms < LOOK_MS)
		return false;
	h->looked_ms = deadline_now_ms();
	return sourceaddr_of_internet(source, sizeof(source)) &&
	       strcmp(source, h->source) != 0;
}

/* The last line of what it said, without the program's name in front. */
static void note_failure(struct helper *h, int status)
{
	enum { SIGNALLED = 128 };
	static const char prefix[] = "cxssh: ";
	char *text = h->output.data;
	char *end = text + h->output.len;

	while (end > text && end[-1] == '\n')
		*--end = '\0';
	for (char *newline = strchr(text, '\n'); newline != NULL;
	     newline = strchr(text, '\n'))
		text = newline + 1;
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	if (status > SIGNALLED)
		error_set(&h->failed, ERROR_INTERNAL, "cxssh open was ended by signal %d",
		          status - SIGNALLED);
	else
		error_set(&h->failed, error_from_status(status), "%s",
		          *text != '\0' ? text : "cxssh open failed without a word");
}

static bool has_line(const struct strbuf *output, const char *line)
{
	const char *at = strstr(output->data, line);

	return at != NULL && (at == output->data || at[-1] == '\n');
}

static void start_again(struct helper *h)
{
	log_step("another network: cxssh open is started again");
	spawn_kill(&h->child);
	strbuf_clear(&h->output);
	h->answered = false;
	if (start(h, &h->failed) == -1)
		h->state = HELPER_FAILED;
}

void helper_poll(struct helper *h)
{
	size_t before = h->output.len;
	int status;
	int rc;

	if (h->state != HELPER_RUNNING)
		return;
	if (has_moved(h)) {
		start_again(h);
		return;
	}
	rc = spawn_poll(&h->child, &h->output, &status, &h->failed);
	h->answered = h->answered || has_line(&h->output, HELPER_ANSWERS "\n");
	if (log_is_live() && h->output.len > before)
		(void)!write(STDERR_FILENO, h->output.data + before,
		             h->output.len - before);
	if (rc == 0 && has_line(&h->output, HELPER_READY "\n") && !log_is_live()) {
		spawn_detach(&h->child);
		h->state = HELPER_DONE;
		log_step("cxssh open is ready");
	}
	if (rc == 0)
		return;
	h->state = rc == 1 && status == 0 ? HELPER_DONE : HELPER_FAILED;
	if (rc == 1 && status != 0)
		note_failure(h, status);
	if (h->state == HELPER_FAILED && strstr(h->failed.text, HELPER_MOVED) != NULL) {
		start_again(h);
		return;
	}
	log_step("cxssh open %s", h->state == HELPER_DONE ? "is done" : "failed");
}

int helper_poll_ms(const struct helper *h, int wait_ms)
{
	/* It has closed its output and is about to end: no event will tell of that. */
	if (h->state == HELPER_RUNNING && h->child.output == -1 && wait_ms > 5)
		return 5;
	return h->state == HELPER_RUNNING && wait_ms > LOOK_MS ? LOOK_MS : wait_ms;
}

static int wait_for(struct helper *h, bool answer, int caller, struct deadline until,
                    struct error *err)
{
	for (;;) {
		struct pollfd pfds[2] = {
			{ .fd = h->child.output, .events = POLLIN },
			{ .fd = caller, .events = 0 },
		};

		helper_poll(h);
		if (h->state != HELPER_RUNNING || (answer && h->answered))
			break;
		if (deadline_passed(until))
			return error_set(err, ERROR_UNAVAILABLE,
			                 "the preparations took too long");
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

int helper_wait(struct helper *h, int caller, struct deadline until, struct error *err)
{
	return wait_for(h, false, caller, until, err);
}

int helper_wait_answer(struct helper *h, int caller, struct deadline until,
                       struct error *err)
{
	return wait_for(h, true, caller, until, err);
}

void helper_leave(struct helper *h)
{
	spawn_detach(&h->child);
	strbuf_release(&h->output);
	strvec_release(&h->args);
	*h = (struct helper)HELPER_INIT;
}
