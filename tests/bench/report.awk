# SPDX-License-Identifier: MIT
# report.awk - the table and the JSON of a run: awk -v json=FILE -f report.awk ABOUT SAMPLES
#
# A line of SAMPLES is: DELAY ROUND NAME UNIT VALUE.  Shown are medians; a ratio is
# the median of the ratios of each round.  Exits with 1 when a limit is missed.

function number(text) { return text + 0 }

# The value of rank part (0 to 1) of all that was noted for delay and name.
function rank(delay, name, part,    i, k, n, v, id) {
	id = delay SUBSEP name
	if (!(id in count)) return ""
	if (!(id in sorted)) {
		n = count[id]
		for (i = 1; i <= n; i++) {
			v = value[id, i]
			for (k = i - 1; k >= 1 && value[id, k] > v; k--) value[id, k + 1] = value[id, k]
			value[id, k + 1] = v
		}
		sorted[id] = 1
	}
	n = count[id]
	k = 1 + part * (n - 1)
	i = int(k)
	return i >= n ? value[id, n] : value[id, i] + (k - i) * (value[id, i + 1] - value[id, i])
}
function median(delay, name) { return rank(delay, name, 0.5) }
function has(delay, name) { return (delay SUBSEP name) in count }

function show(v, u) {
	if (v == "") return "-"
	if (u == "us") return sprintf(v < 10000 ? "%.2f ms" : "%.1f ms", v / 1000)
	if (u == "cpu") return sprintf("%.0f ms cpu", v / 1000)
	if (u == "MB/s") return sprintf("%.0f MB/s", v)
	if (u == "kB/s") return sprintf("%.2f MB/s", v / 1000)
	return sprintf("%d", v)
}
function verdict(met) {
	if (!met) missed++
	return met ? "ok" : "MISSED"
}
function out(delay, what, a, b, result, limit, met) {
	printf "%-9s %-46s %12s %12s %10s  %-12s %s\n", delay, what, a, b, result, limit,
		limit == "" ? "" : verdict(met)
	rows = rows sprintf("%s\n    {\"delay\": \"%s\", \"what\": \"%s\", \"a\": \"%s\", \"b\": \"%s\", \"result\": \"%s\", \"limit\": \"%s\", \"met\": %s}",
		rows == "" ? "" : ",", delay, what, a, b, result, limit,
		limit == "" ? "null" : met ? "true" : "false")
}
# The median of a / b in each round: what else the machine does changes within a run.
function paired(delay, a, b,    name, i, n) {
	name = a " / " b
	for (i = 1; i <= rounds; i++) {
		if (!((delay, a, i) in once) || !((delay, b, i) in once) || once[delay, b, i] == 0) continue
		value[delay, name, ++n] = once[delay, a, i] / once[delay, b, i]
		count[delay, name] = n
	}
	return median(delay, name)
}
# a / b; limit "<= 1.02" or ">= 0.99" or "" for what has none.
function ratio(delay, what, a, b, limit,    x, y, r, part, met) {
	x = median(delay, a); y = median(delay, b)
	if (x == "" || y == "") return
	r = paired(delay, a, b)
	if (r == "") return
	split(limit, part, " ")
	# What is shown is what counts.
	met = part[1] == "<=" ? sprintf("%.2f", r) + 0 <= number(part[2]) : sprintf("%.2f", r) + 0 >= number(part[2])
	out(delay, what, show(x, unit[a]), show(y, unit[b]), sprintf("%.3f", r), limit, met)
}
# a - b - less, all in microseconds; at most so many ms, or "".
function more(delay, what, a, b, less, most,    x, y, d) {
	x = median(delay, a); y = median(delay, b)
	if (x == "" || y == "") return
	d = (x - y - less) / 1000
	out(delay, what, show(x, "us"), show(y, "us"), sprintf("%+.1f ms", d),
		most == "" ? "" : "<= " most " ms", d <= most)
}
function value_of(delay, what, name, limit,    v, part) {
	v = median(delay, name)
	if (v == "") return
	split(limit, part, " ")
	out(delay, what, show(v, unit[name]), "", "", limit, unit[name] == "us" || unit[name] == "cpu" ? \
		v / 1000 <= number(part[2]) : part[1] == "<=" ? v <= number(part[2]) : v == number(part[2]))
}

# Kernels from 6.17 on let a program shorten the delayed acknowledgement.
function direct_limit(far,    i, part) {
	for (i = 1; i <= abouts; i++)
		if (about_key[i] == "kernel") split(about[i], part, ".")
	if (part[1] * 1000 + part[2] >= 6017) return far ? "0.82" : "0.75"
	return far ? "0.90" : "0.85"
}
# On a longer line only the round trips count, see trips().
function if_short(d, limit) { return d + 0 <= 40 ? limit : "" }
function set_up(d,    far) {
	far = d != "0"
	ratio(d, "direct warm / plain ssh", "direct", "plain", if_short(d, "<= " direct_limit(far)))
	ratio(d, "gateway warm / ssh -J", "gateway-warm", "jump", if_short(d, "<= 0.50"))
	ratio(d, "gateway warm / ssh -J over a ControlMaster", "gateway-warm", "mux", if_short(d, "<= 0.95"))
	ratio(d, "gateway cold / ssh -J", "gateway-cold", "jump", far ? if_short(d, "<= 0.76") : "")
	ratio(d, "ssh -J over a ControlMaster / ssh -J", "mux", "jump", "")
	more(d, "direct cold - plain ssh - 1 s lease", "direct-cold", "plain-falcon",
		1e6 + median(d, "lease-hook"), if_short(d, 350))
	more(d, "direct, only lease missing, likewise", "direct-lease", "plain-falcon",
		1e6 + median(d, "lease-hook"), if_short(d, 350))
}
function all_cold(d) {
	value_of(d, "gateway, everything cold", "gateway-all-cold", "")
}
function bulk(d, way,    limits) {
	limits = d == "0"
	ratio(d, "copy " way ": direct / plain ssh", way "-direct", way "-plain", ">= 0.99")
	ratio(d, "copy " way ": gateway / ssh -J", way "-gateway", way "-jump",
		limits && way == "up" ? ">= 0.95" : ">= 1.00")
}
function keys_part(d, copying, part, called,    i, limit, what, way, names, x, y) {
	split("gateway mux", names, " ")
	for (i = 1; i <= 2; i++) {
		way = "keys-" copying "-"
		if (!has(d, way names[i]) || !has(d, way "jump")) continue
		x = rank(d, way names[i], part); y = rank(d, way "jump", part)
		what = copying
		sub(/^before-/, "later ", what)
		limit = names[i] != "gateway" || part != 0.5 || d !~ /Mbit/ || copying == "idle" ? "" : \
			copying ~ /^before/ ? 1.6 : 1.3
		out(d, "key, copy " what ", " called ": " names[i] " / ssh -J", show(x, "us"), show(y, "us"),
			sprintf("%.2f", x / y), limit == "" ? "" : "<= " limit, x / y <= limit)
	}
}
function keys(d, copying,    what) {
	keys_part(d, copying, 0.5, "median")
	keys_part(d, copying, 0.95, "p95")
	what = copying
	sub(/^before-/, "later ", what)
	ratio(d, "copy " what " beside keys: gateway / ssh -J", "copy-" copying "-gateway", "copy-" copying "-jump",
		d ~ /Mbit/ ? ">= 0.95" : "")
}
function rush(d, way,    name, cold) {
	name = "rush-" way
	if (!has(d, name)) return
	cold = way == "direct" || way == "gateway"
	value_of(d, "rush, " way ": failures", name "-failures", way ~ /direct|gateway/ ? "= 0" : "")
	value_of(d, "rush, " way ": until the last", name "-last", "")
	if (cold) {
		value_of(d, "rush, " way ": leases", name "-leases", "= 1")
		value_of(d, "rush, " way ": inventory fetches", name "-fetches", "= 1")
		value_of(d, "rush, " way ": key downloads", name "-key-downloads", "= 1")
		value_of(d, "rush, " way ": API calls in all", name "-calls", "")
	}
	if (way ~ /gateway|jump/)
		value_of(d, "rush, " way ": bastion logins", name "-bastion-logins", cold ? "= 1" : "")
}
function shorts(d) {
	ratio(d, "100 commands, control-master / ControlMaster", "shorts", "shorts-hand", "<= 1.05")
}
# How often a session waits for the other end: by what 400 ms add to it, and by the capture.
# A wait for something else, like a lease, hides round trips from the first alone.
function trips(name, what,    near, far) {
	near = median("trips-0", name); far = median("trips-400", name)
	if (near == "" || far == "") return
	out("trips", what, show(near, "us"), show(far, "us"), sprintf("%.1f", (far - near) / 400000), "", 1)
	out("trips", what ", in the capture", "", "", median("trips-400", "captured-" name), "", 1)
}
function all_trips() {
	trips("plain", "plain ssh")
	trips("direct", "direct warm")
	trips("direct-lease", "direct, only lease missing")
	trips("direct-cold", "direct cold")
	trips("jump", "ssh -J")
	trips("mux", "ssh -J over a ControlMaster")
	trips("gateway-warm", "gateway warm")
	trips("gateway-cold", "gateway cold")
}
function programs(d) {
	ratio(d, "cxssh-proxy, nothing to do / true", "proxy", "true", "<= 2.00")
	more(d, "ssh -G of another host, with - without", "ssh-G-with", "ssh-G-without", 0, "")
	more(d, "the same, the large fleet's file", "ssh-G-with-all", "ssh-G-without-all", 0, 45)
	value_of(d, "first sync: wall time", "sync-first", "")
	value_of(d, "first sync: own processor time", "sync-first-own", "<= 500 ms")
	value_of(d, "first sync: that of ssh -G", "sync-first-ssh", "")
	value_of(d, "first sync: API calls", "sync-first-calls", "")
	value_of(d, "second sync: wall time", "sync-again", "")
	value_of(d, "second sync: own processor time", "sync-again-own", "")
	value_of(d, "second sync: files rewritten", "sync-rewritten", "= 0")
	value_of(d, "list of the large fleet", "list", d == "0" ? "<= 60 ms" : "")
	value_of(d, "show of a host of it", "show", d == "0" ? "<= 60 ms" : "")
}
function line(d) {
	value_of(d, "the line: round trip of a datagram", "line-ping", "")
	value_of(d, "the line: TCP connect", "line-connect", "")
	value_of(d, "the line: lost or reordered of 5000", "line-lost", "= 0")
	value_of(d, "the line: one TCP stream", "line-stream", "")
}
function write_json(    i, id, part) {
	printf "{\n" >json
	for (i = 1; i <= abouts; i++) printf "  \"%s\": \"%s\",\n", about_key[i], about[i] >json
	printf "  \"table\": [%s\n  ],\n  \"measured\": [", rows >json
	for (i = 1; i <= ids; i++) {
		id = order[i]
		split(id, part, SUBSEP)
		median(part[1], part[2])
		printf "%s\n    {\"delay\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"n\": %d, \"median\": %.1f, \"min\": %.1f, \"p25\": %.1f, \"p75\": %.1f, \"max\": %.1f}",
			(i > 1 ? "," : ""), part[1], part[2], unit[part[2]], count[id],
			median(part[1], part[2]), rank(part[1], part[2], 0), rank(part[1], part[2], 0.25),
			rank(part[1], part[2], 0.75), rank(part[1], part[2], 1) >json
	}
	printf "\n  ]\n}\n" >json
}

# The numbers of sessions at once are those of the run.
function together(d, way,    i, name) {
	for (i = 1; i <= ids; i++) {
		split(order[i], name, SUBSEP)
		if (name[1] == d && name[2] ~ "^together-" way "-[0-9]+$")
			value_of(d, substr(name[2], 10) " at once: failures", name[2],
				way ~ /direct|gateway/ ? "= 0" : "")
	}
	value_of(d, way " at once: until the last", "together-" way "-last", "")
}

FNR == NR {
	key = $1
	sub(/^[^ ]* /, "")
	gsub(/["\\]/, "")
	about_key[++abouts] = key
	about[abouts] = $0
	next
}
{
	name = $3
	# What is counted belongs to its scenario.
	if ($4 ~ /^(failures|leases|fetches|key-downloads|calls|bastion-logins)$/ && name ~ /^rush/) {
		if (!(($1, name) in count)) count[$1, name] = 0
		name = name "-" $4
	}
	if ($4 == "failed") {
		failed[$1 " ms, " name]++
		next
	}
	id = $1 SUBSEP name
	if (!($1 in seen)) {
		seen[$1] = 1
		delays[++delay_count] = $1
	}
	if (!(id in count) || count[id] == 0) order[++ids] = id
	unit[name] = $4
	value[id, ++count[id]] = number($5)
	once[$1, name, number($2)] = number($5)
	if (number($2) > rounds) rounds = number($2)
}
END {
	for (i = 1; i <= abouts; i++) printf "%s: %s\n", about_key[i], about[i]
	printf "\n%-9s %-46s %12s %12s %10s  %s\n", "trip, ms", "what", "a", "b", "result", "limit"
	for (i = 1; i <= delay_count; i++) {
		d = delays[i]
		if (d ~ /^trips/) continue
		line(d)
		set_up(d)
		all_cold(d)
		bulk(d, "up")
		bulk(d, "down")
		keys(d, "idle")
		keys(d, "up")
		keys(d, "down")
		keys(d, "before-up")
		keys(d, "before-down")
		rush(d, "plain")
		rush(d, "direct")
		rush(d, "jump")
		rush(d, "gateway")
		together(d, "plain")
		together(d, "direct")
		together(d, "jump")
		together(d, "mux")
		together(d, "gateway-warm")
		shorts(d)
		programs(d)
	}
	all_trips()
	for (what in failed) {
		printf "failed %d times: %s\n", failed[what], what
		missed++
	}
	write_json()
	printf "\n%s\n", missed ? missed " limits missed" : "all limits kept"
	exit missed > 0
}
