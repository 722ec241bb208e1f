/* SPDX-License-Identifier: MIT */
/*
 * server HOSTKEY AUTHORIZED_KEYS - a server made with libssh, on port 22: logins by key,
 * a command for each session, and connections for direct-tcpip, as a bastion has them.
 */
#include <errno.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* One channel, and what is at the other end of it: a socket, and a child or none. */
struct relay {
	struct relay *next;
	ssh_channel channel;
	int fd;
	pid_t child;
	char *queue; /* from the client, not yet written */
	size_t queued;
	bool client_done, told, fd_done;
	short watched; /* events, or -1: fd is not in the event loop */
	struct ssh_channel_callbacks_struct callbacks;
};
static const char *authorized_keys;
static struct relay *relays;

static int on_fd(socket_t fd, int revents, void *cookie)
{
	struct relay *r = cookie;
	char bytes[16384];
	ssize_t n;

	if (revents & POLLOUT) {
		n = send(fd, r->queue, r->queued, MSG_DONTWAIT);
		if (n > 0)
			memmove(r->queue, r->queue + n, r->queued -= (size_t)n);
		else if (n == -1 && errno != EAGAIN)
			r->queued = 0;
	}
	if (revents & (POLLIN | POLLHUP | POLLERR)) {
		n = read(fd, bytes, sizeof(bytes));
		if (n > 0)
			ssh_channel_write(r->channel, bytes, (uint32_t)n);
		else
			r->fd_done = true;
	}
	return 0;
}

static void end_relay(ssh_event event, struct relay *r)
{
	int status = 0;

	if (r->watched != -1)
		ssh_event_remove_fd(event, r->fd);
	close(r->fd);
	ssh_channel_send_eof(r->channel);
	if (r->child > 0) {
		waitpid(r->child, &status, 0);
		ssh_channel_request_send_exit_status(r->channel, WEXITSTATUS(status));
	}
	ssh_channel_close(r->channel);
	ssh_remove_channel_callbacks(r->channel, &r->callbacks);
	free(r->queue);
	free(r);
}

/* Watch what is to be watched; not within a callback, which libssh does not stand. */
static void watch_all(ssh_event event)
{
	for (struct relay **at = &relays; *at != NULL;) {
		struct relay *r = *at;
		short wanted = (short)(POLLIN | (r->queued > 0 ? POLLOUT : 0));

		if (r->fd_done) {
			*at = r->next;
			end_relay(event, r);
			continue;
		}
		if (r->client_done && r->queued == 0 && !r->told && r->fd != -1)
			r->told = shutdown(r->fd, SHUT_WR) == 0;
		if (r->fd != -1 && r->watched != wanted) {
			if (r->watched != -1)
				ssh_event_remove_fd(event, r->fd);
			ssh_event_add_fd(event, r->fd, wanted, on_fd, r);
			r->watched = wanted;
		}
		at = &r->next;
	}
}

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len,
                   int is_stderr, void *cookie)
{
	struct relay *r = cookie;

	(void)session, (void)channel, (void)is_stderr;
	r->queue = realloc(r->queue, r->queued + len);
	memcpy(r->queue + r->queued, data, len);
	r->queued += len;
	return (int)len;
}

static void on_eof(ssh_session session, ssh_channel channel, void *cookie)
{
	struct relay *r = cookie;

	(void)session, (void)channel;
	r->client_done = true;
}

static int on_exec(ssh_session session, ssh_channel channel, const char *command,
                   void *cookie)
{
	struct relay *r = cookie;
	int pair[2];

	(void)session, (void)channel;
	if (r->fd != -1 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return 1;
	r->child = fork();
	if (r->child == 0) {
		dup2(pair[1], 0);
		dup2(pair[1], 1);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	r->fd = pair[0];
	return 0;
}

static int connect_to(const char *host, int port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char service[8];
	int fd;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, found->ai_socktype, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen) == -1) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static int on_message(ssh_session session, ssh_message message, void *cookie)
{
	int fd = -1;
	struct relay *r;

	(void)session, (void)cookie;
	if (ssh_message_type(message) != SSH_REQUEST_CHANNEL_OPEN)
		return 1;
	if (ssh_message_subtype(message) == SSH_CHANNEL_DIRECT_TCPIP &&
	    (fd = connect_to(ssh_message_channel_request_open_destination(message),
	                     ssh_message_channel_request_open_destination_port(
				     message))) == -1)
		return 1;
	r = calloc(1, sizeof(*r));
	r->fd = fd;
	r->watched = -1;
	r->next = relays;
	relays = r;
	r->callbacks =
		(struct ssh_channel_callbacks_struct){ .userdata = r,
		                                       .channel_data_function = on_data,
		                                       .channel_eof_function = on_eof,
		                                       .channel_exec_request_function =
		                                               on_exec };
	r->channel = ssh_message_channel_request_open_reply_accept(message);
	ssh_callbacks_init(&r->callbacks);
	ssh_add_channel_callbacks(r->channel, &r->callbacks);
	return 0;
}

static int on_key(ssh_session session, const char *user, struct ssh_key_struct *key,
                  char state, void *cookie)
{
	FILE *file = fopen(authorized_keys, "r");
	char type[64], base64[4096];
	int found = 0;

	(void)session, (void)user, (void)state, (void)cookie;
	while (!found && fscanf(file, "%63s %4095s%*[^\n]", type, base64) == 2) {
		ssh_key known;

		if (ssh_pki_import_pubkey_base64(base64, ssh_key_type_from_name(type),
		                                 &known) == SSH_OK) {
			found = ssh_key_cmp(known, key, SSH_KEY_CMP_PUBLIC) == 0;
			ssh_key_free(known);
		}
	}
	fclose(file);
	return found ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED;
}

static void serve(ssh_session session)
{
	struct ssh_server_callbacks_struct callbacks = { .auth_pubkey_function = on_key };
	ssh_event event = ssh_event_new();

	ssh_callbacks_init(&callbacks);
	ssh_set_server_callbacks(session, &callbacks);
	ssh_set_message_callback(session, on_message, NULL);
	ssh_set_auth_methods(session, SSH_AUTH_METHOD_PUBLICKEY);
	if (ssh_handle_key_exchange(session) != SSH_OK) {
		fprintf(stderr, "%s\n", ssh_get_error(session));
		return;
	}
	ssh_event_add_session(event, session);
	while (ssh_is_connected(session) && ssh_event_dopoll(event, -1) != SSH_ERROR)
		watch_all(event);
	ssh_disconnect(session);
}

int main(int argc, char *argv[])
{
	ssh_bind listener = ssh_bind_new();
	unsigned int port = 22;

	(void)argc;
	authorized_keys = argv[2];
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	ssh_bind_options_set(listener, SSH_BIND_OPTIONS_BINDPORT, &port);
	ssh_bind_options_set(listener, SSH_BIND_OPTIONS_HOSTKEY, argv[1]);
	if (ssh_bind_listen(listener) != SSH_OK) {
		fprintf(stderr, "%s\n", ssh_get_error(listener));
		return 1;
	}
	for (;;) {
		ssh_session session = ssh_new();

		if (ssh_bind_accept(listener, session) != SSH_OK)
			return 1;
		fprintf(stderr, "connection\n");
		if (fork() == 0) {
			ssh_bind_free(listener); /* its socket, too */
			signal(SIGCHLD, SIG_DFL);
			serve(session);
			_exit(0);
		}
		ssh_free(session);
	}
}
