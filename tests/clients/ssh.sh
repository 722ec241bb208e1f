#!/bin/sh
# SPDX-License-Identifier: MIT
# OpenSSH: ssh in its forms.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
cat >reach <<'SH'
#!/bin/sh
exec ssh "$1" cat name
SH
battery ssh "$(version_of ssh -V)"

# shared COMMAND... with a master of the user's that stays for a minute
printf '#!/bin/sh\nexec ssh -o ControlMaster=auto -o ControlPersist=60 -o ControlPath=%s -- "$@"\n' \
	"$work/master" >shared
chmod +x shared
cold
it 'ssh shares a connection' is lion ./shared myapp-lion cat name
ssh -O exit -o ControlPath="$work/master" myapp-lion 2>/dev/null
cold
it 'ssh takes a URL' is lion ssh ssh://deploy@myapp-lion:22 cat name
it 'ssh -p and -l lead to the same' is lion ssh -p 22 -l deploy myapp-lion cat name
it 'ssh -F with the generated file alone' is lion ssh -F "$HOME/.ssh/cxssh/config" myapp-lion cat name
it 'ssh -tt has a terminal' prints /dev/pts ssh -tt myapp-lion 'tty; true'
it 'ssh -A takes the agent along' ssh -A myapp-lion true
it 'ssh -X needs no more than ssh' ssh -X myapp-lion true
it 'ssh -G starts no proxy' prints '^proxycommand .*cxssh-proxy' env -i /usr/bin/ssh -G myapp-lion
banner() { ssh "$@" </dev/null | head -c 8; }
it 'ssh -W leads on' is SSH-2.0- banner -W localhost:22 myapp-lion
jump() { cold; ssh -J myapp-lion -o HostKeyAlias=lion -o StrictHostKeyChecking=accept-new \
	-o "IdentityFile=$HOME/.ssh/cx_609b30031d56fd640ba7f43b1657495b" deploy@localhost cat name; }
it 'ssh -J goes through a server that is cold' is lion jump
# A jump host takes the place of cxssh-proxy, and is asked for HostName: an address there.
by_jump_host() { # HOST ADDRESS JUMP-HOSTS
	cold && cxssh prepare "$1" >&2 &&
		is "$(server_of "$1")" within 30 ssh -J "$3" -o "HostName=$2" "$1" cat name
}
cat >jump-host <<CONF
Host jump-host
  HostName $bastion
  User jump
  IdentityFile $SANDBOX/bastion_key
  StrictHostKeyChecking accept-new
CONF
sed -i '/^Include cxssh.config/r jump-host' "$HOME/.ssh/config"
it 'ssh -J JUMP-HOST reaches a server behind it by its address' by_jump_host "$behind" 10.10.0.21 jump-host
it 'ssh -J HOST,JUMP-HOST begins with a server that is cold' by_jump_host "$behind" 10.10.0.21 myapp-lion,jump-host
it 'ssh -J JUMP-HOST is refused for the name of a server' \
	fails_with 255 'Name or service not known' ssh -J jump-host "$behind" true
it 'sftp -J and scp -J do as ssh -J' sh -c "echo 'get name by-sftp' |
	sftp -q -J jump-host -o HostName=10.10.0.21 -b - $behind && scp -q -J jump-host -o HostName=10.10.0.21 $behind:name by-scp &&
	[ \"\$(cat by-sftp by-scp | grep -c otter)\" = 2 ]"
cold
it 'a ProxyCommand of the user may be ssh -W through a server that is cold' is bastion \
	ssh -o 'ProxyCommand=ssh -W %h:%p myapp-lion' jump-host hostname
# forwards OPTIONS TARGET COMMAND...  with ssh -f -N and them; the command succeeds
forwards() {
	_options=$1 _target=$2; shift 2
	# shellcheck disable=SC2086 # options
	ssh -f -N -M -o ControlPath="$work/forward" $_options "$_target" && wait_for "$@"
	_status=$?
	ssh -O exit -o ControlPath="$work/forward" "$_target" 2>/dev/null
	return "$_status"
}
greets() { curl -s -m 5 "$@" --http0.9 | head -c 8 | grep -q '^SSH-2.0-'; }
for host in myapp-lion "$behind"; do
	cold
	it "ssh -L forwards to $host" forwards '-L 2201:localhost:22' "$host" greets http://localhost:2201
	it "ssh -D is a SOCKS proxy at $host" forwards '-D 2202' "$host" \
		greets --socks5-hostname localhost:2202 http://localhost:22
	server=$(server_of "$host")
	it "ssh -R listens on $host" forwards "-R 2203:$bastion:22" "$host" \
		on "$server" curl -s -m 5 --http0.9 http://localhost:2203 -o /dev/null
done
cold
it 'ControlMaster=auto by %C: six first ones at once' sh -c "for i in 1 2 3 4 5 6; do
	ssh -o ControlMaster=auto -o ControlPersist=5 -o 'ControlPath=$work/%C' $behind cat name >shared.\$i & done
	wait; [ \"\$(cat shared.* | grep -c otter)\" = 6 ]"
ssh -o ControlPath="$work/%C" -O exit "$behind" 2>/dev/null
/usr/bin/python3 -m http.server -b 127.0.0.1 2204 >/dev/null 2>&1 & listener=$!
/usr/bin/python3 -m http.server -b ::1 2204 >/dev/null 2>&1 & listeners="$listener $!"
for address in 127.0.0.1 '[::1]'; do wait_for curl -s "http://$address:2204/" -o /dev/null; done
it 'ExitOnForwardFailure ends ssh where the port is taken' fails_with 255 'in use' \
	ssh -f -N -L 2204:localhost:22 -o ExitOnForwardFailure=yes myapp-lion
# shellcheck disable=SC2086 # a list
kill $listeners
echo 'control-master = yes' >>"$HOME/.config/cxssh/config"
cold
it 'control-master = yes: ssh is the first one' is lion ssh myapp-lion cat name
it 'control-master = yes: the master stays' ssh -O check myapp-lion
it 'control-master = yes: 8 at once share it' sh -c 'for i in 1 2 3 4 5 6 7 8; do
	ssh myapp-lion cat name >many.$i & done; wait; [ "$(cat many.* | grep -c lion)" = 8 ]'
ssh -O exit myapp-lion 2>/dev/null
sed -i '/^control-master/d' "$HOME/.config/cxssh/config"
cold; ssh myapp-lion true

break_lease
it 'ssh shows the reason' shows_reason ssh myapp-lion true
it 'ssh ends with 255' fails_with 255 "$reason" ssh myapp-lion true
it 'ssh shows it in one line' is 1 grep -c cxssh shown
it 'ssh -o BatchMode=yes shows the reason' shows_reason ssh -o BatchMode=yes myapp-lion true
it 'ssh -o LogLevel=ERROR shows the reason' shows_reason ssh -o LogLevel=ERROR myapp-lion true
it 'ssh -o ProxyUseFdpass=no shows the reason' \
	shows_reason ssh -o ProxyUseFdpass=no myapp-lion true
hidden() { # fails with 255, and says nothing of it
	within 20 "$@" >shown 2>&1 </dev/null; [ $? = 255 ] && ! grep "$reason" shown >&2
}
it 'ssh -q hides the reason' hidden ssh -q myapp-lion true
it 'LogLevel=FATAL hides the reason' hidden ssh -o LogLevel=FATAL myapp-lion true
it 'cxssh why has the reason that ssh -q hid' sh -c 'cxssh why myapp-lion | grep -q "refused by test"'
it 'ssh -W shows the reason' shows_reason ssh -W localhost:22 myapp-lion
it 'ssh -J shows the reason of its jump host' shows_reason ssh -J myapp-lion elsewhere true
it 'ssh -f shows the reason' shows_reason ssh -f -N myapp-lion
it 'a master that stays shows the reason' shows_reason ./shared myapp-lion true
it 'no socket of that master is left' test ! -e "$work/master"
echo content >file
it 'scp shows the reason' shows_reason scp file myapp-lion:/tmp/file
it 'scp -O shows the reason' shows_reason scp -O file myapp-lion:/tmp/file
it 'sftp shows the reason' shows_reason sftp -b /dev/null myapp-lion
said_twice() { CXDEBUG=1 ssh myapp-lion true 2>debug; [ "$(grep -c "$reason" debug)" -ge 2 ]; }
it 'CXDEBUG has the reason on stderr, too' said_twice

mend_lease
it 'ssh works again' is lion ssh myapp-lion hostname
cxssh gateway close "$bastion" >/dev/null 2>&1
it 'no process is left' wait_for no_leftovers
done_testing
