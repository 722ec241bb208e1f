/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "keys/agent.h"
#include "keys/agentadd.h"
#include "keys/agentidentity.h"
#include "keys/identity.h"
#include "keys/keyfile.h"
#include "keys/sshkey.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum {
	MARGIN_S = 30, /* renew before the agent removes the key: ssh uses it later */
	LIST_MS = 1000,
};

static int no_agent(struct error *err)
{
	error_prefix(err, "keys = agent");
	return error_hint(err, "eval \"$(ssh-agent)\"");
}

/* Make of the API's key what the agent takes, and the public half. */
static int convert(const struct strbuf *text, struct strbuf *private, struct strbuf *blob,
                   struct error *err)
{
	struct keyfile file = KEYFILE_INIT;
	struct sshkey *key = NULL;
	bool encrypted;
	int rc = -1;

	strbuf_add(&file.text, text->data, text->len);
	if (keyfile_parse(&file, "the API's key", err) == -1)
		goto out;
	key = sshkey_read(&file, &encrypted);
	if (key != NULL && sshkey_private(key, private) && sshkey_public(key, blob))
		rc = 0;
	else
		error_set(err, ERROR_UNAVAILABLE,
		          "the API's key is of a kind that ssh-agent does not "
		          "take");
out:
	sshkey_free(key);
	keyfile_release(&file);
	return rc;
}

/* The comment that ssh-add -l shows: cx_UID or cx_UID_pkey.  The caller frees it. */
static char *comment_of(const char *identity)
{
	const char *name = paths_name(identity);

	return xstrndup(name, strlen(name) - strlen(".pub"));
}

static int give(int agent, const struct identity_request *wanted,
                const struct strbuf *text, struct deadline until, struct error *err)
{
	int64_t margin = wanted->lifetime_s / 4;
	struct strbuf private = STRBUF_SECRET;
	struct strbuf blob = STRBUF_INIT;
	char *comment = comment_of(wanted->identity);
	int64_t renewal = (int64_t)time(NULL) + wanted->lifetime_s -
	                  (margin < MARGIN_S ? margin : MARGIN_S);
	int rc = convert(text, &private, &blob, err);

	if (rc == 0)
		rc = agent_add(agent,
		               &(struct agent_key){
				       .private = &private,
				       .comment = comment,
				       .lifetime_s = (uint32_t)wanted->lifetime_s },
		               until, err);
	if (rc == -1 && err->code == ERROR_DENIED)
		error_hint(err, "ssh-add -X");
	else if (rc == -1)
		error_prefix(err, "%s", agent_socket(NULL));
	if (rc == 0)
		rc = agentidentity_write(wanted->identity, &blob, renewal, err);
	strbuf_release(&private);
	strbuf_release(&blob);
	free(comment);
	return rc;
}

/* The agent first: without one nothing is downloaded. */
static int load(struct api *api, const struct identity_request *wanted,
                struct deadline until, struct error *err)
{
	struct strbuf text = STRBUF_SECRET;
	int agent = agent_open(NULL, err);
	int rc;

	if (agent == -1)
		return no_agent(err);
	rc = identity_download(api, wanted->stack_uid, wanted->server_uid, &text, until,
	                       err);
	if (rc == 1 && give(agent, wanted, &text, until, err) == -1)
		rc = -1;
	if (rc == 1)
		log_step("key given to ssh-agent for %d s", (int)wanted->lifetime_s);
	fd_close(&agent);
	strbuf_release(&text);
	return rc;
}

enum identity_result agentadd_write_public(struct api *api,
                                           const struct identity_request *wanted,
                                           struct deadline until, struct error *err)
{
	struct strbuf text = STRBUF_SECRET;
	struct strbuf private = STRBUF_SECRET;
	struct strbuf blob = STRBUF_INIT;
	enum identity_result rc =
		identity_download(api, wanted->stack_uid, wanted->server_uid, &text,
	                          until, err);

	if (rc == IDENTITY_READY && (convert(&text, &private, &blob, err) == -1 ||
	                             agentidentity_write(wanted->identity, &blob,
	                                                 (int64_t)time(NULL), err) == -1))
		rc = IDENTITY_FAILED;
	strbuf_release(&text);
	strbuf_release(&private);
	strbuf_release(&blob);
	return rc;
}

enum identity_result agentadd_fetch(struct api *api,
                                    const struct identity_request *wanted,
                                    struct deadline until, struct error *err)
{
	int lock = identity_lock(wanted->stack_uid, until, err);
	int rc = IDENTITY_FAILED;

	if (lock == -1)
		return rc;
	if (!wanted->again &&
	    agentidentity_is_ready(wanted->identity, deadline_within(until, LIST_MS)))
		rc = IDENTITY_READY;
	else
		rc = load(api, wanted, until, err);
	lock_release(lock);
	return (enum identity_result)rc;
}

enum agentadd_removal agentadd_remove(const char *identity, struct deadline until,
                                      struct error *err)
{
	struct strbuf blob = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	int agent = -1;
	int rc = 0;

	if (agentidentity_blob(identity, &blob) &&
	    (agent = agent_open(NULL, &ignored)) != -1)
		rc = agent_remove(agent, &blob, until, err);
	if (rc == -1)
		error_prefix(err, "%s", agent_socket(NULL));
	fd_close(&agent);
	strbuf_release(&blob);
	if (rc == -1)
		return AGENTADD_FAILED;
	if (unlink(identity) == 0)
		return rc == 1 ? AGENTADD_REMOVED : AGENTADD_FILE_ONLY;
	if (errno == ENOENT)
		return AGENTADD_NO_FILE;
	error_errno(err, ERROR_CONFIG, "%s", identity);
	return AGENTADD_FAILED;
}
