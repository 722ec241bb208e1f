/* SPDX-License-Identifier: MIT */
/* The process beside the broker that does what can wait. */

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/sshbuf.h"
#include "bastion/bastionkey.h"
#include "broker/blockinghelper.h"
#include "descriptors.h"
#include "net/fdpass.h"
#include "tap.h"

enum { PATIENCE_MS = 10000, CHILDREN_MAX = 16 };

static char folder[] = "/tmp/cxssh-test-blockinghelper.XXXXXX";
static char path[64];
static int agent = -1; /* a listener that accepts nothing: connect(2) succeeds */

static void start_agent(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)!mkdtemp(folder);
	(void)snprintf(path, sizeof(path), "%s/agent", folder);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	agent = fd_socket(AF_UNIX, SOCK_STREAM, 0);
	(void)bind(agent, (const struct sockaddr *)&address, sizeof(address));
	(void)listen(agent, CHILDREN_MAX);
	(void)setenv("SSH_AUTH_SOCK", path, 1);
}

static bool wait_for_input(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, PATIENCE_MS) == 1;
}

static void test_agent(void)
{
	struct error err = ERROR_INIT;
	int fd = blockinghelper_open_agent(&err);
	int passed = -1;
	char byte;

	ok(fd != -1 && wait_for_input(fd) && fdpass_read(fd, &byte, 1, &passed) == 1 &&
	           passed != -1,
	   "the helper hands over a connection to the agent");
	fd_close(&passed);
	ok(wait_for_input(fd) && fdpass_read(fd, &byte, 1, &passed) == 0,
	   "behind the connection to the agent comes the end");
	fd_close(&fd);
	(void)unlink(path);
	fd = blockinghelper_open_agent(&err);
	ok(fd != -1 && wait_for_input(fd) && fdpass_read(fd, &byte, 1, &passed) == 0,
	   "where there is no agent the helper hands over nothing");
	fd_close(&fd);
}

static enum transport_result check_key(struct error *err)
{
	struct bastionkey k = BASTIONKEY_INIT(blockinghelper_ask_bastionkey);
	enum transport_result rc;

	bastionkey_start_check(&k, "bastion.test", (const unsigned char *)"no key", 6);
	while ((rc = bastionkey_step(&k, NULL, err)) == TRANSPORT_PENDING) {
		if (!wait_for_input(k.fd))
			break;
	}
	bastionkey_release(&k);
	return rc;
}

static void test_bastionkey(void)
{
	struct error err = ERROR_INIT;

	ok(check_key(&err) == TRANSPORT_FAILED, "the helper refuses what is no key");
	is_str(err.text, "bastion.test showed a host key of no known form",
	       "the helper says why a key is refused");
}

/* Children that have answered are not counted as waiting. */
static void test_many(void)
{
	struct error err = ERROR_INIT;
	int before = open_descriptors();

	for (int i = 0; i < 4 * CHILDREN_MAX; i++)
		(void)check_key(&err);
	is_str(err.text, "bastion.test showed a host key of no known form",
	       "questions that were answered take no place from later ones");
	ok(open_descriptors() == before, "no descriptor is lost by many questions");
}

int main(void)
{
	struct error err = ERROR_INIT;

	ok(blockinghelper_open_agent(&err) == -1, "without a helper there is no agent");
	ok(check_key(&err) == TRANSPORT_FAILED && err.code == ERROR_UNAVAILABLE,
	   "without a helper no key is trusted");
	start_agent();
	blockinghelper_start(-1);
	test_agent();
	test_bastionkey();
	test_many();
	(void)close(agent);
	(void)rmdir(folder);
	return done_testing();
}
