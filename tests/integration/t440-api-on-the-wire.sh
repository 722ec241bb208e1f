#!/bin/sh
# SPDX-License-Identifier: MIT
# Answers of the API in every form that HTTP and JSON allow, and in some that they do not:
# what can be read is read, anything else is named, and no host is lost without a word.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
cxssh sync --yes >/dev/null
api_down
SANDBOX_LISTEN=203.0.113.5:8443 "$sandbox/start-api"
: >"$SANDBOX/wire"
on api python3 "$tests/integration/wire_api.py" "$SANDBOX" 8443 >wire.log 2>&1 & front=$!
wait_for test -e "$SANDBOX/wire.ready"
wire() { echo "$*" >"$SANDBOX/wire"; }
same() { # LINE of wire: a sync would change nothing, and warns of nothing
	wire "$@"
	quietly cxssh sync --dry-run >diff && ! grep '^[-+]' diff >&2
}
refused() { # PATTERN LINE: a sync fails with this reason
	_why=$1; shift
	wire "$@"
	fails_with 69 "$_why" within 20 cxssh sync --dry-run
}
busy() { wire "$@"; fails_with 75 'too many calls, try again \(later\|in 360 min 0 s\)' within 20 cxssh sync --dry-run; }
stacks='GET /api/3/stacks.json*'
servers='GET /api/3/stacks/*/servers.json*'

# HTTP.
it 'the fleet is read through the front as without it' same ''
it 'an answer of HTTP/1.0 without a length is read' same "$stacks old"
it 'an answer packed with gzip is read' same "$servers pack gzip"
it 'an answer packed with deflate is read' same "$servers pack deflate"
it 'an answer in an encoding that was not asked for is named' \
	refused 'app.cloud66.test: ' "$stacks pack br"
it 'answers with 1xx before the real one are passed over' same "$servers early"
it 'chunks of one byte and trailers are read' same "$stacks trailers"
it 'a header of 50 KB does no harm' same "$stacks header X-Long 50000"
it 'a header of a megabyte is named' refused 'app.cloud66.test: ' "$stacks header X-Long 1000000"
it 'an answer that is no HTTP is named' refused 'the answer is not HTTP' "$stacks raw 220 mail.example.com ESMTP"
it 'an answer that ends in its middle is named' refused 'the answer is cut short\|the connection was lost' "$servers half"
# libcurl from 8.14 on takes it for six hours.
it 'a Retry-After in the year 2100 gives no time of years' \
	busy "$stacks status 429 Retry-After: Fri, 01 Jan 2100 00:00:00 GMT"

# JSON.
it 'a byte order mark before the document is passed over' same "$stacks mark"
it 'numbers that came as text are read' same "$servers change numbers(x, str)"
it 'numbers that came as fractions are read, and no page is lost' same "$servers change numbers(x, float)"
it 'a gateway whose flag came as a number is a gateway' \
	same "$servers change flags(x, int)"
it 'a gateway whose flag came as text is a gateway' same "$servers change flags(x, lambda b: str(b))"
it 'an address with blanks around it is read' \
	same "$servers change [s.update(address=' %s ' % s['address']) for s in x['response']] and x"

# Pages.
it 'a list without a word of pages is read to its end' same "$servers change {'response': x['response']}"
it 'a next page that is no number is named' refused 'the next page has no number' "$servers field next \"/servers?page=2\""
it 'a number of pages that is 0 loses no host' same "$servers field pages 0"
it 'a next page before this one ends the list' same "$servers field next 1"

# Actions.
again() { rm -rf "$HOME/.cache/cxssh/failed"; firewall_reset lion; wire "$@"; within 20 cxssh lease myapp-lion; }
it 'an action that ended at a time in seconds is read' again '* */actions/* change [x["response"].update(finished_at=1700000000) if x["response"]["finished_at"] else 0] and x'
it 'an action whose id and success came as text is read' again '* /api/3/stacks/* change numbers(flags(x, str), str)'
it 'an action whose end is an empty text is waited for' \
	again 'POST */firewalls.json change x["response"].update(finished_at="", finished_success=None) or x'
kill "$front"
done_testing
