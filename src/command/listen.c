/* SPDX-License-Identifier: MIT */
/* listen - a listener on this machine, for programs that run no ProxyCommand: each
 * connection is given to a cxssh-proxy of its own. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/options.h"
#include "command/command.h"
#include "connect/reason.h"
#include "fleet/host.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "fleet/store.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhostsedit.h"
#include "net/tcppeer.h"
#include "net/unixsock.h"
#include "prepare/steps.h"
#include "runtime/config.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

enum {
	LISTEN_MS = 60000, /* to find the host, and to make it ready */
	MEMBER_MS = 10000, /* ... each server of a role */
	CLIENTS_MAX = 256, /* connections at a time */
	BACKLOG = 128,
};

struct listening {
	const char *path; /* of the socket, or NULL: on 127.0.0.1 */
	dev_t dev;        /* of that file */
	ino_t ino;
	uint16_t port;  /* 0: any that is free */
	int64_t idle_s; /* 0: for ever */
	char *target;
	int fd;
	int clients;
};

/* ---- what was asked for ---- */

static int set_idle(char letter, const char *value, void *idle_s, struct error *err)
{
	(void)letter;
	if (parse_seconds(value, idle_s, err) == -1 || *(int64_t *)idle_s < 1)
		return error_set(err, ERROR_USAGE,
		                 "listen: --idle is a time such as 30m");
	return 0;
}

static int make_server_ready(const struct host *host, const struct config *config,
                             const char *role, int within_ms, struct error *err)
{
	struct prepare o = { .config = config,
		             .target = host->server->uid,
		             .as = role,
		             .started_ms = deadline_wall_ms(),
		             .until = deadline_in(within_ms) };
	int rc = fleet_write_route(host, config, err);

	if (rc == 0)
		rc = prepare_target(&o, err);
	prepare_release(&o);
	return rc;
}

/* Make the servers of host ready; of a role's, those that have failed by what the API
 * says are left to the proxy.  -1 with the last reason when none is ready. */
static int make_ready(const struct host *host, const struct config *config,
                      struct error *err)
{
	struct server **list = NULL;
	size_t count = host_servers(host, &list);
	char *role = host->role != NULL ? host_target(host) : NULL;
	size_t ready = 0;

	if (fleet_write_route(host, config, err) == -1)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct host server = { host->stack, list[i], NULL };

		if (list[i]->health == HEALTH_FAILED && (i + 1 < count || ready > 0))
			continue;
		ready += make_server_ready(&server, config, role,
		                           count > 1 ? MEMBER_MS : LISTEN_MS, err) == 0;
	}
	free(list);
	free(role);
	return ready > 0 ? 0 : -1;
}

/* ---- the listener ---- */

static int open_port(struct listening *l, struct error *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_port = htons(l->port),
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int on = 1;

	l->fd = fd_socket(AF_INET, SOCK_STREAM, 0);
	if (l->fd == -1 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(l->fd, (struct sockaddr *)&address, len) == -1 ||
	    listen(l->fd, BACKLOG) == -1 ||
	    getsockname(l->fd, (struct sockaddr *)&address, &len) == -1) {
		error_errno(err, ERROR_UNAVAILABLE, "cannot listen on 127.0.0.1 port %d",
		            l->port);
		return error_hint(err, "cxssh listen --help");
	}
	l->port = ntohs(address.sin_port);
	return 0;
}

/* Remove the socket of a listener that is gone; a file, or a socket with a listener,
 * stays, and bind() says so. */
static void remove_dead(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode) ||
	    st.st_uid != geteuid())
		return;
	fd = fd_socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd != -1 &&
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) == -1 &&
	    errno == ECONNREFUSED)
		(void)unlink(address->sun_path);
	fd_close(&fd);
}

static int open_path(struct listening *l, struct error *err)
{
	struct sockaddr_un address;
	struct stat st;

	if (unixsock_address(l->path, &address, err) == -1)
		return -1;
	remove_dead(&address);
	l->fd = fd_socket(AF_UNIX, SOCK_STREAM, 0);
	if (l->fd == -1 ||
	    bind(l->fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    chmod(l->path, 0600) == -1 || listen(l->fd, BACKLOG) == -1 ||
	    stat(l->path, &st) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot listen on %s", l->path);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return 0;
}

static void close_listener(struct listening *l)
{
	struct stat st;

	fd_close(&l->fd);
	if (l->ino != 0 && stat(l->path, &st) == 0 && st.st_dev == l->dev &&
	    st.st_ino == l->ino)
		(void)unlink(l->path);
}

/* ---- clients ---- */

static bool is_ours(const struct listening *l, int fd)
{
	return l->path != NULL ? unixsock_peer_is_us(fd) :
	                         tcppeer_user(fd) != TCPPEER_OTHER;
}

/* Tell the client, as the server would. */
static void refuse(int fd, const char *what)
{
	struct strbuf bytes = STRBUF_INIT;

	log_step("%s", what);
	reason_stream(what, &bytes);
	(void)!write(fd, bytes.data, bytes.len);
	strbuf_release(&bytes);
	(void)shutdown(fd, SHUT_WR);
}

static void serve_client(struct listening *l)
{
	char *program = paths_program("cxssh-proxy");
	char *argv[] = { program, l->target, NULL };
	struct error err = ERROR_INIT;
	int fd = fd_accept(l->fd);
	pid_t pid;

	if (fd != -1 && !is_ours(l, fd))
		refuse(fd, "cxssh: this listener is another user's");
	else if (fd != -1 && spawn_for_client(argv, fd, &pid, &err) == -1)
		refuse(fd, "cxssh: cxssh-proxy cannot be started");
	else if (fd != -1)
		l->clients++;
	fd_close(&fd);
	free(program);
}

static volatile sig_atomic_t asked_to_end;

static void on_signal(int number)
{
	if (number != SIGCHLD)
		asked_to_end = 1;
}

/* Signals come only while it sleeps. */
static void catch_signals(sigset_t *asleep)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	sigset_t caught;

	(void)sigemptyset(&caught);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action = { .sa_handler = on_signal };

		(void)sigaddset(&caught, numbers[i]);
		(void)sigaction(numbers[i], &action, NULL);
	}
	(void)sigprocmask(SIG_BLOCK, &caught, asleep);
	(void)sigdelset(asleep, SIGCHLD);
}

/* True when a client has come.  macOS has no ppoll(2). */
static bool sleep_until(const struct listening *l, const struct timespec *wait,
                        const sigset_t *asleep)
{
	fd_set readable;

	FD_ZERO(&readable);
	if (l->clients < CLIENTS_MAX)
		FD_SET(l->fd, &readable);
	return pselect(l->fd + 1, &readable, NULL, NULL, wait, asleep) == 1;
}

static void serve(struct listening *l)
{
	struct deadline idle = deadline_in(l->idle_s * 1000);
	sigset_t asleep;

	catch_signals(&asleep);
	while (!asked_to_end) {
		int left = deadline_left(idle);
		struct timespec wait = { .tv_sec = left / 1000,
			                 .tv_nsec = left % 1000 * 1000000L };
		bool may_end = l->idle_s > 0 && l->clients == 0;

		if (sleep_until(l, may_end ? &wait : NULL, &asleep))
			serve_client(l);
		else if (may_end && deadline_passed(idle))
			break;
		for (; waitpid(-1, NULL, WNOHANG) > 0; l->clients--)
			idle = deadline_in(l->idle_s * 1000);
	}
}

/* ---- what a person needs ---- */

struct keys {
	const struct host *host;
	const struct listening *listening;
	size_t printed;
};

/* The name that a client looks the listener's key up by. */
static void print_key(const struct kh_line *line, const char *fingerprint, void *cookie)
{
	struct keys *keys = cookie;
	struct server **list = NULL;
	size_t count = host_servers(keys->host, &list);

	(void)fingerprint;
	for (size_t i = 0; i < count && line->kind == KH_PLAIN; i++) {
		char *name = hostkey_alias(list[i]->uid);

		if (kh_line_has_name(line, name)) {
			(void)printf("%-12s [127.0.0.1]:%d %.*s %.*s\n",
			             keys->printed++ == 0 ? "known_hosts" : "",
			             keys->listening->port, (int)line->type.len,
			             line->type.at, (int)line->key.len, line->key.at);
			free(name);
			break;
		}
		free(name);
	}
	free(list);
}

/* key is a path, or "". */
static void print_settings(const struct listening *l, const struct host *host,
                           const char *user, const char *key)
{
	(void)printf("%-12s ssh -p %d", "ssh", l->port);
	if (key[0] != '\0')
		(void)printf(" -i %s -o IdentitiesOnly=yes", key);
	(void)printf(" -o HostKeyAlias=%s -o UserKnownHostsFile=~/.ssh/cxssh/known_hosts "
	             "%s@127.0.0.1\n",
	             host_alias(host), user);
	(void)printf("%-12s SSH tunnel: host 127.0.0.1, port %d, user %s, %s%s; the "
	             "database's host is as the server sees it, such as 127.0.0.1\n",
	             "DBeaver", l->port, user,
	             key[0] != '\0' ? "public key " : "your own key", key);
	(void)printf("%-12s Over SSH: server 127.0.0.1, port %d, user %s, %s%s\n",
	             "TablePlus", l->port, user,
	             key[0] != '\0' ? "private key " : "your own key", key);
	(void)printf("%-12s ssh -N -L 5432:127.0.0.1:5432 -p %d ... as above, then psql "
	             "-h 127.0.0.1\n",
	             "psql", l->port);
	if (key[0] != '\0')
		(void)printf("%-12s puttygen %s -O private -o %s.ppk && plink -P %d -i "
		             "%s.ppk %s@127.0.0.1\n",
		             "PuTTY", key, key, l->port, key, user);
}

static void print_listener(const struct listening *l, const struct host *host,
                           const struct config *config)
{
	struct keys keys = { .host = host, .listening = l };
	struct error ignored = ERROR_INIT;
	const struct server *server = host_first_server(host);
	const char *user = server->user;
	char *identity = server_identity(server, config);
	const char *key = identity != NULL ? identity : "";

	if (l->path != NULL) {
		(void)printf("listening on %s for %s; Ctrl-C ends it\n", l->path,
		             host_alias(host));
	} else {
		(void)printf("listening on 127.0.0.1 port %d for %s; Ctrl-C ends it\n",
		             l->port, host_alias(host));
		(void)printf("%-12s %s\n", "user", user);
		if (key[0] != '\0')
			(void)printf("%-12s %s\n", "key", key);
		(void)knownhostsedit_list(print_key, &keys, &ignored);
		print_settings(l, host, user, key);
		if (access("/proc/net/tcp", R_OK) == -1)
			(void)printf("this system does not tell whose a connection is: "
			             "other users of this machine can connect, too\n");
	}
	(void)fflush(stdout);
	free(identity);
}

int command_listen(int argc, char *argv[], struct config *config, struct error *err)
{
	struct listening l = { .fd = -1 };
	const struct options_place places[] = {
		{ 'S', .text = &l.path },
		{ 'I', .call = set_idle, .cookie = &l.idle_s },
		{ .letter = '\0' },
	};
	struct fleet fleet = FLEET_INIT;
	struct host found;
	int first = options_parse(argc, argv, places, 1, 2, err);
	int rc;

	if (first == -1 ||
	    (argc - first == 2 && parse_port(argv[first + 1], &l.port, err) == -1))
		return -1;
	rc = resolve_host(config, argv[first], &fleet, &found, deadline_in(LISTEN_MS),
	                  err);
	if (rc == 0)
		rc = l.path != NULL ? open_path(&l, err) : open_port(&l, err);
	if (rc == 0)
		rc = make_ready(&found, config, err);
	if (rc == 0) {
		*err = (struct error)ERROR_INIT;
		l.target = host_target(&found);
		print_listener(&l, &found, config);
		serve(&l);
	}
	close_listener(&l);
	free(l.target);
	fleet_release(&fleet);
	return rc;
}
