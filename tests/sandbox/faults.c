/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

struct rule {
	char *method, *glob;
	struct fault fault;
	struct rule *next;
};

struct faults {
	char *path;
	struct stamp stamp;
	struct rule *rules;
};

static void give_status(const struct fault *fault, struct answer *answer)
{
	answer->retry_after_s = (int)fault->retry_after_s;
	answer_fail(answer, (unsigned int)fault->number,
	            fault->error[0] != '\0' ? fault->error : NULL, fault->details);
	if (fault->body[0] != '\0') {
		size_t len;
		char *text = slurp(fault->body, &len);

		if (text != NULL)
			answer_text(answer, NULL, text, len);
	}
}

static void give_garbage(const struct fault *fault, struct answer *answer)
{
	static const char garbage[] = "\x16\x03\x01 <html>\xff\xfe not JSON {{{ \033[2J";

	(void)fault;
	answer_text(answer, NULL, xstrdup(garbage), strlen(garbage));
}

static void give_empty(const struct fault *fault, struct answer *answer)
{
	(void)fault;
	answer_text(answer, NULL, xstrdup(""), 0);
}

static void give_body(const struct fault *fault, struct answer *answer)
{
	size_t len;
	char *text = slurp(fault->text, &len);

	if (text == NULL)
		answer_error(answer, 500, "sandbox: %s: %s", fault->text,
		             strerror(errno));
	else
		answer_text(answer, NULL, text, len);
}

static void give_wrongtype(const struct fault *fault, struct answer *answer)
{
	(void)fault;
	answer_object(answer, json_object_new_int(42));
}

static void give_redirect(const struct fault *fault, struct answer *answer)
{
	answer->status = 302;
	answer->location = xstrdup(fault->text);
	answer_text(answer, "text/html", xstrdup(""), 0);
}

static void give_big(const struct fault *fault, struct answer *answer)
{
	answer->endless = (size_t)fault->number;
}

static const struct {
	const char *name;
	enum fault_kind kind;
	char argument; /* n: number, t: text, 0: none */
	int64_t min, max;
	void (*give)(const struct fault *, struct answer *);
} kinds[] = {
	{ "status", FAULT_STATUS, 'n', 200, 599, give_status },
	{ "slow", FAULT_SLOW, 'n', 0, 3600000, NULL },
	{ "hang", FAULT_HANG, 0, 0, 0, NULL },
	{ "truncate", FAULT_TRUNCATE, 'n', 0, INT_MAX, NULL },
	{ "garbage", FAULT_GARBAGE, 0, 0, 0, give_garbage },
	{ "empty", FAULT_EMPTY, 0, 0, 0, give_empty },
	{ "body", FAULT_BODY, 't', 0, 0, give_body },
	{ "wrongtype", FAULT_WRONGTYPE, 0, 0, 0, give_wrongtype },
	{ "redirect", FAULT_REDIRECT, 't', 0, 0, give_redirect },
	{ "reset", FAULT_RESET, 0, 0, 0, NULL },
	{ "big", FAULT_BIG, 'n', 1, INT64_MAX / 2, give_big },
	{ "expire-token", FAULT_EXPIRE_TOKEN, 0, 0, 0, NULL },
	{ "refuse-lease", FAULT_REFUSE_LEASE, 0, 0, 0, NULL },
	{ "lease-delay", FAULT_LEASE_DELAY, 'n', 0, 3600000, NULL },
	{ "firewall-late", FAULT_FIREWALL_LATE, 'n', 0, 3600000, NULL },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The next word of *rest, or NULL at the end of the line. */
static char *next_word(char **rest)
{
	char *word;

	do {
		word = strsep(rest, " \t");
	} while (word != NULL && word[0] == '\0');
	return word;
}

static bool copy_text(char *out, size_t size, const char *text)
{
	int len = snprintf(out, size, "%s", text);

	return len > 0 && (size_t)len < size;
}

static bool read_option(struct fault *fault, char *word)
{
	const struct {
		const char *name;
		int64_t *number;
		char *text;
		size_t size;
	} options[] = {
		{ "times", &fault->times, NULL, 0 },
		{ "retry-after", &fault->retry_after_s, NULL, 0 },
		{ "error", NULL, fault->error, sizeof(fault->error) },
		{ "details", NULL, fault->details, sizeof(fault->details) },
		{ "body", NULL, fault->body, sizeof(fault->body) },
	};
	char *value = word;
	const char *name = strsep(&value, "=");

	for (size_t i = 0; value != NULL && i < sizeof(options) / sizeof(options[0]);
	     i++) {
		if (strcmp(name, options[i].name) != 0)
			continue;
		if (options[i].number != NULL)
			return parse_number(value, 0, INT_MAX, options[i].number);
		return copy_text(options[i].text, options[i].size, value);
	}
	return false;
}

/* The fault and its arguments, which are the rest of the line. */
static bool read_fault(struct fault *fault, char *rest)
{
	const char *name = next_word(&rest);
	size_t i = 0;
	char *word;

	while (i < KINDS && (name == NULL || strcmp(name, kinds[i].name) != 0))
		i++;
	if (i == KINDS)
		return false;
	*fault = (struct fault){ .kind = kinds[i].kind, .times = INT64_MAX };
	if (kinds[i].argument != 0) {
		word = next_word(&rest);
		if (word == NULL)
			return false;
		if (kinds[i].argument == 't' &&
		    !copy_text(fault->text, sizeof(fault->text), word))
			return false;
		if (kinds[i].argument == 'n' &&
		    !parse_number(word, kinds[i].min, kinds[i].max, &fault->number))
			return false;
	}
	while ((word = next_word(&rest)) != NULL)
		if (!read_option(fault, word))
			return false;
	return true;
}

static void rules_free(struct rule *rule)
{
	while (rule != NULL) {
		struct rule *next = rule->next;

		free(rule->method);
		free(rule->glob);
		free(rule);
		rule = next;
	}
}

/* NULL for a line that says nothing, and for one that cannot be understood. */
static struct rule *read_rule(const char *path, int number, char *line)
{
	struct rule *rule;
	const char *method = next_word(&line);
	const char *glob;

	if (method == NULL || method[0] == '#')
		return NULL;
	glob = next_word(&line);
	rule = xcalloc(1, sizeof(*rule));
	rule->method = xstrdup(method);
	rule->glob = xstrdup(glob != NULL ? glob : "");
	if (!read_fault(&rule->fault, line)) {
		(void)fprintf(stderr, "sandbox-api: %s:%d: not a fault\n", path, number);
		rules_free(rule);
		return NULL;
	}
	return rule;
}

static void reload(struct faults *faults)
{
	struct rule **end = &faults->rules;
	size_t len;
	char *text = slurp(faults->path, &len);
	char *rest = text;
	int number = 0;

	rules_free(faults->rules);
	faults->rules = NULL;
	while (rest != NULL) {
		char *line = strsep(&rest, "\n");

		*end = read_rule(faults->path, ++number, line);
		if (*end != NULL)
			end = &(*end)->next;
	}
	free(text);
}

struct faults *faults_open(const char *path)
{
	struct faults *faults = xcalloc(1, sizeof(*faults));

	faults->path = xstrdup(path);
	return faults;
}

void faults_free(struct faults *faults)
{
	if (faults == NULL)
		return;
	rules_free(faults->rules);
	free(faults->path);
	free(faults);
}

void faults_take(struct faults *faults, const char *method, const char *subject,
                 bool lease, struct fault *fault)
{
	if (stamp_changed(&faults->stamp, faults->path))
		reload(faults);
	*fault = (struct fault){ .kind = FAULT_NONE };
	for (struct rule *rule = faults->rules; rule != NULL; rule = rule->next) {
		if (rule->fault.times == 0 ||
		    (rule->fault.kind >= FAULT_REFUSE_LEASE && !lease) ||
		    (strcmp(rule->method, "*") != 0 &&
		     strcmp(rule->method, method) != 0) ||
		    fnmatch(rule->glob, subject, 0) != 0)
			continue;
		rule->fault.times--;
		*fault = rule->fault;
		return;
	}
}

bool faults_answer(const struct fault *fault, struct answer *answer)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].kind == fault->kind && kinds[i].give != NULL) {
			kinds[i].give(fault, answer);
			return true;
		}
	return false;
}
