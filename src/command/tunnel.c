/* SPDX-License-Identifier: MIT */
/*
 * tunnel - forward ports to a server by ssh -L, and connect again after a lost network.
 *
 *   cxssh tunnel HOST [LOCAL:]PORT...
 *   cxssh tunnel [-s APP] --server HOST --remote PORT [--local LOCAL]
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/table.h"
#include "command/command.h"
#include "command/toolbelt.h"
#include "command/tunnelstate.h"
#include "route/routelease.h"
#include "runtime/config.h"
#include "runtime/log.h"

enum {
	STOP_MS = 10000,
	FIRST_MS = 180 * 1000, /* for the first connection of --background */
	CHECK_MS = 200,
	PAUSE_MIN_MS = 1000,
	PAUSE_MAX_MS = 30000,
	GIVE_UP_MS = 60 * 60 * 1000, /* without a connection */
	FAILED = 255,                /* ssh's own status of a failure */
};

struct options {
	struct toolbelt_host host;
	const char *local;
	const char *remote;
	bool background;
	bool all;
};

struct tunnel {
	struct tunnelstate state;
	struct strvec argv; /* of ssh */
	bool background;
};

static const struct manual *manual_of(const char *name)
{
	char *const words[] = { (char[]){ "tunnel" }, (char *)name };

	return manual_find(name != NULL ? 2 : 1, words, NULL);
}

/* ---- what is forwarded ---- */

static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{ "postgresql", 5432 }, { "postgres", 5432 },   { "mysql", 3306 },
	{ "mariadb", 3306 },    { "redis", 6379 },      { "elasticsearch", 9200 },
	{ "opensearch", 9200 }, { "mongodb", 27017 },   { "memcached", 11211 },
	{ "rabbitmq", 5672 },   { "amqp", 5672 },       { "influxdb", 8086 },
	{ "http", 80 },         { "https", 443 },       { "kibana", 5601 },
	{ "prometheus", 9090 }, { "clickhouse", 8123 }, { "nats", 4222 },
	{ "kafka", 9092 },
};

/* A port by its number or its service's name. */
static int take_port(const char *word, uint16_t *port, struct error *err)
{
	char shown[64];

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (strcmp(services[i].name, word) == 0) {
			*port = services[i].port;
			return 0;
		}
	}
	if (parse_port(word, port, err) == 0)
		return 0;
	*err = (struct error)ERROR_INIT;
	return options_error(manual_of(NULL), err,
	                     "%s is no port, no service that is known and no path",
	                     printable_text(word, shown, sizeof(shown)));
}

static int take_path(const char *word, struct error *err)
{
	if (valid_path(word))
		return 0;
	return options_error(manual_of(NULL), err,
	                     "the path of a socket may have letters, digits and . _ - + "
	                     "@ "
	                     "= , only");
}

/* Is the port of this machine free? */
static int check_port(uint16_t port, struct error *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_port = htons(port),
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;
	int fd = fd_socket(AF_INET, SOCK_STREAM, 0);
	int rc = 0;

	/* As ssh does: a port that was just closed is free. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd != -1 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		rc = error_errno(err, ERROR_CONFIG,
		                 "port %u of this machine cannot be used; another one: "
		                 "LOCAL:PORT",
		                 port);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

/* A socket that an earlier tunnel left may be replaced, another file may not. */
static int check_path(const char *path, struct error *err)
{
	struct stat st;

	if (take_path(path, err) == -1)
		return -1;
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return error_set(err, ERROR_CONFIG, "%s is there, and is no socket",
		                 path);
	return 0;
}

/* The toolbelt's rule, with a port that needs no rights. */
static uint16_t default_local(uint16_t remote)
{
	if (remote < 1024)
		return (uint16_t)(remote + 8000);
	return remote < UINT16_MAX ? (uint16_t)(remote + 1) : (uint16_t)(remote - 1);
}

static int take_local(const char *word, uint16_t remote, struct tunnel *tunnel,
                      struct error *err)
{
	uint16_t port;

	if (word == NULL && remote == 0)
		return options_error(manual_of(NULL), err,
		                     "a socket needs LOCAL in front, as 5433:/path");
	if (word != NULL && word[0] == '/') {
		strvec_push(&tunnel->state.locals, word);
		return check_path(word, err);
	}
	port = default_local(remote);
	if (word != NULL && take_port(word, &port, err) == -1)
		return -1;
	strvec_pushf(&tunnel->state.locals, "127.0.0.1:%u", port);
	return check_port(port, err);
}

/* One "[LOCAL:]PORT". */
static int add_forward(const char *local, const char *remote, struct tunnel *tunnel,
                       struct error *err)
{
	uint16_t port = 0;

	if (remote[0] == '/') {
		if (take_path(remote, err) == -1)
			return -1;
		strvec_push(&tunnel->state.remotes, remote);
	} else {
		if (take_port(remote, &port, err) == -1)
			return -1;
		strvec_pushf(&tunnel->state.remotes, "127.0.0.1:%u", port);
	}
	return take_local(local, port, tunnel, err);
}

static int split_forward(const char *word, struct tunnel *tunnel, struct error *err)
{
	const char *colon = strchr(word, ':');
	char *local = colon != NULL ? xstrndup(word, (size_t)(colon - word)) : NULL;
	int rc = add_forward(local, colon != NULL ? colon + 1 : word, tunnel, err);

	free(local);
	return rc;
}

/* ---- ssh ---- */

static int make_argv(struct tunnel *tunnel, struct error *err)
{
	static const char *const set[] = {
		"ExitOnForwardFailure=yes",
		"ControlMaster=no",
		"ControlPath=none",
		"StreamLocalBindUnlink=yes",
		"ServerAliveInterval=15",
		"ServerAliveCountMax=3",
		/* It runs when all ports are open, and writes into the pipe. */
		"PermitLocalCommand=yes",
		"LocalCommand=echo connected",
	};
	struct strvec *argv = &tunnel->argv;

	if (toolbelt_begin("ssh", argv, err) == -1)
		return -1;
	strvec_push(argv, "-N");
	strvec_push(argv, "-T");
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		strvec_pushf(argv, "-o%s", set[i]);
	if (tunnel->background)
		strvec_push(argv, "-oBatchMode=yes");
	for (size_t i = 0; i < tunnel->state.locals.count; i++)
		strvec_pushf(argv, "-L%s:%s", tunnel->state.locals.items[i],
		             tunnel->state.remotes.items[i]);
	strvec_push(argv, tunnel->state.host);
	return 0;
}

static volatile sig_atomic_t is_stopped;

static void on_signal(int signal)
{
	(void)signal;
	is_stopped = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

/* The exit status of ssh; -1 while it runs. */
static int ended(int pid)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int end_child(int pid)
{
	int status;

	(void)kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return 0;
}

static void print_forwards(const struct tunnel *tunnel, FILE *to)
{
	for (size_t i = 0; i < tunnel->state.locals.count; i++)
		(void)fprintf(to, "%s leads to %s of %s\n", tunnel->state.locals.items[i],
		              tunnel->state.remotes.items[i], tunnel->state.host);
	(void)fflush(to);
}

static void note_state(struct tunnel *tunnel, bool connected)
{
	struct error err = ERROR_INIT;

	tunnel->state.connected = connected;
	tunnel->state.since = routelease_now();
	if (tunnelstate_write(&tunnel->state, &err) == -1)
		log_step("tunnel: %s", err.text);
}

/* Called when the ports are open; *ready, of --background, is told and closed. */
static void on_connected(struct tunnel *tunnel, int *ready)
{
	note_state(tunnel, true);
	if (!tunnel->background)
		print_forwards(tunnel, stdout);
	if (*ready != -1)
		(void)close(*ready);
	*ready = -1;
}

/* One run of ssh, until it or the tunnel ends: its status; *connected says whether the
 * ports were open. */
static int run_once(struct tunnel *tunnel, int *ready, int errors, bool *connected,
                    struct error *err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int ends[2] = { -1, -1 };
	int status = -1;
	int pid = -1;
	char bytes[64];

	if (null == -1 || fd_pipe(ends) == -1)
		error_errno(err, ERROR_INTERNAL, "no pipe");
	else
		pid = toolbelt_start(&tunnel->argv, (int[]){ null, ends[1], errors },
		                     err);
	(void)close(null);
	(void)close(ends[1]);
	while (pid != -1 && status == -1 && !is_stopped) {
		struct pollfd pfd = { *connected ? -1 : ends[0], POLLIN, 0 };

		if (poll(&pfd, 1, CHECK_MS) == 1 && !*connected &&
		    read(ends[0], bytes, sizeof(bytes)) > 0) {
			*connected = true;
			on_connected(tunnel, ready);
		}
		status = ended(pid);
	}
	if (pid != -1 && status == -1)
		status = end_child(pid);
	(void)close(ends[0]);
	return pid == -1 ? -1 : status;
}

static void pause_for(int ms)
{
	struct deadline until = deadline_in(ms);

	while (deadline_left(until) > 0 && !is_stopped)
		(void)poll(NULL, 0, CHECK_MS);
}

/* Connect, and again whenever the connection is lost.  The status of the first ssh where
 * that never was connected, 0 when a signal ends the tunnel. */
static int keep_connected(struct tunnel *tunnel, int *ready, int errors,
                          struct error *err)
{
	struct deadline give_up = deadline_in(GIVE_UP_MS);
	int pause = PAUSE_MIN_MS;

	for (bool first = true;; first = false) {
		bool connected = false;
		int status = run_once(tunnel, ready, errors, &connected, err);

		if (status == -1 || is_stopped)
			return is_stopped ? 0 : -1;
		if (first && !connected)
			return status;
		if (connected) {
			pause = PAUSE_MIN_MS;
			give_up = deadline_in(GIVE_UP_MS);
		} else if (deadline_left(give_up) == 0) {
			return error_set(err, ERROR_UNAVAILABLE,
			                 "%s was not reached for an hour",
			                 tunnel->state.host);
		}
		if (connected)
			note_state(tunnel, false);
		if (connected && !tunnel->background)
			(void)fprintf(stderr,
			              "cxssh: the connection to %s is lost; the tunnel "
			              "connects again\n",
			              tunnel->state.host);
		pause_for(pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
}

static int serve(struct tunnel *tunnel, int *ready, int errors, struct error *err)
{
	int lock;
	int rc;

	catch_signals();
	lock = tunnelstate_begin(err);
	if (lock == -1)
		return -1;
	note_state(tunnel, false);
	rc = keep_connected(tunnel, ready, errors, err);
	tunnelstate_end(lock);
	return rc;
}

/* ---- --background ---- */

/* Write to the parent why it failed, then the status. */
static void report(int ready, int errors, int status, const struct error *err)
{
	char text[4096];
	ssize_t n = pread(errors, text, sizeof(text), 0);

	if (ready == -1)
		return;
	if (n > 0)
		(void)!write(ready, text, (size_t)n);
	if (err->code != ERROR_NONE)
		(void)dprintf(ready, "cxssh: %s\n", err->text);
	(void)!write(ready, &(unsigned char){ (unsigned char)status }, 1);
}

static void become_background(struct tunnel *tunnel, int ready)
{
	struct error err = ERROR_INIT;
	FILE *errors = tmpfile();
	int null = open("/dev/null", O_RDWR);
	int rc;

	(void)setsid();
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)!chdir("/");
	if (errors == NULL) {
		error_errno(&err, ERROR_INTERNAL, "no temporary file");
		_exit(1);
	}
	(void)fcntl(fileno(errors), F_SETFL, O_APPEND);
	rc = serve(tunnel, &ready, fileno(errors), &err);
	if (rc != 0)
		report(ready, fileno(errors), rc == -1 ? error_exit_status(err.code) : rc,
		       &err);
	_exit(rc == 0 ? 0 : 1);
}

/* What the child reports until it closes the pipe: nothing when it is connected.  Its
 * last byte is the status. */
static int read_report(int ready, int pid, struct error *err)
{
	struct deadline until = deadline_in(FIRST_MS);
	struct strbuf text = STRBUF_INIT;
	char bytes[4096];
	int status = 0;

	for (;;) {
		struct pollfd pfd = { ready, POLLIN, 0 };
		ssize_t n;

		if (poll(&pfd, 1, deadline_left(until)) == 0) {
			strbuf_release(&text);
			(void)kill(pid, SIGTERM);
			return error_set(err, ERROR_RETRY, "not connected in time");
		}
		n = read(ready, bytes, sizeof(bytes));
		if (n == 0)
			break;
		if (n > 0)
			strbuf_add(&text, bytes, (size_t)n);
	}
	if (text.len > 0) {
		status = (unsigned char)text.data[text.len - 1];
		(void)fwrite(text.data, 1, text.len - 1, stderr);
	}
	strbuf_release(&text);
	return status;
}

static int run_in_background(struct tunnel *tunnel, struct error *err)
{
	int ends[2];
	int status;
	pid_t pid;

	if (fd_pipe(ends) == -1)
		return error_errno(err, ERROR_INTERNAL, "no pipe");
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		become_background(tunnel, ends[1]);
	}
	(void)close(ends[1]);
	if (pid == -1) {
		(void)close(ends[0]);
		return error_errno(err, ERROR_INTERNAL, "no process");
	}
	status = read_report(ends[0], (int)pid, err);
	(void)close(ends[0]);
	if (status == 0)
		print_forwards(tunnel, stdout);
	return status;
}

/* ---- the commands ---- */

static int set_option(char letter, const char *value, void *cookie, struct error *err)
{
	struct options *options = cookie;

	(void)err;
	if (toolbelt_option(&options->host, letter, value))
		return 0;
	switch (letter) {
	case 'l': options->local = value; return 0;
	case 'r': options->remote = value; return 0;
	case 'b': options->background = true; return 0;
	default: options->all = true; return 0;
	}
}

static int take_forwards(const struct options *options, char *const words[],
                         struct tunnel *tunnel, struct error *err)
{
	int rc = 0;

	if (options->remote == NULL && options->local != NULL)
		return options_error(manual_of(NULL), err, "--local needs --remote");
	if (options->remote == NULL && words[0] == NULL)
		return options_error(manual_of(NULL), err, "PORT is missing");
	if (options->remote != NULL)
		rc = add_forward(options->local, options->remote, tunnel, err);
	for (; rc == 0 && *words != NULL; words++)
		rc = split_forward(*words, tunnel, err);
	return rc;
}

static int tunnel_open(int argc, char *argv[], const struct config *config,
                       struct error *err)
{
	struct options options = { .local = NULL };
	struct tunnel tunnel = { .background = false };
	int first = options_parse(argc, argv, set_option, &options,
	                          (struct options_range){ 0, argc }, err);
	int none = -1;
	int rc;

	if (first == -1)
		return -1;
	if (options.host.server == NULL)
		options.host.server = argv[first] != NULL ? argv[first++] : NULL;
	if (options.host.server == NULL)
		return options_error(manual_of(NULL), err, "HOST is missing");
	tunnel.background = options.background;
	rc = take_forwards(&options, argv + first, &tunnel, err);
	if (rc == 0)
		tunnel.state.host = toolbelt_alias(&options.host, config, err);
	rc = rc == 0 && tunnel.state.host != NULL ? make_argv(&tunnel, err) : -1;
	if (rc == 0)
		rc = options.background ? run_in_background(&tunnel, err) :
		                          serve(&tunnel, &none, -1, err);
	strvec_release(&tunnel.argv);
	tunnelstate_release(&tunnel.state);
	return rc;
}

static void add_rows(struct table *table, const struct tunnelstate *s)
{
	int64_t seconds = routelease_now() - s->since;
	char since[32];

	(void)snprintf(since, sizeof(since), "%" PRId64 " min", seconds / 60);
	for (size_t i = 0; i < s->locals.count; i++)
		table_add(table,
		          (const char *const[]){
				  s->locals.items[i], s->host, s->remotes.items[i],
				  s->connected ? "connected" : "connecting", since });
}

static int tunnel_list(int argc, char *argv[], struct error *err)
{
	static const struct table_column columns[] = {
		{ .heading = "LOCAL" },
		{ .heading = "HOST" },
		{ .heading = "REMOTE", .keep = 2 },
		{ .heading = "STATE", .keep = 3 },
		{ .heading = "SINCE", .keep = 1 },
	};
	struct table *table;
	struct tunnelstate *states;
	size_t count;

	if (options_parse(argc, argv, NULL, NULL, (struct options_range){ 0, 0 }, err) ==
	    -1)
		return -1;
	table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	count = tunnelstate_list(&states);
	for (size_t i = 0; i < count; i++) {
		add_rows(table, &states[i]);
		tunnelstate_release(&states[i]);
	}
	if (count == 0)
		(void)printf("no tunnel is open\n");
	table_print(table, NULL);
	table_free(table);
	free(states);
	return 0;
}

/* Is it a tunnel to this host, or one with this local port or path? */
static bool is_meant(const struct tunnelstate *s, const char *word)
{
	if (strcasecmp(s->host, word) == 0 || strvec_has(&s->locals, word))
		return true;
	for (size_t i = 0; i < s->locals.count; i++) {
		const char *port = strrchr(s->locals.items[i], ':');

		if (port != NULL && strcmp(port + 1, word) == 0)
			return true;
	}
	return false;
}

static int stop_all(const char *word, size_t *stopped, struct error *err)
{
	struct tunnelstate *states;
	size_t count = tunnelstate_list(&states);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		struct tunnelstate *s = &states[i];

		if (rc == 0 && (word == NULL || is_meant(s, word))) {
			rc = tunnelstate_stop(s->pid, deadline_in(STOP_MS), err);
			for (size_t k = 0; rc == 0 && k < s->locals.count; k++)
				(void)printf("%s is closed\n", s->locals.items[k]);
			(*stopped)++;
		}
		tunnelstate_release(s);
	}
	free(states);
	return rc;
}

static int tunnel_close(int argc, char *argv[], const struct config *config,
                        struct error *err)
{
	struct options options = { .all = false };
	int first = options_parse(argc, argv, set_option, &options,
	                          (struct options_range){ 0, 1 }, err);
	const char *word = first != -1 ? argv[first] : NULL;
	size_t stopped = 0;
	char shown[64];
	int rc;

	if (first == -1)
		return -1;
	if ((word == NULL) != options.all)
		return options_error(manual_of("close"), err, "either HOST or --all");
	rc = stop_all(word, &stopped, err);
	if (rc == 0 && stopped == 0 && word != NULL) {
		struct error ignored = ERROR_INIT;
		struct toolbelt_host host = { .server = word };
		char *alias = toolbelt_alias(&host, config, &ignored);

		rc = alias != NULL ? stop_all(alias, &stopped, err) : 0;
		free(alias);
	}
	if (rc == 0 && stopped == 0 && word != NULL) {
		error_set(err, ERROR_NO_HOST, "no tunnel to %s",
		          printable_text(word, shown, sizeof(shown)));
		return error_hint(err, "cxssh tunnel list");
	}
	return rc;
}

int command_tunnel(int argc, char *argv[], struct config *config, struct error *err)
{
	if (argc > 1 && strcmp(argv[1], "list") == 0)
		return tunnel_list(argc, argv, err);
	if (argc > 1 && strcmp(argv[1], "close") == 0)
		return tunnel_close(argc, argv, config, err);
	return tunnel_open(argc, argv, config, err);
}
