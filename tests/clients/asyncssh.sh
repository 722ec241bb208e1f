#!/bin/sh
# SPDX-License-Identifier: MIT
# asyncssh, which reads the configuration by itself.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_python asyncssh
cat >client.py <<'PYTHON'
import asyncio, os, asyncssh
home = os.path.expanduser("~")
async def main():
    async with asyncssh.connect("myapp-lion", config=[home + "/.ssh/cxssh/config"],
                                known_hosts=home + "/.ssh/cxssh/known_hosts") as connection:
        print((await connection.run("hostname", check=True)).stdout.strip())
asyncio.run(main())
PYTHON
it 'asyncssh runs a command' prints lion /usr/bin/python3 client.py
break_lease
it 'asyncssh shows the reason' shows_reason /usr/bin/python3 client.py
mend_lease
it 'asyncssh works again' prints lion /usr/bin/python3 client.py
done_testing
