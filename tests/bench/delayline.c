/* SPDX-License-Identifier: MIT */
/*
 * delayline - a long cable: carries Ethernet frames between two TAP devices, late.
 *
 *   delayline [--delay MS] [--rate MBIT] [--queue KIB] [--capture FILE] END END
 *
 * An END is the name of the TAP device to make, with the network namespace to make
 * it in before it, if not this one: /run/netns/internet:wan.  They go when it ends.
 *
 * --delay   one way, in each direction; may have a fraction (0)
 * --rate    how fast each direction is; without it, there is no limit
 * --queue   what waits for its turn on a line with a rate; what is more, is dropped
 *           (256).  On a line without, all 128 MiB that may be under way.
 * --capture writes a line for each TCP segment that the first END sends or gets:
 *           microseconds since the epoch, "out" or "in", and how much of the sequence
 *           it takes (0: an acknowledgement alone)
 *
 * Says "ready" on stdout when the devices are there.  At its end (SIGTERM, SIGINT)
 * it says for each direction how many frames came, were carried and were dropped,
 * and the latest that one left behind its time, in microseconds.
 *
 * A line without a rate carries what the kernel has not cut up nor summed yet, so
 * that it keeps up with a cable; with one, frames are as they would be on a wire.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	FRAME_MAX = 10 + 14 + 4 + 65536, /* the header of an uncut frame included */
	BATCH = 128,       /* frames, before the other direction has a turn */
	NETBUF_EXTRA = 24, /* preamble, checksum and gap */
};

#define LINE_MAX_BYTES ((size_t)128 << 20)

struct settings {
	int64_t delay_ns;
	double ns_per_byte; /* 0: no rate */
	int64_t queue_ns;   /* the queue, as the time that it takes to empty it */
	FILE *capture;      /* or NULL */
	size_t header_len;  /* of what the kernel puts before a frame */
};

/* In the ring, before each frame; a frame never wraps. */
struct slot {
	int64_t due_ns;
	uint32_t len; /* 0: nothing more up to the end of the ring */
	uint32_t pad;
};

struct flow {
	int in, out;
	bool leaves; /* the first end */
	unsigned char *ring;
	size_t head, tail,
		used;    /* used counts the bytes between, the gap at the end too */
	int64_t free_ns; /* when the last frame will have left the sender */
	bool stuck;      /* out takes no more for now */
	uint64_t came, carried, dropped;
	int64_t latest_ns;
};

static int fail(const char *what)
{
	(void)fprintf(stderr, "delayline: %s: %s\n", what, strerror(errno));
	return -1;
}

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- the two ends ---- */

static int make_tap(const char *name, bool uncut)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return fail("/dev/net/tun");
	if (uncut)
		ifr.ifr_flags |= IFF_VNET_HDR;
	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) == -1 ||
	    ioctl(fd, TUNSETOFFLOAD, uncut ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0) ==
	            -1) {
		(void)fail(name);
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int make_end(const char *spec, bool uncut)
{
	const char *colon = strrchr(spec, ':');
	char *folder;
	int home, there, fd = -1;

	if (colon == NULL)
		return make_tap(spec, uncut);
	folder = strndup(spec, (size_t)(colon - spec));
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	there = open(folder, O_RDONLY | O_CLOEXEC);
	if (home == -1 || there == -1 || setns(there, CLONE_NEWNET) == -1) {
		(void)fail(folder);
	} else {
		fd = make_tap(colon + 1, uncut);
		if (setns(home, CLONE_NEWNET) == -1) {
			(void)fail("back from the namespace");
			exit(1);
		}
	}
	free(folder);
	return fd;
}

/* ---- the capture ---- */

/* What of the sequence a TCP segment over IPv4 takes (RFC 9293, 3.4); -1: it is none. */
static long segment_len(const unsigned char *ip, size_t len)
{
	enum {
		ETHERNET_LEN = 14,
		IPV4_LEN = 20,
		TCP = 6,
		TCP_LEN = 20,
		SYN = 2,
		FIN = 1
	};
	const unsigned char *tcp;
	size_t ip_len;
	size_t headers;

	if (len < ETHERNET_LEN + IPV4_LEN + TCP_LEN || ip[12] != 8 || ip[13] != 0)
		return -1;
	ip += ETHERNET_LEN;
	len -= ETHERNET_LEN;
	ip_len = (size_t)(ip[0] & 15) * 4;
	if (ip[9] != TCP || len < ip_len + TCP_LEN)
		return -1;
	tcp = ip + ip_len;
	headers = ip_len + (size_t)(tcp[12] >> 4) * 4;
	if ((size_t)(ip[2] << 8 | ip[3]) < len)
		len = (size_t)(ip[2] << 8 | ip[3]); /* a short frame is filled up */
	return (long)(len - headers) + ((tcp[13] & SYN) != 0) + ((tcp[13] & FIN) != 0);
}

static void capture(const struct settings *set, const char *way, const void *frame,
                    size_t len)
{
	long taken;
	struct timespec t;

	if (set->capture == NULL || len < set->header_len)
		return;
	taken = segment_len((const unsigned char *)frame + set->header_len,
	                    len - set->header_len);
	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (taken != -1)
		(void)fprintf(set->capture, "%lld%06ld %s %ld\n", (long long)t.tv_sec,
		              t.tv_nsec / 1000, way, taken);
}

/* ---- one direction ---- */

static bool flow_init(struct flow *l, int in, int out, bool leaves)
{
	*l = (struct flow){ .in = in, .out = out, .leaves = leaves };
	l->ring = mmap(NULL, LINE_MAX_BYTES, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return l->ring != MAP_FAILED;
}

/* Space for the largest frame, at the start of the ring if its end is too near. */
static struct slot *flow_room(struct flow *l)
{
	const size_t most = sizeof(struct slot) + FRAME_MAX + sizeof(struct slot);
	size_t gap = LINE_MAX_BYTES - l->tail;

	if (gap < most) {
		if (l->used + gap + most > LINE_MAX_BYTES)
			return NULL;
		((struct slot *)(void *)(l->ring + l->tail))->len = 0;
		l->used += gap;
		l->tail = 0;
	}
	if (l->used + most > LINE_MAX_BYTES)
		return NULL;
	return (struct slot *)(void *)(l->ring + l->tail);
}

/* When the frame will arrive, or -1 when the queue is full. */
static int64_t flow_due(struct flow *l, const struct settings *set, size_t len)
{
	int64_t now = now_ns();

	if (set->ns_per_byte == 0)
		return now + set->delay_ns;
	if (l->free_ns < now)
		l->free_ns = now;
	if (l->free_ns - now > set->queue_ns)
		return -1;
	l->free_ns += (int64_t)((double)(len + NETBUF_EXTRA) * set->ns_per_byte);
	return l->free_ns + set->delay_ns;
}

/* Take in what has come; whether there may be more. */
static bool flow_take(struct flow *l, const struct settings *set)
{
	static unsigned char lost[FRAME_MAX];

	for (int i = 0; i < BATCH; i++) {
		struct slot *slot = flow_room(l);
		unsigned char *bytes = slot != NULL ? (unsigned char *)(slot + 1) : lost;
		ssize_t n = read(l->in, bytes, FRAME_MAX);
		size_t size;

		if (n <= 0)
			return false;
		l->came++;
		if (l->leaves)
			capture(set, "out", bytes, (size_t)n);
		if (slot == NULL || (slot->due_ns = flow_due(l, set, (size_t)n)) == -1) {
			l->dropped++;
			continue;
		}
		slot->len = (uint32_t)n;
		size = (sizeof(*slot) + (size_t)n + 15) & ~(size_t)15;
		l->tail += size;
		l->used += size;
	}
	return true;
}

static struct slot *flow_first(struct flow *l)
{
	struct slot *slot = (struct slot *)(void *)(l->ring + l->head);

	if (l->used == 0)
		return NULL;
	if (slot->len != 0)
		return slot;
	l->used -= LINE_MAX_BYTES - l->head;
	l->head = 0;
	return l->used > 0 ? (struct slot *)(void *)l->ring : NULL;
}

/* Give out what is due. */
static void flow_give(struct flow *l, const struct settings *set)
{
	struct slot *slot;
	int64_t now = now_ns();

	l->stuck = false;
	while ((slot = flow_first(l)) != NULL && slot->due_ns <= now) {
		size_t size = (sizeof(*slot) + slot->len + 15) & ~(size_t)15;

		if (write(l->out, slot + 1, slot->len) >= 0) {
			l->carried++;
			if (!l->leaves)
				capture(set, "in", slot + 1, slot->len);
			if (now - slot->due_ns > l->latest_ns)
				l->latest_ns = now - slot->due_ns;
		} else if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) {
			l->stuck = true;
			return;
		} else {
			l->dropped++; /* the device is down: no process reads this end */
		}
		l->head += size;
		l->used -= size;
	}
}

/* ---- the line ---- */

static void set_timer(int timer, struct flow flows[2])
{
	struct itimerspec when = { 0 };
	int64_t first = INT64_MAX;

	for (int i = 0; i < 2; i++) {
		const struct slot *slot = flow_first(&flows[i]);

		if (slot != NULL && !flows[i].stuck && slot->due_ns < first)
			first = slot->due_ns;
	}
	if (first != INT64_MAX) {
		when.it_value.tv_sec = (time_t)(first / 1000000000);
		when.it_value.tv_nsec = (long)(first % 1000000000);
	}
	(void)timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static int carry(struct flow flows[2], const struct settings *set, int signals)
{
	struct pollfd fds[4] = { { .fd = signals, .events = POLLIN },
		                 { .fd = timerfd_create(CLOCK_MONOTONIC,
		                                        TFD_NONBLOCK | TFD_CLOEXEC),
		                   .events = POLLIN } };

	if (fds[1].fd == -1)
		return fail("timer");
	for (;;) {
		bool more = false;

		for (int i = 0; i < 2; i++) {
			if (flow_take(&flows[i], set))
				more = true;
			flow_give(&flows[i], set);
		}
		/* Frames of the other direction leave here. */
		for (int i = 0; i < 2; i++)
			fds[2 + i] = (struct pollfd){
				.fd = flows[i].in,
				.events =
					(short)(POLLIN | (flows[!i].stuck ? POLLOUT : 0)),
			};
		set_timer(fds[1].fd, flows);
		if (poll(fds, 4, more ? 0 : -1) == -1 && errno != EINTR)
			return fail("poll");
		if (fds[0].revents != 0)
			return 0;
	}
}

static bool parse(const char *text, double most, double *value)
{
	char *end;

	errno = 0;
	*value = strtod(text, &end);
	return end != text && *end == '\0' && errno == 0 && *value >= 0 && *value <= most;
}

static int read_options(int argc, char *argv[], struct settings *set)
{
	static const struct option longs[] = {
		{ "delay", required_argument, NULL, 'd' },
		{ "rate", required_argument, NULL, 'r' },
		{ "queue", required_argument, NULL, 'q' },
		{ "capture", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	double queue = 256, value = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == 'c') {
			set->capture = fopen(optarg, "we");
			if (set->capture == NULL)
				return fail(optarg);
			(void)setvbuf(set->capture, NULL, _IOLBF, 0);
			continue;
		}
		if (opt == '?' || !parse(optarg, 1e6, &value))
			return -1;
		if (opt == 'd')
			set->delay_ns = (int64_t)(value * 1e6);
		else if (opt == 'r')
			set->ns_per_byte = value > 0 ? 8e3 / value : 0;
		else
			queue = value;
	}
	set->header_len = set->ns_per_byte == 0 ? sizeof(struct virtio_net_hdr) : 0;
	set->queue_ns = (int64_t)(queue * 1024 * set->ns_per_byte);
	return argc - optind == 2 ? 0 : -1;
}

static int watch_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(int argc, char *argv[])
{
	/* A cable has no scheduler to wait for. */
	const struct sched_param first = { .sched_priority = 1 };
	struct settings set = { 0 };
	struct flow flows[2];
	int signals, rc, a, b;

	if (read_options(argc, argv, &set) == -1) {
		(void)fprintf(stderr, "usage: delayline [--delay MS] [--rate MBIT] "
		                      "[--queue KIB] [--capture FILE] "
		                      "[NETNS:]TAP [NETNS:]TAP\n");
		return 64;
	}
	signals = watch_signals();
	a = make_end(argv[optind], set.ns_per_byte == 0);
	b = make_end(argv[optind + 1], set.ns_per_byte == 0);
	if (signals == -1 || a == -1 || b == -1)
		return 1;
	if (!flow_init(&flows[0], a, b, true) || !flow_init(&flows[1], b, a, false))
		return fail("memory") == 0 ? 0 : 1;
	(void)sched_setscheduler(0, SCHED_RR, &first);
	(void)puts("ready");
	(void)fflush(stdout);
	rc = carry(flows, &set, signals);
	for (int i = 0; i < 2; i++)
		(void)printf("%s: %llu came, %llu carried, %llu dropped, at most %lld us "
		             "late\n",
		             argv[optind + i], (unsigned long long)flows[i].came,
		             (unsigned long long)flows[i].carried,
		             (unsigned long long)flows[i].dropped,
		             (long long)(flows[i].latest_ns / 1000));
	return rc == 0 ? 0 : 1;
}
