#!/bin/sh
# SPDX-License-Identifier: MIT
# JetBrains: ssh -G tells it all, then a client of its own runs the ProxyCommand.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_python paramiko
cat >reach <<'PYTHON'
#!/usr/bin/python3
import os, subprocess, sys, paramiko
said = subprocess.run(["ssh", "-G", sys.argv[1]], capture_output=True, text=True, check=True).stdout
value = {}
for line in said.splitlines():
    value.setdefault(*line.split(" ", 1))
home = lambda path: os.path.expanduser(path.split()[0])
command = value["proxycommand"].replace("%h", value["hostname"]).replace("%p", value["port"])
with paramiko.SSHClient() as client: # one that is not closed can hang at its end
    client.load_host_keys(home(value["userknownhostsfile"]))
    client.connect(value["hostkeyalias"], username=value["user"], allow_agent=False,
                   look_for_keys=False, key_filename=home(value["identityfile"]),
                   sock=paramiko.ProxyCommand(command), banner_timeout=10, timeout=10)
    print(client.exec_command("cat name")[1].read().decode().strip())
PYTHON
reads_first=1 shows=why gives_up=15
remark='by `ssh -G`, then paramiko in place of its own client'
battery "JetBrains' way" "$(version_of ssh -V)"
done_testing
