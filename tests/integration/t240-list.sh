#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh list and show: the table, its filters and widths, JSON, the inventory for Ansible,
# the way by hand, and the lists of keys, host keys and bastions.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016,SC2317 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

it 'list before a sync says that ssh does not know the names' \
	fails_with 0 'ssh does not know these names yet; run: cxssh sync --yes' cxssh list
mkdir -p "$HOME/.config/cxssh"
echo "gateway-key 203.0.113.30 = $SANDBOX/bastion_key" >"$HOME/.config/cxssh/config"
cxssh sync --yes >/dev/null

# The table.
heading='STACK ENVIRONMENT NAME ALIAS ROLES ADDRESS HEALTH LEASE BASTION'
table() { cxssh list "$@" | sed '/^$/,$d' | tr -s ' '; } # without the total
it 'the table has its columns, sorted by stack, environment and name' is "$heading
myapp production heron myapp-heron web,db 203.0.113.22 healthy - -
myapp production lion myapp-lion web,app,worker 203.0.113.21 healthy - -
myapp production shark myapp-shark worker 203.0.113.98 healthy - -
myapp production tiger myapp-tiger web 203.0.113.99 failed - -" table --stack myapp
names() { cxssh list --json "$@" | sed -n '/"host"/h; /"kind":"server"/{x;s/.*:"//;s/",//;p;}' | tr '\n' ' '; }
it 'numbers in names are sorted by their value' is 'bulk-ant8 bulk-ant9 bulk-ant10 bulk-ant11 ' \
	sh -c 'cxssh list bulk | grep -o "bulk-ant[0-9]*" | sed -n 8,11p | tr "\n" " "'
it 'a total ends the table' prints '^4 servers in 1 stack$' cxssh list --stack myapp
it 'the names of roles stand below it' prints '^roles: myapp-app, myapp-db, myapp-web, myapp-worker$' \
	cxssh list --stack myapp
it 'a bastion is named' prints 'my-awesome-app-otter .* jump@203.0.113.30$' cxssh list otter
ssh myapp-lion true
it 'the table says how long a lease lasts' prints 'myapp-lion .* 20 min' cxssh list lion

# Filters.
it 'several words narrow the list' is 'myapp-heron myapp-lion myapp-tiger ' names myapp web
it 'a word is found in any case' is 'my-awesome-app-otter ' names OTTER
it 'a word may be an address' is 'myapp-heron ' names 203.0.113.22
it '--role lists the servers of a role' is 'myapp-heron ' names --role db --stack myapp
it '--health lists the servers of that health' is 'myapp-tiger ' names --health failed
it '--health takes only its words' fails_with 64 \
	'^cxssh: --health must be unknown, building, impaired, healthy or failed' cxssh list --health ill
it '--environment lists one environment' is 'shop-staging-wolf ' names -e staging
it '--stack takes a uid' is 'solo-newt ' names --stack e1d96311ab8d3ae68bcf8f31b11bd7fb
it '--stack takes a name before others that begin so' is 'solo-newt ' names -s SOLO
it 'words with commas between them are alternatives' is 'myapp-heron myapp-lion shop-staging-wolf ' names lion,heron,wolf web
it 'words that fit no one server are told with commas' \
	fails_with 66 'no server is like all of these words; run: cxssh list lion,wolf' cxssh list lion wolf
it 'what no server fits is an error' fails_with 66 'no server is like this; run: cxssh list' cxssh list myapp zebra
it '--json and --ansible together are an error' fails_with 64 'either --json or --ansible' cxssh list --json --ansible

# Widths.
narrow() { # COLUMNS WORDS...: no line is longer
	columns=$1; shift
	COLUMNS=$columns cxssh list "$@" >narrow && awk -v max="$columns" 'length > max { print; bad = 1 } END { exit bad }' narrow >&2
}
for columns in 60 80 120; do
	it "no line is longer than $columns columns" narrow "$columns"
done
it 'at 60 columns the alias is whole' sh -c 'COLUMNS=60 cxssh list | grep -q "^my-awesome-app-otter "'
it 'columns that are left out are named' sh -c 'COLUMNS=60 cxssh list | grep -q "^not enough columns for: .*STACK"'
it 'a pipe has no colours' sh -c '! cxssh list | grep -q "$(printf "\033")"'
on_terminal() { # COMMAND...: what it writes to a terminal
	script -qefc "stty cols 200; $*" /dev/null </dev/null
}
coloured() { on_terminal "$@" | grep -q "$(printf '\033\[31mfailed')"; }
it 'a terminal has colours' coloured env TERM=xterm cxssh list --stack myapp
it 'NO_COLOR takes colours away' sh -c "! $(printf 'NO_COLOR=1 TERM=xterm script -qefc "cxssh list" /dev/null </dev/null | grep -q "\033"')"
it 'a dumb terminal has no colours' sh -c "! $(printf 'TERM=dumb script -qefc "cxssh list" /dev/null </dev/null | grep -q "\033"')"

# A large fleet: one line for each server.
cp "$SANDBOX/fleet.json" fleet.first
perl -pe 's/,\n?$/,/ if 0; if (/"name":"Ant1"/) { my $l = $_; for my $n (100 .. 304) { my $m = $l; $m =~ s/"Ant1"/"Ant$n"/; my $h = sprintf "%04x", $n; $m =~ s/"uid":"..../"uid":"$h/; $_ = $m . $_; } }' \
	fleet.first >large
cp large "$SANDBOX/fleet.json.new" && mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"
cxssh sync >/dev/null
it '300 servers are 300 lines and a heading' is 301 sh -c 'cxssh list --stack bulk | sed "/^$/,\$d" | wc -l'
first_fleet
cxssh sync --yes >/dev/null

# JSON, as cxssh(1) documents it.
it 'JSON has the members and types of cxssh(1), and no other' perl -MJSON::PP -e '
	my (%wanted, $kind);
	open my $page, "<", shift or die;
	while (<$page>) {
		$kind = "both" if /^Members of a server and of a role/;
		$kind = "server" if /^Members of a server alone/;
		$kind = "role" if /^Members of a role alone/;
		last if $kind && /^\.Sh/;
		$wanted{$kind}{$1} = $2 if $kind && /^\.It (\w+) Ta (.*?) Ta /;
	}
	sub type { my $v = shift; !defined $v ? "null" : ref $v eq "ARRAY" ? "array" : encode_json([$v]) =~ /^\[\d+\]$/ ? "integer" : "string" }
	my $bad = 0;
	my $list = decode_json(join "", `cxssh list --json`);
	for my $entry (@$list) {
		my %want = (%{$wanted{both}}, %{$wanted{$entry->{kind}}});
		for my $key (keys %want, keys %$entry) {
			my $type = exists $entry->{$key} ? type($entry->{$key}) : "missing";
			next if index($want{$key} // "not documented", $type) >= 0;
			print "$entry->{host}: $key: $type\n"; $bad = 1;
		}
	}
	exit($bad || @$list < 100)' "$tests/../src/man/cxssh.1"

# Ansible.
cxssh list --ansible >hosts
group() { awk -v g="[$1]" '/^\[/ { inside = $0 == g; next } inside && NF' hosts | tr '\n' ' '; }
it 'the inventory has the servers of a stack' is 'shop-staging-wolf ' group stack_shop_staging
it 'the inventory has the servers of a role in a stack' is 'myapp-heron myapp-lion myapp-tiger ' \
	group stack_myapp_production_role_web
it 'the inventory has the servers of a role in all stacks' is 'my-awesome-app-badger myapp-heron shop-staging-wolf ' group role_db
read_by_ansible() {
	LC_ALL=C.UTF-8 ansible-inventory -i hosts --list >inventory 2>said || { cat said >&2; return 1; }
	[ ! -s said ] || { cat said >&2; return 1; }
	perl -MJSON::PP -e 'my $i = decode_json(join "", <>);
		exit !("@{$i->{stack_shop_staging}{hosts}}" eq "shop-staging-wolf" &&
			"@{$i->{role_db}{hosts}}" eq "my-awesome-app-badger myapp-heron shop-staging-wolf")' inventory
}
if command -v ansible-inventory >/dev/null; then
	it 'ansible-inventory reads the inventory without a warning' read_by_ansible
fi

# show.
it 'show has the deploy directory' prints '^deployed to  */var/deploy/app$' cxssh show lion
it 'show has the folder of the logs' prints '^logs  */var/deploy/app/web_head/current/log$' cxssh show lion
nat() { # the API sees another address than the laptop has
	sed -i 's/203.0.113.10$/203.0.113.77/' "$HOME/.cache/cxssh/routes/9ae1611c97a92c90fac60c884e1d8240"
	cxssh show lion | grep '^firewall.* for 203.0.113.10$'
}
it 'show has the address that the API let in' nat
it 'show without the API does not guess an address' sh -c \
	"echo 'GET /stacks*firewalls* status 403' >>'$SANDBOX/api/faults'; cxssh show lion | grep -q 'for the address that the API saw$'"
no_faults
by_hand() { # HOST: with nothing there
	rm -rf "$HOME"/.ssh/cx_* "$HOME/.cache/cxssh/routes" "$HOME/.ssh/cxssh/known_hosts"
	cxssh show "$1" | sed -n 's/^by hand  *//p' >line
	sh -c "$(cat line) hostname" </dev/null | tail -n 1
}
it 'the line by hand works as it stands, without a question' is heron by_hand heron
it 'the line by hand works through a bastion' is otter by_hand otter

# The other lists.
it 'key list has a heading' prints '^STACK  *ENVIRONMENT  *TIME  *FILE' cxssh key list
it 'hostkey list has a heading' prints '^HOST  *TYPE  *FINGERPRINT' cxssh hostkey list
it 'gateway list has a heading' prints '^BASTION  *KEY  *CONNECTED  *SESSIONS$' cxssh gateway list
it 'gateway list has the connection' prints '^jump@203.0.113.30 .*  libssh2  *[0-9]* now, [0-9]* so far$' cxssh gateway list
fits() { COLUMNS=60 "$@" | awk 'length > 60 { print; bad = 1 } END { exit bad }' >&2; }
for words in 'key list' 'hostkey list' 'gateway list'; do
	# shellcheck disable=SC2086 # a list of words
	it "$words fits into 60 columns" fits cxssh $words
done
done_testing
