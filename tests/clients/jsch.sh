#!/bin/sh
# SPDX-License-Identifier: MIT
# JSch, which knows neither ed25519 nor OpenSSH's format of keys, over cxssh listen.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs java
needs javac
jar=/usr/share/java/jsch.jar
[ -e "$jar" ] || missing libjsch-java
# It needs a key in PEM: one of ECDSA stands in for the stacks' own.
ssh-keygen -q -t ecdsa -m PEM -N '' -f pem
for server in lion otter; do cat pem.pub >>"$SANDBOX/hosts/$server/home/.ssh/authorized_keys"; done
cat >Reach.java <<'JAVA'
import com.jcraft.jsch.*;

public class Reach {
	public static void main(String[] given) throws Exception {
		JSch jsch = new JSch();
		jsch.addIdentity("pem");
		jsch.setKnownHosts(given[2]);
		Session session = jsch.getSession(given[0], "127.0.0.1", Integer.parseInt(given[1]));
		session.setConfig("server_host_key", "ecdsa-sha2-nistp256");
		session.connect(15000);
		ChannelExec channel = (ChannelExec) session.openChannel("exec");
		channel.setCommand("cat name");
		channel.setInputStream(null);
		java.io.InputStream in = channel.getInputStream();
		channel.connect();
		System.out.write(in.readAllBytes());
		System.out.flush();
		session.disconnect();
	}
}
JAVA
javac -cp "$jar" Reach.java || { echo 'Bail out! javac'; exit 1; }
# Its known_hosts: the server's key of ECDSA, as the user would have it from ssh-keyscan.
cat >reach <<SH
#!/bin/sh
. "\${0%reach}listening"
case \$1 in *otter) server=otter ;; *) server=lion ;; esac
echo "[127.0.0.1]:\$port \$(cat "known.\$server")" >"known.\$\$"
java -cp "$jar:." Reach "\$user" "\$port" "known.\$\$"
SH
for server in lion otter; do key_of "$server" ecdsa >"known.$server"; done
listening
at_once=2
remark='over `cxssh listen`; no key of ed25519'
battery JSch "$(version_of dpkg-query -Wf '${Version}' libjsch-java)"
done_testing
