#!/bin/sh
# SPDX-License-Identifier: MIT
# paramiko, with the ProxyCommand of the configuration.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_python paramiko
cat >reach <<'PYTHON'
#!/usr/bin/python3
import logging, os, sys, paramiko
config = paramiko.SSHConfig.from_path(os.path.expanduser("~/.ssh/cxssh/config")).lookup(sys.argv[1])
logging.basicConfig(stream=sys.stderr, level=logging.INFO)
with paramiko.SSHClient() as client: # one that is not closed can hang at its end
    client.load_host_keys(os.path.expanduser("~/.ssh/cxssh/known_hosts"))
    client.connect(config["hostname"], username=config["user"],
                   key_filename=config.get("identityfile"), allow_agent=False, look_for_keys=False,
                   sock=paramiko.ProxyCommand(config["proxycommand"]))
    print(client.exec_command("cat name")[1].read().decode().strip())
PYTHON
reads_first=1
remark='shows why a connection failed in its log, at level INFO'
battery paramiko "$(version_of /usr/bin/python3 -c 'import paramiko; print(paramiko.__version__)')"
done_testing
