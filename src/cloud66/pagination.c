/* SPDX-License-Identifier: MIT */
/* pagination - api_lists() of api.h: all pages of many lists at once, delivered in order.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "cloud66/request.h"
#include "http/http.h"
#include "http/url.h"
#include "runtime/waiting.h"

enum {
	PAGINATION_MAX = 2000,
	PAGE_USUAL = 30,      /* items, where the API is not asked for another number */
	MORE_PAGES_MAX = 8000 /* of all lists, without their first ones */
};

struct run {
	struct api *api;
	struct deadline until;
	void (*progress)(size_t done, size_t known, void *cookie);
	void *cookie;
	size_t done; /* pages */
	size_t known;
	size_t more;   /* pages that are not a list's first */
	size_t weight; /* of all that have arrived, in bytes of memory */
	bool over;     /* all known pages have arrived */
};

struct page {
	struct listing *listing;
	int64_t number;
	struct json *document; /* once it has arrived */
	const struct json *items;
};

struct listing {
	struct run *run;
	struct api_list *list;
	struct page **pages; /* in the order of their numbers */
	size_t count;
	size_t arrived;
	bool failed;
};

static void listing_release(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		json_free(listing->pages[i]->document);
		free(listing->pages[i]);
	}
	free(listing->pages);
	listing->pages = NULL;
	listing->count = 0;
}

static void on_page(struct request_answer *answer, void *cookie);

static int request_page(struct listing *listing, int64_t number)
{
	struct api_list *list = listing->list;
	struct page *page;
	char *query;
	int rc;

	if (number > 1 && ++listing->run->more > MORE_PAGES_MAX)
		return request_bad_answer(listing->run->api, list->path,
		                          "the lists have too many pages together",
		                          list->err);
	page = xcalloc(1, sizeof(*page));
	query = xasprintf("page=%lld%s%s", (long long)number,
	                  list->query != NULL ? "&" : "",
	                  list->query != NULL ? list->query : "");
	page->listing = listing;
	page->number = number;
	listing->pages =
		xgrow_array(listing->pages, listing->count, sizeof(struct page *));
	listing->pages[listing->count++] = page;
	listing->run->known++;
	rc = request_start(listing->run->api,
	                   &(struct request_config){ .path = list->path,
	                                             .query = query,
	                                             .until = listing->run->until,
	                                             .in_vain = &listing->failed,
	                                             .done = on_page,
	                                             .cookie = page },
	                   list->err);
	free(query);
	if (rc == -1)
		listing->run->known--;
	return rc;
}

/* All pages that the first one names, at once. */
static int request_rest(struct listing *listing)
{
	const struct json *pagination =
		json_member(listing->pages[0]->document, "pagination");
	int64_t pages;

	if (!json_number(pagination, "pages", &pages) || pages > PAGINATION_MAX)
		return 0; /* then each page names the next */
	for (int64_t number = 2; number <= pages; number++) {
		if (request_page(listing, number) == -1)
			return -1;
	}
	return 0;
}

/* Does the page say nothing of other pages? */
static bool is_unnumbered(const struct page *page)
{
	return json_kind(json_member(page->document, "pagination")) != JSON_OBJECT;
}

/* The page before one that was asked for although none named it, else NULL. */
static const struct page *guessed_after(const struct page *page)
{
	const struct listing *listing = page->listing;
	const struct page *before =
		listing->count > 1 ? listing->pages[listing->count - 2] : NULL;

	return before != NULL && before->document != NULL && is_unnumbered(before) ?
	               before :
	               NULL;
}

/* Do two pages begin alike?  Then the API gives all items at once. */
static bool repeats(const struct page *page, const struct page *before)
{
	struct strbuf first = STRBUF_INIT;
	struct strbuf second = STRBUF_INIT;
	bool same;

	if (json_count(page->items) == 0)
		return false;
	json_write(json_at(before->items, 0), false, &first);
	json_write(json_at(page->items, 0), false, &second);
	same = strbuf_same(&first, &second);
	strbuf_release(&first);
	strbuf_release(&second);
	return same;
}

/* null, false and "" name no page.  Anything else that is no number is a failure: a list
 * that ended there would lose hosts without a word. */
static bool is_nothing(const struct json *next)
{
	const char *text = json_string(next);

	return json_kind(next) == JSON_NULL || json_kind(next) == JSON_BOOL ||
	       (text != NULL && text[0] == '\0');
}

/* The number of the page after the last one; 0: none; -1 with err: too many, or one that
 * cannot be read. */
static int64_t number_after(const struct listing *listing, struct error *err)
{
	const struct page *last = listing->pages[listing->count - 1];
	const struct json *pagination = json_member(last->document, "pagination");
	int64_t current;
	int64_t next;

	if (is_unnumbered(last) && json_count(last->items) >= PAGE_USUAL)
		return last->number < PAGINATION_MAX ? last->number + 1 : 0;
	if (!json_number(pagination, "next", &next))
		return is_nothing(json_member(pagination, "next")) ?
		               0 :
		               request_bad_answer(listing->run->api, listing->list->path,
		                                  "the next page has no number", err);
	if (!json_number(pagination, "current", &current) || current < last->number)
		current = last->number;
	if (next <= current)
		return 0;
	if (listing->count >= PAGINATION_MAX)
		return request_bad_answer(listing->run->api, listing->list->path,
		                          "the list does not end", err);
	return next;
}

/* All pages are here: call each() for their items. */
static int deliver(struct listing *listing)
{
	struct api_list *list = listing->list;

	for (size_t i = 0; i < listing->count; i++) {
		const struct json *items = listing->pages[i]->items;

		for (size_t k = 0; k < json_count(items); k++) {
			if (list->each(json_at(items, k), list->cookie, list->err) == -1)
				return -1;
		}
	}
	list->rc = 0;
	return 0;
}

/* The guessed page is none: the list has ended before it. */
static int deliver_without(struct page *page)
{
	struct listing *listing = page->listing;

	listing->count--;
	json_free(page->document);
	free(page);
	return deliver(listing);
}

/* Keep a page and request what it leads to. */
static int accept_page(struct page *page, struct request_answer *answer)
{
	struct listing *listing = page->listing;
	struct error *err = listing->list->err;
	const struct page *guessed = guessed_after(page);
	int64_t next;

	if (guessed != NULL && answer->status == 404)
		return deliver_without(page);
	if (answer->error.code != ERROR_NONE) {
		*err = answer->error;
		listing->list->status = answer->status;
		return -1;
	}
	if (json_kind(answer->content) != JSON_ARRAY)
		return request_bad_answer(listing->run->api, listing->list->path,
		                          "the answer is not a list", err);
	/* All pages are kept until the last one has arrived. */
	listing->run->weight += answer->weight;
	if (listing->run->weight > JSON_WEIGHT_MAX)
		return request_bad_answer(listing->run->api, listing->list->path,
		                          "the answers are too large together", err);
	page->document = answer->document;
	page->items = answer->content;
	answer->document = NULL; /* moved */
	listing->arrived++;
	if (listing->arrived == 1 && request_rest(listing) == -1)
		return -1;
	if (listing->arrived < listing->count)
		return 0;
	if (guessed != NULL && repeats(page, guessed))
		return deliver_without(page);
	next = number_after(listing, err);
	if (next == -1)
		return -1;
	return next > 0 ? request_page(listing, next) : deliver(listing);
}

static void on_page(struct request_answer *answer, void *cookie)
{
	struct page *page = cookie;
	struct listing *listing = page->listing;
	struct run *run = listing->run;

	if (!listing->failed && accept_page(page, answer) == -1)
		listing->failed = true;
	run->done++;
	run->over = run->done == run->known;
	waiting_for("reading lists of %s: %zu of %zu pages",
	            url_host(run->api->auth.base_url), run->done, run->known);
	if (run->progress != NULL)
		run->progress(run->done, run->known, run->cookie);
}

int api_lists(struct api *api, struct api_list *lists, size_t count,
              void (*progress)(size_t done, size_t known, void *cookie), void *cookie,
              struct deadline until)
{
	struct run run = {
		.api = api, .until = until, .progress = progress, .cookie = cookie
	};
	struct listing *listings = xcalloc(count + 1, sizeof(*listings));
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		listings[i].run = &run;
		listings[i].list = &lists[i];
		lists[i].rc = -1;
		lists[i].status = 0;
		listings[i].failed = request_page(&listings[i], 1) == -1;
	}
	run.over = run.known == 0;
	http_run_until(api->http, until, &run.over);
	for (size_t i = 0; i < count; i++) {
		if (lists[i].rc == -1)
			rc = -1;
		listing_release(&listings[i]);
	}
	free(listings);
	return rc;
}
