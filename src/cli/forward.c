/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cli/forward.h"
#include "cli/manual.h"
#include "cli/options.h"

const struct forward_service forward_services[] = {
	{ "postgresql", 5432 }, { "postgres", 5432 },
	{ "mysql", 3306 },      { "mariadb", 3306 },
	{ "redis", 6379 },      { "elasticsearch", 9200 },
	{ "opensearch", 9200 }, { "mongodb", 27017 },
	{ "memcached", 11211 }, { "rabbitmq", 5672 },
	{ "amqp", 5672 },       { "influxdb", 8086 },
	{ "http", 80 },         { "https", 443 },
	{ "kibana", 5601 },     { "prometheus", 9090 },
	{ "clickhouse", 8123 }, { "nats", 4222 },
	{ "kafka", 9092 },      { NULL, 0 },
};

/* A port by its number or its service's name. */
static int take_port(const char *word, uint16_t *port, struct error *err)
{
	char shown[64];

	for (const struct forward_service *s = forward_services; s->name != NULL; s++) {
		if (strcasecmp(s->name, word) == 0) {
			*port = s->port;
			return 0;
		}
	}
	if (parse_port(word, port, err) == 0)
		return 0;
	*err = (struct error)ERROR_INIT;
	return options_error(manual_named("tunnel"), err,
	                     "%s is no port, no service that is known and no path",
	                     printable_text(word, shown, sizeof(shown)));
}

static int take_path(const char *word, struct error *err)
{
	if (valid_path(word))
		return 0;
	return options_error(manual_named("tunnel"), err,
	                     "the path of a socket may have letters, digits and "
	                     ". _ - + @ = , only");
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

static int take_local(const char *word, uint16_t remote, struct forwards *to,
                      struct error *err)
{
	uint16_t port;

	if (word == NULL && remote == 0)
		return options_error(manual_named("tunnel"), err,
		                     "a socket needs LOCAL in front, as 5433:/path");
	if (word != NULL && word[0] == '/') {
		strvec_push(&to->locals, word);
		return check_path(word, err);
	}
	port = default_local(remote);
	if (word != NULL && take_port(word, &port, err) == -1)
		return -1;
	strvec_pushf(&to->locals, "127.0.0.1:%u", port);
	return check_port(port, err);
}

int forwards_add(const char *local, const char *remote, struct forwards *to,
                 struct error *err)
{
	uint16_t port = 0;

	if (remote[0] == '/') {
		if (take_path(remote, err) == -1)
			return -1;
		strvec_push(&to->remotes, remote);
	} else {
		if (take_port(remote, &port, err) == -1)
			return -1;
		strvec_pushf(&to->remotes, "127.0.0.1:%u", port);
	}
	return take_local(local, port, to, err);
}

/* ssh's own form, with the address to listen on, or with another host to lead to. */
static int refuse_addresses(const char *word, struct error *err)
{
	char shown[64];

	error_set(err, ERROR_USAGE,
	          "tunnel: %s has an address, and a tunnel is from this machine to the "
	          "server itself; ssh knows the host, too",
	          printable_text(word, shown, sizeof(shown)));
	return error_hint(err, "ssh -N -L [ADDRESS:]PORT:ADDRESS:PORT HOST");
}

int forwards_add_word(const char *word, struct forwards *to, struct error *err)
{
	const char *colon = strchr(word, ':');
	char *local;
	int rc;

	if (colon != NULL && strchr(colon + 1, ':') != NULL)
		return refuse_addresses(word, err);
	local = colon != NULL ? xstrndup(word, (size_t)(colon - word)) : NULL;
	rc = forwards_add(local, colon != NULL ? colon + 1 : word, to, err);
	free(local);
	return rc;
}

void forwards_release(struct forwards *forwards)
{
	strvec_release(&forwards->locals);
	strvec_release(&forwards->remotes);
}
