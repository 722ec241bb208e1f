#!/bin/sh
# SPDX-License-Identifier: MIT
# A bastion that sends packets of a kind that does not exist, which libssh2 keeps: the
# broker's memory has a limit, and the next login serves.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"
/usr/bin/python3 -c 'import asyncssh' 2>/dev/null || skip_all 'no asyncssh; run: ./install.sh --deps --for-ci'

for name in key host; do ssh-keygen -q -t ed25519 -N '' -f $name; done
cat >bastion.py <<'END'
import asyncio, asyncssh, os
async def flood(connection):
    while os.path.exists("flood"):
        for _ in range(8):
            connection.send_packet(192, asyncssh.packet.String(bytes(30000)))
        while connection._transport.get_write_buffer_size() > 1 << 20:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)
class Server(asyncssh.SSHServer):
    def connection_made(self, connection):
        self.connection = connection
    def connection_lost(self, error):
        print("lost", flush=True)
    def connection_requested(self, host, port, from_host, from_port):
        asyncio.get_running_loop().create_task(flood(self.connection))
        return True
async def main():
    await asyncssh.create_server(Server, "127.0.0.2", 22, server_host_keys=["host"],
                                 authorized_client_keys="key.pub", encoding=None)
    await asyncio.get_running_loop().create_future()
asyncio.run(main())
END
/usr/bin/python3 -W ignore bastion.py >bastion.log 2>&1 </dev/null &
wait_up_to 40 sh -c "ss -Hltn 'src 127.0.0.2:22' | grep -q ."
start_server 127.0.0.9 7 echo
gw=$user@127.0.0.2
behind "$gw" uid 127.0.0.9
echoes() { echo hello | "$drive" pipe "$gw" uid 7 | grep -qx hello; }

: >flood
serve "$gw" "$work/key" 1
pid=$(broker_pid "$gw")
# In KiB, the last one.
(while grep ^VmHWM "/proc/$pid/status"; do sleep 0.02; done) >peak 2>/dev/null &
"$drive" gap "$gw" uid 7 127.0.0.9 60 >gaps 2>&1 &
it 'a login that gets packets without end is ended' wait_up_to 60 grep -q lost bastion.log
wait_for sh -c "! kill -0 $pid 2>/dev/null"
it "the broker's memory has had a limit" \
	awk '/^VmHWM/ { peak = $2 } END { print "# at its peak " int(peak / 1024) " MiB" >"peak.said"; exit !(peak > 0 && peak < 1024 * 1024) }' peak
cat peak.said
it 'the log says why' grep -q 'the bastion sends unsolicited packets' "$HOME/.cache/cxssh/log"
rm flood
serve "$gw" "$work/key" 1
it 'the next broker serves' echoes
"$drive" close "$gw"
done_testing
