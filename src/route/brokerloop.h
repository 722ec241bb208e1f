/*
 * brokerloop.h - what the broker's process does from its first to its last moment:
 * answer at the door, let the switchboard work, and know when to leave.
 */
#ifndef ROUTE_BROKERLOOP_H
#define ROUTE_BROKERLOOP_H

struct broker_config;

/*
 * Serve the listening socket until it is time to leave: long enough idle, nobody
 * let us log in, the connection is lost, SIGTERM, or somebody asked.  Takes the
 * listener and removes its socket, under the lock of those who start a broker, so
 * that no client is left without an answer or another broker.
 */
void brokerloop_run(const struct broker_config *config, int listener);

#endif
