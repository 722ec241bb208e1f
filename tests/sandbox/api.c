/* SPDX-License-Identifier: MIT */
/*
 * sandbox-api - Cloud 66's API, version 3, for users without an account.
 *
 *   sandbox-api --listen ADDR:PORT --fleet FILE --state DIR
 *               [--tls-cert FILE --tls-key FILE] [--lease-hook PROGRAM]
 *               [--lease-delay MS] [--minute-ms MS]
 *
 * Runs in the foreground and says nothing.  It is held to cloud66.md, not
 * to cxssh: a real toolbelt with this base URL must work too.  SIGTERM ends it.
 *
 * --listen       127.0.0.1:6680 or [::1]:6680
 * --lease-hook   opens a firewall: PROGRAM HOST FROM PORT SECONDS, once for each
 *                server, HOST being its "_host".  Failing, it fails the action.
 *                What it prints goes to DIR/hook.log; after 30 s it is killed.
 * --lease-delay  a lease takes this long until it is applied (500)
 * --minute-ms    how long a lease's minute is (60000); at least 1 s a lease
 *
 * DIR/ready        made when requests are answered, DIR/api.pid likewise
 * DIR/requests.log one line for each, written before the answer is sent:
 *                  <ms> <client ip> <METHOD> <path?query> <status> <X-Account|->
 *                  <ok|bad|none>; ms is the time of arrival, status 000 is no answer
 * DIR/faults       what is to go wrong, see below; read when it changed
 *
 * The fleet file is JSON, read again when it was replaced:
 *
 *   { "token": "t", "tokens": ["more"], "expired_tokens": ["old"],
 *     "token_scopes": { "more": "public" },        all scopes, where not named
 *     "refresh_tokens": ["r"], "expires_in": 7200, "rotate_refresh_tokens": false,
 *     "clients": [{ "id": "i", "secret": "s", "_deny": false }],
 *     "user": "a@example.com", "public_key": "ssh-ed25519 ...",
 *     "warning": "for X-Cloud66-Warning", "enveloped_ping": false,
 *     "accounts": [{ "id": 77, "current_account": true, "_forbidden": false,
 *                    "gateways": [{ "id": 3, ... }], ... }],
 *     "stacks": [{ "uid": "0a1b", "account_id": 77, ...,
 *                  "servers": [{ "uid": "55ee", "_host": "heron",
 *                                "_key_file": "/x/key.pem", ... }] }] }
 *
 * Everything is served as it stands, hostile values too, except keys that begin
 * with "_" and nested servers and gateways.  ssh_private_key is served when it is
 * asked for: the contents of _key_file, else the member of that name, else null.
 * A server whose stack_uid names another stack is listed where it is nested, but
 * shown and leased only there, as the toolbelt does it.  Without X-Account the
 * account with current_account is meant; stacks without account_id are in all.
 *
 * A line of DIR/faults: METHOD|* GLOB FAULT [ARGUMENT] [times=N].  GLOB is
 * matched against path?query, after /api/3 where it begins so; "*" matches "/"
 * too.  The first rule with uses left wins; a new file starts new counts.
 *
 *   status CODE [retry-after=S] [error=CODE] [details=WORD] [body=FILE]
 *   slow MS            the right answer, late
 *   hang               none, until the client gives up
 *   truncate N         all is promised, N bytes come
 *   garbage            200, not JSON                 empty    200, no bytes
 *   body FILE          200, these bytes              wrongtype  200, a number
 *   redirect URL       302                           reset    RST
 *   big BYTES          200, a string of that length, chunked
 *   expire-token       401, from now on, until the fleet is replaced
 *   refuse-lease       the action fails: "refused by test"
 *   lease-delay MS     instead of --lease-delay
 *   firewall-late MS   the action succeeds at once, the hook runs so much later
 *
 * The last three apply to requests for a lease and are not used up by others.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve.h"
#include "util.h"

struct options {
	const char *listen, *tls_cert, *tls_key, *fleet, *state, *lease_hook;
	int64_t lease_delay_ms, minute_ms;
};

static int complain(const char *what, const char *why)
{
	(void)fprintf(stderr, "sandbox-api: %s: %s\n", what, why);
	return -1;
}

static int read_options(int argc, char **argv, struct options *options)
{
	const struct {
		const char **text;
		int64_t *number;
	} targets[] = {
		{ &options->listen, NULL },         { &options->tls_cert, NULL },
		{ &options->tls_key, NULL },        { &options->fleet, NULL },
		{ &options->state, NULL },          { &options->lease_hook, NULL },
		{ NULL, &options->lease_delay_ms }, { NULL, &options->minute_ms },
	};
	static const struct option longs[] = {
		{ "listen", required_argument, NULL, 0 },
		{ "tls-cert", required_argument, NULL, 0 },
		{ "tls-key", required_argument, NULL, 0 },
		{ "fleet", required_argument, NULL, 0 },
		{ "state", required_argument, NULL, 0 },
		{ "lease-hook", required_argument, NULL, 0 },
		{ "lease-delay", required_argument, NULL, 0 },
		{ "minute-ms", required_argument, NULL, 0 },
		{ NULL, 0, NULL, 0 },
	};
	int which, result;

	while ((result = getopt_long(argc, argv, "", longs, &which)) == 0) {
		if (targets[which].text != NULL)
			*targets[which].text = optarg;
		else if (!parse_number(optarg, 0, INT32_MAX, targets[which].number))
			return complain(longs[which].name, "not a number");
	}
	if (result != -1 || optind != argc || options->listen == NULL ||
	    options->fleet == NULL || options->state == NULL ||
	    (options->tls_cert == NULL) != (options->tls_key == NULL))
		return complain("usage", "--listen ADDR:PORT --fleet FILE --state DIR "
		                         "[--tls-cert FILE --tls-key FILE] "
		                         "[--lease-hook PROGRAM] [--lease-delay MS] "
		                         "[--minute-ms MS]");
	return 0;
}

/* ADDR:PORT, with brackets for IPv6.  The result is for freeaddrinfo(). */
static struct addrinfo *parse_address(const char *text)
{
	struct addrinfo hints = { .ai_flags =
		                          AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		                  .ai_socktype = SOCK_STREAM };
	struct addrinfo *address = NULL;
	char *copy = xstrdup(text);
	char *host = copy, *port = strrchr(copy, ':');

	if (port != NULL) {
		*port++ = '\0';
		if (host[0] == '[' && host[strlen(host) - 1] == ']') {
			host[strlen(host) - 1] = '\0';
			host++;
		}
		if (getaddrinfo(host, port, &hints, &address) != 0)
			address = NULL;
	}
	free(copy);
	return address;
}

/* An empty text makes an empty file. */
static int write_file(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		rc = complain(path, strerror(errno));
	if (fd != -1)
		(void)close(fd);
	free(path);
	return rc;
}

static void remove_file(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	(void)unlink(path);
	free(path);
}

static void sandbox_release(struct sandbox *box)
{
	lease_desk_free(box->leases);
	tokens_free(box->tokens);
	faults_free(box->faults);
	fleet_free(box->fleet);
	free(box->public_key);
	free(box->log_path);
	(void)pthread_mutex_destroy(&box->lock);
	(void)close(box->stop_fd);
}

static int sandbox_init(struct sandbox *box, const struct options *options)
{
	char *faults_path = xasprintf("%s/faults", options->state);
	int rc = 0;

	*box = (struct sandbox){ .lease_delay_ms = options->lease_delay_ms,
		                 .minute_ms = options->minute_ms,
		                 .calls_left = 3600,
		                 .tls = options->tls_cert != NULL };
	box->log_path = xasprintf("%s/requests.log", options->state);
	box->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	box->fleet = fleet_open(options->fleet);
	box->faults = faults_open(faults_path);
	box->tokens = tokens_open(box->fleet);
	if (box->stop_fd == -1 || pthread_mutex_init(&box->lock, NULL) != 0)
		rc = complain("start", strerror(errno));
	if (box->fleet == NULL)
		rc = -1; /* it has said why */
	free(faults_path);
	return rc;
}

/* Threads inherit the mask: SIGTERM waits for the main thread's sigwait(). */
static int block_signals(sigset_t *set)
{
	if (sigemptyset(set) == -1 || sigaddset(set, SIGTERM) == -1 ||
	    sigaddset(set, SIGINT) == -1 || sigaddset(set, SIGHUP) == -1 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    pthread_sigmask(SIG_BLOCK, set, NULL) != 0)
		return complain("signals", strerror(errno));
	return 0;
}

/* Serve until a signal comes, then wake all waiting threads. */
static int stay(struct sandbox *box, const struct options *options, const sigset_t *set)
{
	const uint64_t one = 1;
	char pid[24];
	int which, rc = 0;

	(void)snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (write_file(options->state, "api.pid", pid) == -1 ||
	    write_file(options->state, "ready", "") == -1)
		rc = -1;
	else if (sigwait(set, &which) != 0)
		rc = complain("signals", "sigwait");
	remove_file(options->state, "ready");
	if (write(box->stop_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		rc = complain("stop", strerror(errno));
	return rc;
}

static int run(const struct options *options)
{
	struct serve_config config = { 0 };
	struct addrinfo *address = parse_address(options->listen);
	struct MHD_Daemon *daemon = NULL;
	char *cert = NULL, *key = NULL;
	struct sandbox box;
	sigset_t set;
	size_t len;
	char *hook_log = xasprintf("%s/hook.log", options->state);
	int rc = -1;

	if (sandbox_init(&box, options) == -1 || block_signals(&set) == -1)
		goto out;
	if (address == NULL) {
		(void)complain(options->listen, "not an address and a port");
		goto out;
	}
	if (options->tls_cert != NULL &&
	    ((cert = slurp(options->tls_cert, &len)) == NULL ||
	     (key = slurp(options->tls_key, &len)) == NULL)) {
		(void)complain("certificate or key", strerror(errno));
		goto out;
	}
	box.leases = lease_desk_open(&(struct lease_config){
		.hook = options->lease_hook, .log = hook_log, .stop_fd = box.stop_fd });
	config = (struct serve_config){ .address = address->ai_addr,
		                        .tls_cert = cert,
		                        .tls_key = key };
	daemon = serve_start(&box, &config);
	if (daemon == NULL)
		(void)complain(options->listen, strerror(errno));
	else
		rc = stay(&box, options, &set);
out:
	serve_stop(daemon);
	sandbox_release(&box);
	remove_file(options->state, "api.pid");
	if (address != NULL)
		freeaddrinfo(address);
	free(hook_log);
	free(cert);
	free(key);
	return rc;
}

int main(int argc, char **argv)
{
	struct options options = { .lease_delay_ms = 500, .minute_ms = 60000 };

	(void)umask(077);
	if (read_options(argc, argv, &options) == -1)
		return 64;
	remove_file(options.state, "ready");
	return run(&options) == 0 ? 0 : 1;
}
