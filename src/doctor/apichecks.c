/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloud66/auth.h"
#include "doctor/apichecks.h"
#include "doctor/findings.h"
#include "http/http.h"
#include "http/outbound.h"
#include "http/url.h"
#include "route/sourceaddr.h"
#include "runtime/config.h"
#include "runtime/paths.h"
#include "runtime/waiting.h"

enum { CLOCK_OFF_S = 120, CLOCK_WRONG_S = 600 };

/* What is kept of the API's answer. */
struct reach {
	enum http_outcome outcome;
	int status;
	int64_t date;
	int64_t took_ms;
	int64_t retry_after_s;
	bool is_json;
	enum error_cause cause;
	char why[256];
};

/* Does it begin as the API's answers do?  A page for people does not. */
static bool is_json(const char *body)
{
	body += strspn(body, " \t\r\n");
	return *body == '{' || *body == '[';
}

static void on_answer(const struct http_answer *answer, void *cookie)
{
	struct reach *reach = cookie;

	*reach = (struct reach){ .outcome = answer->outcome,
		                 .status = answer->status,
		                 .date = answer->date,
		                 .took_ms = answer->took_ms,
		                 .retry_after_s = answer->retry_after_s,
		                 .is_json = is_json(answer->body.data),
		                 .cause = answer->cause };
	(void)snprintf(reach->why, sizeof(reach->why), "%s", answer->why);
}

/* Ask whether the token is accepted; without one, whether the API answers at all. */
static void ask(const struct config *config, const struct auth *auth,
                struct deadline until, struct reach *reach)
{
	const struct http_config settings = { .any_family = strcmp(config->from_ip,
		                                                   "AUTO") != 0 };
	struct error ignored = ERROR_INIT;
	struct http *http = http_new(&settings, &ignored);
	char *url = xasprintf("%s/api/3/ping/auth.json", auth->base_url);

	if (http != NULL) {
		http_queue(http, &(struct http_request){ .method = "GET",
		                                         .url = url,
		                                         .done = on_answer,
		                                         .cookie = reach,
		                                         .bearer = auth->token });
		waiting_for_peer(url_host(auth->base_url));
		http_run(http, until);
	}
	http_free(http);
	free(url);
}

/* Is the answer of something else, such as the login page of a hotel's network? */
static bool is_foreign(const struct reach *reach)
{
	return reach->outcome == HTTP_ANSWERED && !reach->is_json && reach->status < 400;
}

static void judge_login(const struct auth *auth, const struct reach *reach,
                        struct findings *findings)
{
	char *file = paths_shorten(auth->token_path != NULL ? auth->token_path : "");

	if (reach->outcome != HTTP_ANSWERED || is_foreign(reach))
		findings_add(findings, "login", VERDICT_PASS, NULL,
		             "profile %s, token in %s (not tried: the API did not "
		             "answer)",
		             auth->profile, file);
	else if (reach->status == 401)
		findings_add(findings, "login", VERDICT_FAIL, "run: cxssh login --token",
		             "the API does not accept the token in %s", file);
	else
		findings_add(findings, "login", VERDICT_PASS, NULL,
		             "profile %s, token in %s", auth->profile, file);
	free(file);
}

static void judge_throttled(const char *url, int64_t wait_s, struct findings *findings)
{
	char when[WAITING_UNTIL_SIZE];
	char *remedy = xasprintf("try again %s", waiting_until(wait_s, when));

	findings_add(findings, "api", VERDICT_FAIL, remedy, "%s: too many calls", url);
	free(remedy);
}

static void judge_reach(const char *url, const struct reach *reach,
                        struct findings *findings)
{
	if (reach->outcome == HTTP_TIMED_OUT)
		findings_add(findings, "api", VERDICT_FAIL,
		             "look at the network, or try again in a minute",
		             "%s does not answer in time", url);
	else if (reach->outcome != HTTP_ANSWERED)
		findings_add(findings, "api", VERDICT_FAIL,
		             "look at the network, and at HTTPS_PROXY", "%s: %s", url,
		             reach->why[0] != '\0' ? reach->why : "no connection");
	else if (reach->status == 429)
		judge_throttled(url, reach->retry_after_s, findings);
	else if (is_foreign(reach))
		findings_add(findings, "api", VERDICT_FAIL,
		             "see in a browser whether this network wants a login; look "
		             "at HTTPS_PROXY",
		             "%s: another program answers in its place, with status %d",
		             url, reach->status);
	else if (reach->status >= 500)
		findings_add(findings, "api", VERDICT_FAIL, "try again in a minute",
		             "%s answers with status %d", url, reach->status);
	else
		findings_add(findings, "api", VERDICT_PASS, NULL,
		             "%s answers in %" PRId64 " ms", url, reach->took_ms);
}

static void judge_clock(const struct reach *reach, struct findings *findings)
{
	int64_t off = (int64_t)time(NULL) - reach->date;
	int64_t size = off < 0 ? -off : off;
	static const char set[] = "set the clock, with timedatectl set-ntp true say";

	if (reach->cause == CAUSE_CLOCK)
		findings_add(findings, "clock", VERDICT_FAIL, set,
		             "the API's certificate is not valid at this machine's time");
	else if (reach->outcome != HTTP_ANSWERED || reach->date <= 0)
		findings_skip(findings, "clock", "the API did not tell its time");
	else
		findings_add(findings, "clock",
		             size > CLOCK_WRONG_S ? VERDICT_FAIL :
		             size > CLOCK_OFF_S   ? VERDICT_WARN :
		                                    VERDICT_PASS,
		             size > CLOCK_OFF_S ? set : NULL,
		             "%" PRId64 " s %s the clock of the API", size,
		             off < 0 ? "behind" : "ahead of");
}

/* Does from-ip name another address than ssh leaves by?  Behind NAT they differ. */
static bool is_elsewhere(const char *from_ip, const char *source)
{
	return strcmp(from_ip, "AUTO") != 0 && strcmp(from_ip, source) != 0 &&
	       !sourceaddr_is_private(source);
}

/* The address that a lease lets in, against the one that ssh leaves by. */
static void check_address(const struct config *config, struct findings *findings)
{
	char source[SOURCEADDR_SIZE];

	if (!sourceaddr_of_internet(source))
		findings_add(findings, "address", VERDICT_FAIL, "look at the network",
		             "no route leads to the internet");
	else if (strcmp(config->from_ip, "AUTO") == 0 && outbound_was_proxied())
		findings_add(findings, "address", VERDICT_WARN,
		             "set from-ip to the public address of this machine",
		             "HTTPS goes through a proxy, so a lease lets the proxy in; "
		             "ssh leaves by %s",
		             source);
	else if (is_elsewhere(config->from_ip, source))
		findings_add(findings, "address", VERDICT_WARN,
		             "take from-ip out of ~/.config/cxssh/config, or set it to "
		             "this computer's address",
		             "ssh leaves by %s, but leases are for %s (from-ip)", source,
		             config->from_ip);
	else
		findings_add(findings, "address", VERDICT_PASS, NULL,
		             "ssh leaves by %s; leases are for %s", source,
		             strcmp(config->from_ip, "AUTO") == 0 ?
		                     "the address that the API sees" :
		                     config->from_ip);
}

void apichecks(const struct config *config, struct deadline until,
               struct findings *findings)
{
	struct auth auth = AUTH_INIT;
	struct error err = ERROR_INIT;
	struct reach reach = { .outcome = HTTP_DROPPED };
	bool loaded = auth_load(&auth, config->profile, until, &err) == 0;

	if (auth.base_url != NULL)
		ask(config, &auth, until, &reach);
	if (loaded)
		judge_login(&auth, &reach, findings);
	else
		findings_add_error(findings, "login", VERDICT_FAIL, &err);
	if (auth.base_url != NULL)
		judge_reach(auth.base_url, &reach, findings);
	else
		findings_skip(findings, "api", "the login failed");
	judge_clock(&reach, findings);
	check_address(config, findings);
	auth_release(&auth);
}
