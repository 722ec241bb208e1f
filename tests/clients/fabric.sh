#!/bin/sh
# SPDX-License-Identifier: MIT
# Fabric, which is paramiko and invoke, with the generated file as its configuration.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_python fabric
cat >reach <<'PYTHON'
#!/usr/bin/python3
import os, sys
from fabric import Config, Connection
home = os.path.expanduser("~")
config = Config(runtime_ssh_path=home + "/.ssh/cxssh/config")
with Connection(sys.argv[1], config=config) as connection:
    connection.client.set_missing_host_key_policy(__import__("paramiko").RejectPolicy())
    connection.client.load_host_keys(home + "/.ssh/cxssh/known_hosts")
    print(connection.run("cat name", hide=True).stdout.strip())
PYTHON
reads_first=1 shows=why
remark='by itself it checks no host key, and follows no Include'
battery Fabric "$(version_of /usr/bin/python3 -c 'import fabric; print(fabric.__version__)')"
done_testing
