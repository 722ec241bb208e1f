#include <stdlib.h>

#include "base/mem.h"
#include "broker/relays.h"

/* A channel and who uses it. */
struct talk {
	struct relay *relay;
	struct seat *seat;
	bool closing;
};

void talks_add(struct talks *t, int fd, struct stream *stream, struct seat *seat)
{
	t->items = xrealloc_array(t->items, t->count + 1, sizeof(*t->items));
	t->items[t->count++] = (struct talk){ .relay = relay_new(fd, stream),
		                              .seat = seat,
		                              .closing = fd == -1 };
	seat->talks++;
}

void talks_end(struct talks *t, const struct seat *seat)
{
	for (size_t i = t->count; i-- > 0;) {
		if (t->items[i].seat == seat && relay_close(t->items[i].relay))
			t->items[i] = t->items[--t->count];
	}
}

void talks_poll(const struct talks *t, struct pollset *set, int *wait_ms)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!t->items[i].closing)
			relay_poll(t->items[i].relay, set, wait_ms);
	}
}

bool talks_move(struct talks *t, struct seat seats[ROSTER_SEATS],
                const struct pollset *set)
{
	bool stirred[ROSTER_SEATS];
	bool moved = false;

	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		stirred[i] = seats[i].stirred;
		seats[i].stirred = false;
	}
	t->turn++;
	for (size_t n = 0; n < t->count; n++) {
		struct talk *talk = &t->items[(t->turn + n) % t->count];

		if (!talk->closing &&
		    relay_move(talk->relay, set, stirred[talk->seat - seats],
		               t->scratch)) {
			talk->seat->stirred = true;
			moved = true;
		}
		talk->closing = talk->closing || relay_done(talk->relay);
	}
	for (size_t i = t->count; i-- > 0;) {
		if (!t->items[i].closing || !relay_close(t->items[i].relay))
			continue;
		t->items[i].seat->talks--;
		t->items[i] = t->items[--t->count];
	}
	return moved;
}

size_t talks_active(const struct talks *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->items[i].closing ? 0 : 1;
	return n;
}

void talks_release(struct talks *t)
{
	free(t->items);
	t->items = NULL;
	t->count = 0;
}
