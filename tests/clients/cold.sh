#!/bin/sh
# SPDX-License-Identifier: MIT
# Clients that read key and known_hosts before they start the ProxyCommand, as the very
# first client after cxssh prepare: nothing was connected to before.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"

cat >use-asyncssh.py <<'END'
import asyncio, os, sys, asyncssh
home = os.path.expanduser("~")
# It takes the word of "IdentityAgent SSH_AUTH_SOCK" for a path.
agent = {"agent_path": os.environ["SSH_AUTH_SOCK"]} if "SSH_AUTH_SOCK" in os.environ else {}
async def main():
    async with asyncssh.connect(sys.argv[1], config=[home + "/.ssh/cxssh/config"],
                                known_hosts=home + "/.ssh/cxssh/known_hosts", **agent) as connection:
        print((await connection.run("hostname", check=True)).stdout.strip())
asyncio.run(main())
END
cat >use-paramiko.py <<'END'
import os, sys, paramiko
config = paramiko.SSHConfig.from_path(os.path.expanduser("~/.ssh/cxssh/config")).lookup(sys.argv[1])
client = paramiko.SSHClient()
client.load_host_keys(os.path.expanduser("~/.ssh/cxssh/known_hosts"))
agent = "SSH_AUTH_SOCK" in os.environ
client.connect(config["hostname"], username=config["user"], allow_agent=agent,
               key_filename=None if agent else config.get("identityfile"), look_for_keys=False,
               sock=paramiko.ProxyCommand(config["proxycommand"]))
print(client.exec_command("hostname")[1].read().decode().strip())
END
# As npm's ssh2 does it with ssh-config: key and host key are read and compared by the
# caller, then bytes go through the ProxyCommand.  Reads before it starts anything.
cat >use-reader.py <<'END'
import os, re, subprocess, sys
home = os.path.expanduser("~")
block = re.split(r"(?m)^Host ", open(home + "/.ssh/cxssh/config").read())
block = [b for b in block if b.split("\n")[0].split()[0] == sys.argv[1]][0]
value = dict(line.split(None, 1) for line in block.split("\n")[1:] if line.strip())
identity = os.path.expanduser(value["IdentityFile"])
key = open(identity).read()
hosts = [line.split() for line in open(home + "/.ssh/cxssh/known_hosts")]
known = [h for h in hosts if value["HostKeyAlias"] in h[0].split(",") and sys.argv[1] in h[0].split(",")]
assert known and ("PRIVATE KEY" in key or key.startswith("ssh-"))
command = value["ProxyCommand"].strip().replace("%p", value["Port"].strip())
child = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(child.stdout.readline().decode().strip())
child.kill()
END
first() { # CLIENT HOST
	cold && cxssh prepare "$2" >&2 && within 20 /usr/bin/python3 "use-$1.py" "$2"
}
for host in myapp-lion myapp-app my-awesome-app-otter; do
	case $host in *otter) server=otter ;; *) server=lion ;; esac
	it "a client that reads first is the first one to $host" prints '^SSH-2.0-OpenSSH' first reader "$host"
	for client in asyncssh paramiko; do
		/usr/bin/python3 -c "import $client" 2>/dev/null || continue
		it "$client is the first client to $host" is "$server" first "$client" "$host"
	done
done
never_prepared() { # what such a client meets without it
	cold
	! within 20 /usr/bin/python3 use-reader.py myapp-lion
}
it 'without prepare a client that reads first has no key to read' never_prepared

eval "$(ssh-agent)" >/dev/null; trap 'kill "$SSH_AGENT_PID"; cleanup' EXIT
mkdir -p "$HOME/.config/cxssh" && echo 'keys = agent' >>"$HOME/.config/cxssh/config"
it 'keys = agent: a client that reads first is the first one' prints '^SSH-2.0-OpenSSH' first reader myapp-lion
for client in asyncssh paramiko; do
	/usr/bin/python3 -c "import $client" 2>/dev/null || continue
	it "keys = agent: $client is the first client" is lion first "$client" myapp-lion
done
done_testing
