/* SPDX-License-Identifier: MIT */
/*
 * lease.h - the firewall: rules that are asked for, applied late, and expire.
 *
 * Knows actions (started, finished, failed), firewall rules and the hook that
 * opens a real firewall.  Each rule is carried out by a thread of its own, so
 * that it happens even when no client polls.  Has a lock of its own.
 */
#ifndef SANDBOX_LEASE_H
#define SANDBOX_LEASE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct lease_config {
	const char *hook; /* program, or NULL: nothing is run */
	const char *log;  /* what the hook prints goes here */
	int stop_fd;      /* readable when the server is being stopped */
};

/* What is asked for; everything is copied. */
struct lease_order {
	const char *stack_uid, *user, *action;
	const char *from_ip;    /* an address or a range, AUTO already looked up */
	const char *server_uid; /* "" is every server of the stack */
	const char *protocol;
	const char *const *hosts; /* names for the hook */
	size_t host_count;
	int port;
	double seconds;     /* how long it is open */
	int64_t delay_ms;   /* until it is applied and the action finishes */
	int64_t late_ms;    /* or: finished after delay_ms, applied so much later */
	bool late, refused; /* refused: the action fails */
};

struct lease_desk *lease_desk_open(const struct lease_config *config);

/* Waits for the threads; stop_fd must be readable by then. */
void lease_desk_free(struct lease_desk *desk);

/* A new action object.  NULL if no thread could be started. */
json_object *lease_open(struct lease_desk *desk, const struct lease_order *order);

/* A new action object, or NULL if the stack has no such action. */
json_object *lease_action(struct lease_desk *desk, const char *stack_uid, int64_t id);

/* A new array: the rules of a stack that are open now. */
json_object *lease_rules(struct lease_desk *desk, const char *stack_uid);

#endif
