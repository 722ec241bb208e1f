#!/bin/sh
# SPDX-License-Identifier: MIT
# Docker's client with ssh://: an ssh for each of its HTTP connections.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs docker
# In place of a server's "docker system dial-stdio": HTTP on stdin and stdout.
mkdir remote
cat >remote/docker <<'PYTHON'
#!/usr/bin/python3
import json, os, sys
from http.server import BaseHTTPRequestHandler
class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def __init__(self):
        self.rfile, self.wfile, self.client_address = sys.stdin.buffer, sys.stdout.buffer, ("", 0)
        self.close_connection = False
        while not self.close_connection:
            self.handle_one_request()
    def do_GET(self):
        text = json.dumps({"Version": open(os.path.expanduser("~/name")).read().strip(), "ApiVersion": "1.41"}).encode()
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(text)
    do_HEAD = do_GET
    def log_message(self, *args):
        pass
Engine()
PYTHON
chmod +x remote/docker
for server in lion otter; do restart_sshd "$server" "SetEnv PATH=$work/remote:/usr/bin:/bin"; done
cat >reach <<'SH'
#!/bin/sh
export DOCKER_CONFIG=$PWD/docker.$$
exec docker -H "ssh://$1" version --format '{{.Server.Version}}'
SH
gives_up=30
battery "Docker's client" "$(version_of docker --version)"
done_testing
