/* SPDX-License-Identifier: MIT */
/*
 * cycle_channels GATEWAY UID PORT COUNT - ask the gateway's broker for a channel, hear
 * the server's first byte, and close it; COUNT times.  Prints how many went well; says
 * why not of the first that did not.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "broker/client.h"

enum { PATIENCE_MS = 9000 };

static bool once(char *argv[], struct error *err)
{
	struct broker_watch watch = { .caller = -1 };
	char byte;
	bool heard;
	int fd =
		broker_open_channel(argv[0], argv[1], (uint16_t)strtol(argv[2], NULL, 10),
	                            &watch, deadline_in(PATIENCE_MS), err);

	if (fd == -1)
		return false;
	heard = recv(fd, &byte, 1, 0) == 1;
	(void)close(fd);
	return heard || error_set(err, ERROR_UNAVAILABLE, "not a word") == 0;
}

int main(int argc, char *argv[])
{
	struct error err = ERROR_INIT;
	long count = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
	long good = 0;

	for (long i = 0; i < count; i++) {
		if (once(argv + 1, &err))
			good++;
		else if (good == i)
			(void)fprintf(stderr, "%s\n", err.text);
	}
	(void)printf("%ld of %ld\n", good, count);
	return good == count && count > 0 ? 0 : 1;
}
