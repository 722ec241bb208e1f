/* SPDX-License-Identifier: MIT */
/*
 * containers.h - containers and services of a stack, at the API.
 *
 * All functions block until the deadline at most, and fail as api_call(); names that may
 * not stand in a path are ERROR_USAGE.
 */
#ifndef CLOUD66_CONTAINERS_H
#define CLOUD66_CONTAINERS_H

#include "base/deadline.h"

struct api;
struct error;

/* A command that is to run in a new container of a service, on a server of the stack. */
struct service_command {
	const char *stack_uid;
	const char *service;
	const char *server_uid;
	const char *command;
};

/* What the server must run for it; the caller frees it.  NULL with err. */
char *containers_wrap(struct api *api, const struct service_command *wanted,
                      struct deadline until, struct error *err);

/* The uid of the server that a container runs on; the caller frees it.  NULL with err. */
char *containers_server(struct api *api, const char *stack_uid, const char *container,
                        struct deadline until, struct error *err);

/* Start a session of a service on Kubernetes, and wait until its pod is there: its name,
 * which the caller frees.  NULL with err. */
char *containers_pod(struct api *api, const char *stack_uid, const char *service,
                     struct deadline until, struct error *err);

#endif
