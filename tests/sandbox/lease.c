/* SPDX-License-Identifier: MIT */
#include "lease.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

/* A firewall that hangs must not keep an action open for ever. */
#define HOOK_TIMEOUT_MS 30000

/* The action and the rule it makes.  Written only under the desk's lock. */
struct lease {
	struct lease_desk *desk;
	struct lease *next;
	struct lease_order order;
	char *stack_uid, *user, *action, *from_ip, *server_uid, *protocol;
	char **hosts;
	int64_t id, started_ms;
	int64_t finished_ms; /* 0 is not yet */
	bool success;
	char message[256];
	int64_t opened_ms, until_ms; /* 0 is not yet */
};

struct lease_desk {
	struct lease_config config;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	unsigned int working;
	int64_t next_id;
	struct lease *leases; /* newest first */
};

struct lease_desk *lease_desk_open(const struct lease_config *config)
{
	struct lease_desk *desk = xcalloc(1, sizeof(*desk));

	desk->config = *config;
	desk->next_id = 9001;
	if (pthread_mutex_init(&desk->lock, NULL) != 0 ||
	    pthread_cond_init(&desk->idle, NULL) != 0)
		abort(); /* out of memory, the only reason there is */
	return desk;
}

static void lease_free(struct lease *lease)
{
	for (size_t i = 0; i < lease->order.host_count; i++)
		free(lease->hosts[i]);
	free(lease->hosts);
	free(lease->stack_uid);
	free(lease->user);
	free(lease->action);
	free(lease->from_ip);
	free(lease->server_uid);
	free(lease->protocol);
	free(lease);
}

void lease_desk_free(struct lease_desk *desk)
{
	if (desk == NULL)
		return;
	(void)pthread_mutex_lock(&desk->lock);
	while (desk->working > 0)
		(void)pthread_cond_wait(&desk->idle, &desk->lock);
	(void)pthread_mutex_unlock(&desk->lock);
	while (desk->leases != NULL) {
		struct lease *next = desk->leases->next;

		lease_free(desk->leases);
		desk->leases = next;
	}
	(void)pthread_cond_destroy(&desk->idle);
	(void)pthread_mutex_destroy(&desk->lock);
	free(desk);
}

/* The hook gets a clean process: no signals blocked, none of the server's descriptors. */
static int spawn_hook(const struct lease_config *config, char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int error;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	error = posix_spawn_file_actions_init(&actions);
	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attr);
	if (error != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	if ((error = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
	                                                     POSIX_SPAWN_SETSIGDEF)) !=
	            0 ||
	    (error = posix_spawnattr_setsigmask(&attr, &none)) != 0 ||
	    (error = posix_spawnattr_setsigdefault(&attr, &all)) != 0 ||
	    (error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY,
	                                              0)) != 0 ||
	    (error = posix_spawn_file_actions_addopen(&actions, 1, config->log,
	                                              O_WRONLY | O_CREAT | O_APPEND,
	                                              0600)) != 0 ||
	    (error = posix_spawn_file_actions_adddup2(&actions, 1, 2)) != 0 ||
	    (error = posix_spawn_file_actions_addclosefrom_np(&actions, 3)) != 0)
		goto out;
	error = posix_spawn(pid, config->hook, &actions, &attr, argv, environ);
out:
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Wait for pid; kill it at its deadline or when the server is being stopped. */
static int reap(int stop_fd, pid_t pid)
{
	struct pollfd fds[] = { { .fd = pidfd_open(pid, 0), .events = POLLIN },
		                { .fd = stop_fd, .events = POLLIN } };
	int64_t until = now_ms() + HOOK_TIMEOUT_MS;
	int status, n = 0;

	while (fds[0].fd != -1 && n == 0 && now_ms() < until) {
		n = poll(fds, 2, 1000);
		if (n == -1 && errno == EINTR)
			n = 0;
	}
	if (n <= 0 || fds[0].revents == 0)
		(void)kill(pid, SIGKILL);
	if (fds[0].fd != -1)
		(void)close(fds[0].fd);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return status;
}

static int run_hook(const struct lease *lease, char *host, char message[256])
{
	const struct lease_config *config = &lease->desk->config;
	char port[16], seconds[32];
	char *hook = xstrdup(config->hook);
	char *argv[] = { hook, host, lease->from_ip, port, seconds, NULL };
	int status = 0, error;
	pid_t pid;

	(void)snprintf(port, sizeof(port), "%d", lease->order.port);
	(void)snprintf(seconds, sizeof(seconds), "%.10g", lease->order.seconds);
	error = spawn_hook(config, argv, &pid);
	if (error == 0)
		status = reap(config->stop_fd, pid);
	free(hook);
	if (error == 0 && status == 0)
		return 0;
	(void)snprintf(message, 256, "firewall of %.100s: %.100s", host,
	               error != 0        ? strerror(error) :
	               WIFEXITED(status) ? "the hook failed" :
	                                   "the hook was killed");
	return -1;
}

static void finish(struct lease *lease, bool success, const char *message)
{
	(void)pthread_mutex_lock(&lease->desk->lock);
	lease->success = success;
	(void)snprintf(lease->message, sizeof(lease->message), "%s", message);
	lease->finished_ms = now_ms();
	(void)pthread_mutex_unlock(&lease->desk->lock);
}

/* Open every server's firewall; the first failure is the action's. */
static bool apply(struct lease *lease, char message[256])
{
	bool good = true;

	for (size_t i = 0; i < lease->order.host_count; i++)
		if (lease->desk->config.hook != NULL && good &&
		    run_hook(lease, lease->hosts[i], message) == -1)
			good = false;
	if (!good)
		return false;
	(void)pthread_mutex_lock(&lease->desk->lock);
	lease->opened_ms = now_ms();
	lease->until_ms = lease->opened_ms + (int64_t)(lease->order.seconds * 1000);
	(void)pthread_mutex_unlock(&lease->desk->lock);
	return true;
}

static void carry_out(struct lease *lease)
{
	int stop_fd = lease->desk->config.stop_fd;
	char message[256] = "";

	if (stop_wait(stop_fd, lease->order.delay_ms))
		return;
	if (lease->order.refused) {
		finish(lease, false, "refused by test");
	} else if (lease->order.late) {
		finish(lease, true, "");
		if (!stop_wait(stop_fd, lease->order.late_ms))
			(void)apply(lease, message);
	} else {
		bool good = apply(lease, message);

		finish(lease, good, message);
	}
}

static void *work(void *arg)
{
	struct lease *lease = arg;
	struct lease_desk *desk = lease->desk;

	carry_out(lease);
	(void)pthread_mutex_lock(&desk->lock);
	if (--desk->working == 0)
		(void)pthread_cond_signal(&desk->idle);
	(void)pthread_mutex_unlock(&desk->lock);
	return NULL;
}

static struct lease *lease_new(struct lease_desk *desk, const struct lease_order *order)
{
	struct lease *lease = xcalloc(1, sizeof(*lease));

	lease->desk = desk;
	lease->order = *order;
	lease->stack_uid = xstrdup(order->stack_uid);
	lease->user = xstrdup(order->user);
	lease->action = xstrdup(order->action);
	lease->from_ip = xstrdup(order->from_ip);
	lease->server_uid = xstrdup(order->server_uid);
	lease->protocol = xstrdup(order->protocol);
	lease->hosts = xcalloc(order->host_count + 1, sizeof(*lease->hosts));
	for (size_t i = 0; i < order->host_count; i++)
		lease->hosts[i] = xstrdup(order->hosts[i]);
	lease->started_ms = now_ms();
	return lease;
}

static json_object *time_or_null(int64_t ms)
{
	char text[ISO_TIME_SIZE];

	if (ms == 0)
		return NULL;
	iso_time(ms, text);
	return json_object_new_string(text);
}

static json_object *text_or_null(const char *text)
{
	return text[0] != '\0' ? json_object_new_string(text) : NULL;
}

/* The API's inner number of a stack is not its uid; any stable one will do. */
static json_object *resource_id(const char *stack_uid)
{
	char text[16];
	uint32_t hash = 5381;

	for (const char *c = stack_uid; *c != '\0'; c++)
		hash = hash * 33 + (unsigned char)*c;
	(void)snprintf(text, sizeof(text), "%u", 10000 + hash % 90000);
	return json_object_new_string(text);
}

static json_object *action_json(const struct lease *lease)
{
	bool done = lease->finished_ms != 0;
	const struct {
		const char *key;
		json_object *value;
	} members[] = {
		{ "id", json_object_new_int64(lease->id) },
		{ "user", json_object_new_string(lease->user) },
		{ "resource_type", json_object_new_string("stack") },
		{ "action", json_object_new_string(lease->action) },
		{ "resource_id", resource_id(lease->stack_uid) },
		{ "started_via", json_object_new_string("api") },
		{ "started_at", time_or_null(lease->started_ms) },
		{ "finished_at", time_or_null(lease->finished_ms) },
		{ "finished_success",
		  done ? json_object_new_boolean(lease->success) : NULL },
		{ "finished_message", text_or_null(lease->message) },
		{ "finished_result", NULL },
		{ "metadata", json_object_new_object() },
	};
	json_object *action = json_object_new_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		(void)json_object_object_add(action, members[i].key, members[i].value);
	return action;
}

static json_object *rule_json(const struct lease *lease)
{
	const struct {
		const char *key;
		json_object *value;
	} members[] = {
		{ "id", json_object_new_int64(lease->id - 8500) },
		{ "from_ip", json_object_new_string(lease->from_ip) },
		{ "from_group_id", NULL },
		{ "from_server_id", NULL },
		{ "to_ip", NULL },
		{ "to_group_id", NULL },
		{ "to_server_id", text_or_null(lease->server_uid) },
		{ "protocol", json_object_new_string(lease->protocol) },
		{ "port", json_object_new_int(lease->order.port) },
		{ "rule_type", json_object_new_string("user") },
		{ "comments", NULL },
		{ "created_at", time_or_null(lease->opened_ms) },
		{ "updated_at", time_or_null(lease->opened_ms) },
	};
	json_object *rule = json_object_new_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		(void)json_object_object_add(rule, members[i].key, members[i].value);
	return rule;
}

json_object *lease_open(struct lease_desk *desk, const struct lease_order *order)
{
	struct lease *lease = lease_new(desk, order);
	json_object *action = NULL;
	pthread_attr_t attr;
	pthread_t thread;

	if (pthread_attr_init(&attr) != 0 ||
	    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) != 0)
		abort(); /* out of memory, the only reason there is */
	(void)pthread_mutex_lock(&desk->lock);
	lease->id = desk->next_id++;
	if (pthread_create(&thread, &attr, work, lease) == 0) {
		desk->working++;
		lease->next = desk->leases;
		desk->leases = lease;
		action = action_json(lease);
	} else {
		lease_free(lease);
	}
	(void)pthread_mutex_unlock(&desk->lock);
	(void)pthread_attr_destroy(&attr);
	return action;
}

json_object *lease_action(struct lease_desk *desk, const char *stack_uid, int64_t id)
{
	json_object *action = NULL;

	(void)pthread_mutex_lock(&desk->lock);
	for (struct lease *lease = desk->leases; lease != NULL; lease = lease->next)
		if (lease->id == id && strcmp(lease->stack_uid, stack_uid) == 0)
			action = action_json(lease);
	(void)pthread_mutex_unlock(&desk->lock);
	return action;
}

json_object *lease_rules(struct lease_desk *desk, const char *stack_uid)
{
	json_object *rules = json_object_new_array();
	int64_t now = now_ms();

	(void)pthread_mutex_lock(&desk->lock);
	for (struct lease *lease = desk->leases; lease != NULL; lease = lease->next)
		if (now < lease->until_ms && strcmp(lease->stack_uid, stack_uid) == 0)
			(void)json_object_array_add(rules, rule_json(lease));
	(void)pthread_mutex_unlock(&desk->lock);
	return rules;
}
