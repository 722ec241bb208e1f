/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "broker/client.h"
#include "doctor/findings.h"
#include "doctor/socketchecks.h"
#include "fleet/gateways.h"
#include "net/unixsock.h"
#include "runtime/paths.h"

/* May this user, and no other, make sockets in the folder? */
static bool check_folder(const char *folder, const char *shown, struct findings *findings)
{
	struct stat st;
	char *remedy;
	bool others;

	if (stat(folder, &st) == -1)
		return true; /* made when it is needed */
	others = st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
	if (!others && access(folder, W_OK | X_OK) == 0)
		return true;
	remedy = xasprintf(others ? "run: chmod 700 %s" : "remove %s, as its owner",
	                   shown);
	findings_add(findings, "sockets", VERDICT_FAIL, remedy,
	             others ? "%s: other users can write it" : "%s cannot be written",
	             shown);
	free(remedy);
	return false;
}

/* How many brokers answer; -1 when one does not. */
static int count_brokers(const struct fleet *fleet, struct findings *findings)
{
	struct strvec gateways = STRVEC_INIT;
	int answered = 0;
	bool bad = false;

	gateways_collect(fleet, &gateways);
	for (size_t i = 0; i < gateways.count; i++) {
		struct broker_status status;
		struct error err = ERROR_INIT;
		enum broker_result result =
			broker_status(gateways.items[i], &status, &err);

		answered += result == BROKER_ANSWERED;
		if (result == BROKER_ERROR) {
			error_prefix(&err, "gateway %s", gateways.items[i]);
			error_hint(&err, "cxssh gateway close %s", gateways.items[i]);
			findings_add_error(findings, "sockets", VERDICT_FAIL, &err);
			bad = true;
		}
	}
	strvec_release(&gateways);
	return bad ? -1 : answered;
}

void socketchecks(const struct fleet *fleet, struct findings *findings)
{
	char *folder = paths_run(".");
	char *shown = paths_shorten(folder);
	char *path = unixsock_socket_path("user@address");
	struct sockaddr_un address;
	struct error err = ERROR_INIT;
	int brokers = -1;

	shown[strlen(shown) - strlen("/.")] = '\0';
	if (unixsock_address(path, &address, &err) == -1)
		findings_add_error(findings, "sockets", VERDICT_FAIL, &err);
	else if (check_folder(folder, shown, findings))
		brokers = count_brokers(fleet, findings);
	if (brokers != -1)
		findings_add(findings, "sockets", VERDICT_PASS, NULL, "%d broker%s in %s",
		             brokers, brokers == 1 ? "" : "s", shown);
	free(folder);
	free(shown);
	free(path);
}
