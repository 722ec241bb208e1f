#!/bin/sh
# SPDX-License-Identifier: MIT
# OpenSSH: ssh in its ways, scp and sftp.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
echo content >file
# shared COMMAND... with a master that stays for a minute
printf '#!/bin/sh\nexec ssh -o ControlMaster=auto -o ControlPersist=60 -o ControlPath=%s -- "$@"\n' \
	"$work/master" >shared
chmod +x shared
it 'scp copies a file' scp -q file myapp-lion:/tmp/file
it 'ssh shares a connection' ./shared myapp-lion true
ssh -O exit -o ControlPath="$work/master" myapp-lion 2>/dev/null

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
it 'scp shows the reason' shows_reason scp file myapp-lion:/tmp/file
it 'scp -O shows the reason' shows_reason scp -O file myapp-lion:/tmp/file
it 'sftp shows the reason' shows_reason sftp -b /dev/null myapp-lion
it 'no process is left' wait_for no_leftovers
said_twice() { CXDEBUG=1 ssh myapp-lion true 2>debug; [ "$(grep -c "$reason" debug)" -ge 2 ]; }
it 'CXDEBUG has the reason on stderr, too' said_twice

mend_lease
it 'ssh works again' is lion ssh myapp-lion hostname
done_testing
