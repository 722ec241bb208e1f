#!/bin/sh
# SPDX-License-Identifier: MIT
# paramiko, with the ProxyCommand of the configuration.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_python paramiko
cat >client.py <<'PYTHON'
import os, sys, paramiko
config = paramiko.SSHConfig.from_path(os.path.expanduser("~/.ssh/cxssh/config")).lookup("myapp-lion")
client = paramiko.SSHClient()
client.load_host_keys(os.path.expanduser("~/.ssh/cxssh/known_hosts"))
paramiko.util.log_to_file(sys.argv[1])
client.connect(config["hostname"], username=config["user"],
               key_filename=config.get("identityfile"), allow_agent=False,
               sock=paramiko.ProxyCommand(config["proxycommand"]))
print(client.exec_command("hostname")[1].read().decode().strip())
PYTHON
paramiko() { /usr/bin/python3 client.py /dev/stderr; }
it 'paramiko runs a command' prints lion paramiko
break_lease
it 'paramiko logs the reason' shows_reason \
	sh -c '/usr/bin/python3 client.py log; status=$?; cat log; exit $status'
mend_lease
it 'paramiko works again' prints lion paramiko
done_testing
