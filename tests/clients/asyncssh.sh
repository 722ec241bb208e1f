#!/bin/sh
# SPDX-License-Identifier: MIT
# asyncssh, which reads the configuration by itself.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs_python asyncssh
cat >reach <<'PYTHON'
#!/usr/bin/python3
import asyncio, os, sys, asyncssh
home = os.path.expanduser("~")
async def main():
    async with asyncssh.connect(sys.argv[1], config=[home + "/.ssh/config"],
                                known_hosts=home + "/.ssh/cxssh/known_hosts") as connection:
        print((await connection.run("cat name", check=True)).stdout.strip())
asyncio.run(main())
PYTHON
reads_first=1
battery asyncssh "$(version_of /usr/bin/python3 -W ignore -c 'import asyncssh; print(asyncssh.__version__)')"
done_testing
