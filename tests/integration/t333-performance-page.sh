#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/bench/page: the page and the plots of a run that was made up.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317,SC2016 # functions are called through it(); expanded there
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

page=$tests/bench/page
cat >about <<'END'
date 2026-01-02T03:04:05Z
kernel 6.1.0
processors 2
ssh OpenSSH_9.2p1, OpenSSL "3"
commit abc1234
options rounds=3
load 0.1 0.2 0.3
END
for delay in 0 40; do
	for round in 1 2 3; do
		echo "$delay $round plain us $((delay * 6000 + 100000))"
		echo "$delay $round direct us $((delay * 5375 + 85000))"
		echo "$delay $round jump us $((delay * 14000 + 200000))"
		echo "$delay $round gateway-warm us $((delay * 7000 + 110000))"
	done
done >samples
for n in 5 50; do
	echo "0 1 together-jump-$n failures $((n / 2))"
	echo "0 1 together-gateway-warm-$n failures 0"
done >>samples
awk -v json=run.json -f "$tests/bench/report.awk" about samples >report
mkdir doc
it 'the page of a run is written' quietly "$page" run.json doc
it 'the page says when it was measured' grep -q '^| date | 2026-01-02T03:04:05Z |$' doc/performance.md
it 'the page says of which version' grep -q '^| cxssh | abc1234 |$' doc/performance.md
it 'the page has a ratio with its limit' \
	grep -q '^| 40 | direct warm / plain ssh | 300.0 ms | 340.0 ms | 0.882 | <= 0.90 | kept |$' doc/performance.md
it 'the page has both plots' is 2 sh -c 'grep -c "^!\[" doc/performance.md'
parses() { perl -0777 -ne 's/<[?!][^>]*>|<[^>]*\/>//g; $n = () = /<\w/g; $m = () = /<\/\w/g; exit !($n == $m && $n > 5)' "$1"; }
it 'the plot of session times is whole' parses doc/session-time.svg
it 'the plot of failures is whole' parses doc/failures.svg
it 'the plot of session times has a line for each way' is 4 grep -c '<polyline' doc/session-time.svg
it 'the plot of failures has a line for each way' is 2 grep -c '<polyline' doc/failures.svg
it 'the highest point of the plot of failures is at the number of failures' \
	grep -q 'points="102.0,270.4 480.0,160.0"' doc/failures.svg
it 'nothing is left beside the files' is 'failures.svg performance.md session-time.svg' sh -c 'echo $(ls -A doc)'

# A run without delays, and files that are no run.
grep '^0 . [pdjg]' samples | grep -v together >near
awk -v json=near.json -f "$tests/bench/report.awk" about near >report
mkdir near.doc
it 'the page of a run without delays is written' quietly "$page" near.json near.doc
it 'a run without delays has no plot' is performance.md ls -A near.doc
it 'a page without plots links none' sh -c '! grep "svg" near.doc/performance.md'
echo '{"date": 1' >broken.json
it 'a file that is no JSON is refused' fails_with 255 'broken.json is no JSON of make bench' "$page" broken.json doc
echo '{"date": "x"}' >other.json
it 'a JSON that is no run is refused with what is missing' fails_with 255 'has no "kernel"; run: make bench' "$page" other.json doc
it 'a folder that does not exist is an error' fails_with 2 'none/.performance.md.new' "$page" near.json none
it 'bench explains the option' prints '--page  *write src/doc/performance.md' "$tests/bench/bench" --help
done_testing
