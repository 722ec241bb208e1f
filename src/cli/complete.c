/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/natural.h"
#include "base/strvec.h"
#include "cli/complete.h"
#include "cli/forward.h"
#include "cli/manual.h"
#include "fleet/gateways.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/selection.h"

struct completion {
	const struct fleet *fleet;
	const char *app, *environment; /* of -s and -e, or NULL */
	const struct stack *stack;     /* that they name, or NULL */
	const char *partial;           /* the word to be completed */
	struct strvec *found;
};

static void offer(const struct completion *c, const char *word, const char *text)
{
	size_t len = strlen(c->partial);
	char *line;

	if (strncasecmp(word, c->partial, len) != 0)
		return;
	line = text != NULL && text[0] != '\0' ? xasprintf("%s\t%s", word, text) :
	                                         xstrdup(word);
	strvec_push(c->found, line);
	free(line);
}

/* For words of which several stacks may have the same. */
static void offer_once(const struct completion *c, const char *word)
{
	if (!strvec_has(c->found, word))
		offer(c, word, NULL);
}

/* ---- names of the fleet ---- */

static void offer_hosts(const struct completion *c)
{
	for (size_t i = 0; c->stack != NULL && i < c->stack->server_count; i++)
		offer(c, c->stack->servers[i].name, c->stack->servers[i].address);
	for (size_t i = 0; c->stack != NULL && i < c->stack->role_count; i++)
		offer(c, c->stack->roles[i].name, "role");
	for (struct host h = { .server = NULL };
	     c->stack == NULL && fleet_next_host(c->fleet, &h);)
		offer(c, host_alias(&h), h.server != NULL ? h.server->address : "role");
	natural_sort(c->found);
}

static void offer_stacks(const struct completion *c)
{
	for (size_t i = 0; i < c->fleet->stack_count; i++)
		offer(c, c->fleet->stacks[i].name, c->fleet->stacks[i].environment);
}

static void offer_environments(const struct completion *c)
{
	for (size_t i = 0; i < c->fleet->stack_count; i++)
		offer_once(c, c->fleet->stacks[i].environment);
}

/* Names of roles; without a stack, their aliases, which are clear. */
static void offer_roles(const struct completion *c)
{
	for (size_t i = 0; i < c->fleet->stack_count; i++) {
		const struct stack *s = &c->fleet->stacks[i];

		for (size_t k = 0; k < s->role_count; k++) {
			if (c->stack == NULL)
				offer(c, s->roles[k].alias, NULL);
			if (c->stack == NULL || c->stack == s)
				offer_once(c, s->roles[k].name);
		}
	}
}

static void offer_bastions(const struct completion *c)
{
	struct strvec gateways = STRVEC_INIT;

	gateways_collect(c->fleet, &gateways);
	for (size_t i = 0; i < gateways.count; i++) {
		const char *at = strchr(gateways.items[i], '@');

		offer(c, at != NULL ? at + 1 : gateways.items[i], "bastion");
	}
	strvec_release(&gateways);
}

static void offer_list(const struct completion *c, const char *const *words)
{
	for (; *words != NULL; words++)
		offer(c, *words, NULL);
}

/* Each by its first name. */
static void offer_services(const struct completion *c)
{
	uint16_t last = 0;

	for (const struct forward_service *s = forward_services; s->name != NULL; s++) {
		if (s->port != last)
			offer(c, s->name, NULL);
		last = s->port;
	}
}

/* ---- the command line ---- */

static bool has(const char *operand, const char *word)
{
	return strstr(operand, word) != NULL;
}

/* What the placeholder of an operand or of an option's value stands for. */
static void offer_for(const struct completion *c, const struct manual *manual,
                      const char *what)
{
	static const char *const shells[] = { "bash", "zsh", "fish", NULL };

	if (has(what, "HOST") || has(what, "ROLE]") || has(what, "NAME|IP") ||
	    has(what, "[WORD"))
		offer_hosts(c);
	else if (strcmp(what, "ROLE") == 0)
		offer_roles(c);
	else if (strcmp(what, "ENV") == 0)
		offer_environments(c);
	else if (strcmp(manual->name, "list") == 0 && strcmp(what, "WORD") == 0)
		offer_list(c, health_words);
	else if (strcmp(what, "SHELL") == 0)
		offer_list(c, shells);
	else if (strcmp(manual->name, "tunnel") == 0 && has(what, "PORT"))
		offer_services(c);
	else if (strncmp(manual->name, "gateway ", 8) == 0 && strcmp(what, "NAME") == 0)
		offer_bastions(c);
	else if (has(what, "FILE") || has(what, "TO") || has(what, "DIR"))
		strvec_push(c->found, ":files");
}

static void offer_options(const struct completion *c, const struct manual *manual)
{
	const struct manual_option *const lists[] = { manual_options(manual),
		                                      manual_common };

	for (size_t i = 0; i < 2; i++) {
		for (const struct manual_option *o = lists[i]; o->name != NULL; o++) {
			char *word = xasprintf("--%s", o->name);

			offer(c, word, o->text);
			free(word);
		}
	}
}

/* Commands, or the subcommands of what begins with prefix. */
static void offer_commands(const struct completion *c, const char *prefix)
{
	size_t len = strlen(prefix);
	for (const struct manual *m = manual_table; m->name != NULL; m++) {
		const char *rest = m->name + len;

		if (!m->is_internal && strncmp(m->name, prefix, len) == 0 &&
		    rest[0] != '\0' && strchr(rest, ' ') == NULL)
			offer(c, rest, m->summary);
	}
}

static void offer_subcommands(const struct completion *c, const struct manual *manual)
{
	char *prefix = xasprintf("%s ", manual->name);

	offer_commands(c, prefix);
	free(prefix);
}

/* The option that the word is, as "--name" or "-x", perhaps with "=..."; NULL: none. */
static const struct manual_option *option_of(const struct manual *manual,
                                             const char *word)
{
	if (word[0] != '-' || word[1] == '\0')
		return NULL;
	if (word[1] == '-')
		return manual_option(manual, word + 2, strcspn(word + 2, "="));
	return word[2] == '\0' || word[2] == '=' ? manual_option_letter(manual, word[1]) :
	                                           NULL;
}

/* The operand of this index in "HOST FILE... [TO]"; the last one for all that follow. */
static void offer_operand(const struct completion *c, const struct manual *manual,
                          size_t index)
{
	struct strvec operands = STRVEC_INIT;

	strvec_split(&operands, manual->operands);
	if (index >= operands.count && operands.count > 0 &&
	    has(operands.items[operands.count - 1], "..."))
		index = operands.count - 1;
	if (manual->operands[0] == '\0' || index >= operands.count)
		;
	else if (strcmp(manual->name, "help") == 0)
		offer_commands(c, "");
	else
		offer_for(c, manual, operands.items[index]);
	strvec_release(&operands);
}

/* The option is given with this value. */
static void note_value(struct completion *c, const struct manual_option *option,
                       const char *value, size_t *operands)
{
	if (strcmp(option->name, "stack") == 0)
		c->app = value;
	else if (strcmp(option->name, "environment") == 0)
		c->environment = value;
	else if (strcmp(option->name, "server") == 0)
		(*operands)++;
}

static void find_stack(struct completion *c)
{
	struct error ignored = ERROR_INIT;
	struct stack *stack;

	if (c->app != NULL &&
	    selection_stack(c->fleet, c->app, c->environment, &stack, &ignored) == 0)
		c->stack = stack;
}

/* The words of a command behind its name, up to the one to be completed. */
static void complete_arguments(struct completion *c, const struct manual *manual,
                               char *const words[], int count)
{
	const struct manual_option *pending = NULL; /* waits for its value */
	size_t operands = 0;

	for (int i = 0; i < count - 1; i++) {
		const char *value = words[i];

		if (pending == NULL) {
			pending = option_of(manual, words[i]);
			operands += words[i][0] != '-';
			value = strchr(words[i], '=');
			value = value != NULL ? value + 1 : NULL;
		} else if (strcmp(value, "=") == 0) {
			continue; /* bash makes three words of --name=value */
		}
		if (pending != NULL && value != NULL)
			note_value(c, pending, value, &operands);
		if (value != NULL || (pending != NULL && pending->value == NULL))
			pending = NULL;
	}
	find_stack(c);
	if (pending != NULL && strcmp(c->partial, "=") == 0)
		c->partial = "";
	if (pending != NULL && strcmp(pending->name, "stack") == 0)
		offer_stacks(c);
	else if (pending != NULL)
		offer_for(c, manual, pending->value);
	else if (c->partial[0] == '-')
		offer_options(c, manual);
	else {
		if (operands == 0)
			offer_subcommands(c, manual);
		offer_operand(c, manual, operands);
	}
}

void complete_words(char *const words[], int count, const struct fleet *fleet,
                    struct strvec *found)
{
	static const struct manual none = { .name = "", .operands = "" };
	struct completion c = { .fleet = fleet, .found = found };
	const struct manual *manual;
	int length;

	if (count == 0)
		return;
	c.partial = words[count - 1];
	/* --profile and --org may stand before the command. */
	while (count > 1 && words[0][0] == '-') {
		const struct manual_option *option = option_of(NULL, words[0]);
		int skip = option != NULL && option->value != NULL &&
		                           strchr(words[0], '=') == NULL ?
		                   2 :
		                   1;

		if (skip >= count)
			return;
		words += skip;
		count -= skip;
	}
	manual = manual_find(count - 1, words, &length);
	if (manual != NULL && !manual->is_internal)
		complete_arguments(&c, manual, words + length, count - length);
	else if (c.partial[0] == '-')
		offer_options(&c, &none);
	else if (count == 1)
		offer_commands(&c, "");
}
