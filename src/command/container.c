/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "cloud66/api.h"
#include "cloud66/containers.h"
#include "command/container.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/owner.h"

enum { CONTAINER_MS = 4 * 60 * 1000 };

/* The toolbelt's own. */
static const char shell[] =
	"/bin/sh -c 'if [ -e /bin/bash ]; then /bin/bash; else /bin/sh; fi'";

static bool has_backend(const struct stack *stack, const char *name)
{
	return stack->backend != NULL && strcmp(stack->backend, name) == 0;
}

static struct server *kubernetes_master(struct stack *stack)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		if (stack->servers[i].is_kubernetes_master)
			return &stack->servers[i];
	}
	return stack_server_of_role(stack, "master");
}

static int no_server(const struct host *host, const char *what, struct error *err)
{
	if (host->server != NULL)
		return 0;
	return error_set(err, ERROR_NO_HOST, "stack %s has no server %s; run: cxssh sync",
	                 host->stack->name, what);
}

/* Without the first "-it" that the API always puts in, where there is no terminal. */
static char *without_terminal(char *command)
{
	char *at = strstr(command, "-it");

	if (at != NULL)
		memmove(at, at + 3, strlen(at + 3) + 1);
	return command;
}

static char *docker_service(const struct container *c, struct api *api, struct host *host,
                            struct deadline until, struct error *err)
{
	char *wrapped;

	if (host->server == NULL)
		host->server = stack_server_of_role(host->stack, "docker");
	if (no_server(host, "with the role docker", err) == -1)
		return NULL;
	wrapped = containers_wrap(api,
	                          &(struct service_command){
					  .stack_uid = host->stack->uid,
					  .service = c->service,
					  .server_uid = host->server->uid,
					  .command = c->command },
	                          until, err);
	return wrapped != NULL && !c->interactive ? without_terminal(wrapped) : wrapped;
}

static char *docker_container(const struct container *c, struct api *api,
                              struct host *host, struct deadline until, struct error *err)
{
	char *uid = containers_server(api, host->stack->uid, c->uid, until, err);

	if (uid == NULL)
		return NULL;
	host->server = stack_server(host->stack, uid);
	free(uid);
	if (no_server(host, "that has this container", err) == -1)
		return NULL;
	return xasprintf("sudo docker exec %s%s %s", c->interactive ? "-it " : "", c->uid,
	                 c->command[0] != '\0' ? c->command : shell);
}

static char *kubernetes(const struct container *c, struct api *api, struct host *host,
                        struct deadline until, struct error *err)
{
	const char *namespace = host->stack->kubernetes_namespace;
	char *pod = NULL;
	char *command;

	if (host->server == NULL)
		host->server = kubernetes_master(host->stack);
	if (no_server(host, "that is the master", err) == -1)
		return NULL;
	if (c->service != NULL) {
		pod = containers_pod(api, host->stack->uid, c->service, until, err);
		if (pod == NULL)
			return NULL;
	}
	if (!valid_target(pod != NULL ? pod : c->uid)) {
		error_set(err, ERROR_USAGE, "the name of the pod is not allowed");
		free(pod);
		return NULL;
	}
	command = xasprintf("kubectl --namespace %s exec %s%s -- %s",
	                    namespace != NULL ? namespace : "default",
	                    c->interactive ? "-it " : "", pod != NULL ? pod : c->uid,
	                    c->command[0] != '\0' ? c->command : shell);
	free(pod);
	return command;
}

char *container_command(const struct container *c, const struct config *config,
                        struct host *host, struct error *err)
{
	struct deadline until = deadline_in(CONTAINER_MS);
	bool on_kubernetes = has_backend(host->stack, "kubernetes");
	struct api *api;
	char *command;

	if (!on_kubernetes && !has_backend(host->stack, "docker")) {
		error_set(err, ERROR_USAGE,
		          "stack %s has no containers: --service and --container are for "
		          "Docker and Kubernetes",
		          host->stack->name);
		return NULL;
	}
	api = api_session(config, until, err);
	if (api == NULL)
		return NULL;
	command = on_kubernetes      ? kubernetes(c, api, host, until, err) :
	          c->service != NULL ? docker_service(c, api, host, until, err) :
	                               docker_container(c, api, host, until, err);
	api_free(api);
	return command;
}
