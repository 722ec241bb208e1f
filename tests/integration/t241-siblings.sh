#!/bin/sh
# SPDX-License-Identifier: MIT
# The toolbelt's siblings of ssh, directly and through a bastion: run, on one and on many
# hosts, upload, download, tail.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016,SC2317 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
mkdir -p "$HOME/.config/cxssh"
echo "gateway-key 203.0.113.30 = $SANDBOX/bastion_key" >"$HOME/.config/cxssh/config"

# What the servers have.
logs=/var/deploy/app/web_head/current/log
for host in lion heron otter; do
	on "$host" mount -t tmpfs -o mode=755 none /var
	on "$host" mkdir -p "$logs"
	on "$host" sh -c "chmod -R a+rX /var; printf 'STACK_BASE=/srv\nexport RAILS_ENV=staging\nfalse\n' >/var/.cloud66_env
		echo '$host first line' >$logs/production.log; echo syslog of $host >/var/it\\'s.log"
done

# run on one host.
it 'run works before the first sync' is lion cxssh run myapp-lion hostname
cxssh sync --yes >/dev/null
it 'run works through a bastion' is otter cxssh run my-awesome-app-otter hostname
it 'run has the variables of the stack' is '/srv staging' cxssh run myapp-lion 'echo $STACK_BASE $RAILS_ENV'
it 'run joins the words of the command by blanks' is '/srv a b' cxssh run myapp-lion echo '$STACK_BASE' a '  b'
it 'run keeps quotes in the command' is "it's \"fine\"" cxssh run myapp-lion "echo \"it's \\\"fine\\\"\""
it "run takes the toolbelt's options" is heron cxssh run -s myapp --server heron 'hostname'
it 'options behind the command are its own' is '-s x -h --help' cxssh run --server myapp-lion echo -s x -h --help
it 'a role as host runs the command on one server' is lion cxssh run myapp-app hostname
it 'run ends as the command does' fails_with 7 '' cxssh run myapp-lion 'exit 7'
it 'run gives its input to the command' is x sh -c 'echo x | cxssh run myapp-lion cat'
it 'run without the file of variables runs the command' sh -c \
	"'$sandbox/on' heron mv /var/.cloud66_env /var/gone; cxssh run myapp-heron hostname | grep -q heron; code=\$?; '$sandbox/on' heron mv /var/gone /var/.cloud66_env; exit \$code"
it 'run needs a host' fails_with 64 'run: HOST is missing' cxssh run
it 'run needs a command' fails_with 64 'run: a command is missing, or --interactive; run: cxssh run --help' cxssh run myapp-lion
it 'run takes no unknown option' fails_with 64 'run: no option -x' cxssh run -x myapp-lion true
it 'run knows no unknown host' fails_with 66 'no host lino; nearest: ' cxssh run lino true
shell() { # what a user types comes by a fifo
	mkfifo typed; exec 3<>typed
	script -qefc 'cxssh run -i myapp-lion' typescript <typed >/dev/null 2>&1 & pid=$!
	echo 'echo $((40 + 2)) $STACK_BASE; exit' >&3
	wait_for grep -q '42 /srv' typescript; code=$?
	wait "$pid"; exec 3>&-
	return "$code"
}
it 'run --interactive is a shell with the variables' shell
it 'the command runs in a shell of another kind' sh -c \
	'cxssh run myapp-lion "echo \$0" | grep -q sh'

# run on many.
many() { "$@" >many.out 2>many.err; code=$?; sort many.out; return "$code"; }
it 'run takes a list of names, each line with its host' is '[my-awesome-app-otter] otter
[myapp-heron] heron
[myapp-lion] lion' many cxssh run lion,heron,otter,myapp-lion hostname
it 'a summary follows' grep -q '^cxssh: 3 of 3 succeeded$' many.err
it 'run --role runs on all servers of the role, with the worst status' fails_with 255 \
	'^cxssh: 2 of 3 succeeded; failed: myapp-tiger (255)$' cxssh run -s myapp --role web hostname
it 'run --role has the reason of a failure, with its host' fails_with 255 \
	'^\[myapp-tiger\] .*203.0.113.99' cxssh run --role myapp-web true
it 'the worst status of the command is told' fails_with 9 'failed: myapp-heron (3), myapp-lion (9)' \
	cxssh run heron,lion '[ "$(hostname)" = lion ] && exit 9; exit 3'
interrupted() { # SIGNAL STATUS
	cxssh run lion,heron 'case $(hostname) in lion) hostname; exec sleep 100;; *) echo up; exit 4;; esac' >ran 2>told &
	pid=$!
	wait_for grep -q '^.myapp-heron. up$' ran && wait_for grep -q '^.myapp-lion. lion$' ran
	kill -"$1" "$pid"; wait "$pid"; code=$?
	cat told >&2
	[ "$code" = "$2" ] && grep -qE '^cxssh: interrupted; 0 of 2 succeeded; failed: myapp-lion \([0-9]*\), myapp-heron \(4\)$' told
}
it 'run on several hosts that is ended has a summary' interrupted TERM 143
it 'run that is ended leaves no ssh' sh -c '! pgrep -x ssh >&2'
it 'a role of several stacks is an error' fails_with 66 'web means several hosts' cxssh run --role web true
it '--role takes no server' fails_with 66 'myapp-lion is a server, not a role' cxssh run --role myapp-lion true
it 'errors go to standard error, with their host' sh -c \
	'cxssh run lion,heron "echo bad >&2" 2>&1 >/dev/null | grep -c "^\[myapp-[a-z]*\] bad$" | grep -qx 2'
it '--log-dir has the output of each host' sh -c \
	'cxssh run --log-dir logs lion,heron "hostname; echo more >&2; printf end" >/dev/null 2>&1; cat logs/myapp-lion.log | sort | tr "\n" " " | grep -q "end.*lion.*more\|endlion\|lion.*more"; cat logs/* >&2; grep -q lion logs/myapp-lion.log && grep -q heron logs/myapp-heron.log'
it '--log-dir that cannot be made is an error' fails_with 78 'log-dir /proc/nosuch' cxssh run --log-dir /proc/nosuch lion,heron true
it 'a line without an end is printed' is '[myapp-heron] x
[myapp-lion] x' many cxssh run lion,heron 'printf x'
it 'much output comes whole' is 40000 sh -c 'cxssh run lion,heron "seq 20000" 2>/dev/null | wc -l'

# upload and download.
mkdir folder && echo one >folder/one && echo two >'a:b' && echo "it's" >"with blank"
it 'upload copies to /tmp of the server' sh -c \
	"cxssh upload myapp-lion 'with blank' && cxssh run lion 'cat \"/tmp/with blank\"' | grep -q \"it's\"; code=\$?; rm -f '/tmp/with blank'; exit \$code"
home() { cxssh run "$1" 'mkdir -p ~/there; echo ~'; }
there=$(home myapp-lion)
it 'upload copies files and folders to a path' sh -c \
	"cxssh upload lion folder a:b '$there/there' && cxssh run lion 'cat ~/there/folder/one ~/there/a:b' | tr '\n' ' ' | grep -q 'one two'"
it 'download copies into this folder' sh -c "mkdir got && cd got && cxssh download lion '$there/there/folder' && cmp folder/one ../folder/one"
there=$(home my-awesome-app-otter)
it 'upload works through a bastion' cxssh upload -s 'My Awesome App' --server otter folder/one "$there/there/1"
it "download takes the toolbelt's options, through a bastion" sh -c \
	"cxssh download -s 'My Awesome App' --server otter '$there/there/1' back && cmp back folder/one"
it 'upload needs a file' fails_with 64 'upload: FILE is missing' cxssh upload myapp-lion
it 'upload of a missing file fails' sh -c '! cxssh upload myapp-lion nosuch'

# tail.
follow() { # WANTED COMMAND...
	wanted=$1; shift
	"$@" >followed 2>&1 & pid=$!
	wait_for grep -q "$wanted" followed; code=$?
	kill "$pid"; wait "$pid" 2>/dev/null
	cat followed >&2
	return "$code"
}
it 'tail follows a log of the stack' follow 'lion first line' cxssh tail myapp-lion production.log
it "tail takes the toolbelt's options" follow 'heron first line' cxssh tail -s myapp heron production.log
it 'tail takes an absolute path with any letter' follow 'syslog of lion' cxssh tail lion "/var/it's.log"
it 'tail works through a bastion' follow 'otter first line' cxssh tail otter production.log
it 'tail needs a log' fails_with 64 'tail: LOG is missing' cxssh tail lion
done_testing
