#!/bin/sh
# SPDX-License-Identifier: MIT
# Where namespaces are refused, as by Docker's default rights: the demo runs on loopback
# addresses, and tests that cannot run are counted.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016,SC2317 # expanded elsewhere; functions are called through it()
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

refuse=$CXSSH_BUILD/tests/integration/without_namespaces
[ -x "$refuse" ] || skip_all "$refuse is not built"
"$refuse" true || skip_all 'no seccomp here'
# Under the sanitizers their library is not the first one when own_passwd.so is loaded ahead.
[ -z "${ASAN_OPTIONS-}" ] || ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
home_before=$(find "$HOME" | sort)

it 'without_namespaces refuses new namespaces' fails_with 1 '' "$refuse" unshare --net true
it 'without_namespaces refuses a namespace by clone' \
	fails_with 125 'no namespaces here' "$refuse" "$sandbox/sandbox" true
demo() { within 120 "$refuse" "$sandbox/sandbox" --or-loopback "$sandbox/demo"; }

echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start
it 'the demo runs on loopback without the bastion where port 22 is refused' demo
cp "$work/out" shown
it 'the demo says which parts it does not show' grep -q '^Without namespaces, on loopback addresses.  Not shown so: ' shown
it 'the demo says that it does not show the bastion' grep -q '^Nor the bastion: ' shown
it 'the demo connects to a server that a lease has opened' grep -q '^\$ ssh myapp-lion hostname' shown
it 'the demo counts its steps' grep -q 'steps in .* and not one option of ssh' shown
it 'the demo shows no step with the bastion where port 22 is refused' fails_with 1 '' grep 'cxssh gateway' shown

echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
it 'the demo runs on loopback with the bastion where port 22 is allowed' demo
cp "$work/out" shown
it 'the demo connects to a server behind the bastion' grep -q '^\$ ssh my-awesome-app-otter hostname' shown
it 'the demo writes nothing into the home folder of passwd' is "$home_before" sh -c 'find "$HOME" | sort'
no_demo_left() { ! pgrep -l 'sshd|sandbox-api|^cxssh' >&2; }
it 'the demo leaves no process behind' wait_for no_demo_left
it 'the demo leaves no folder behind' is '' sh -c 'ls -d "${TMPDIR:-/tmp}"/cxssh.*/copy 2>/dev/null'

# Namespaces, and a kernel without nftables.
mkdir bin
printf '#!/bin/sh\necho "Operation not supported" >&2; exit 1\n' >bin/nft; chmod 755 bin/nft
without_nftables() { PATH=$work/bin:$PATH within 120 "$sandbox/sandbox" --or-loopback "$sandbox/demo"; }
it 'the demo runs on loopback where the kernel has no nftables' without_nftables
cp "$work/out" shown
it 'the demo says so there' grep -q '^Without namespaces, on loopback addresses' shown
rm bin/nft

# A preload without effect, as with programs that are linked statically.
printf '#!/bin/sh\necho root\n' >bin/whoami; chmod 755 bin/whoami
real_home() { PATH=$work/bin:$PATH "$refuse" "$sandbox/sandbox" --or-loopback "$sandbox/demo"; }
it 'the demo refuses to run where HOME would be the real one' \
	fails_with 125 'the home folder would be the real one' real_home

# tests/run, with a test that cannot run and one that can.
mkdir -p some/integration && cp "$tests/lib.sh" some && cp -R "$sandbox" some/sandbox
printf '#!/bin/sh\n. "$(dirname "$0")/../lib.sh"\nit "runs" true\ndone_testing\n' >some/integration/one.sh
printf '#!/bin/sh\necho "ok 1 - runs"; echo 1..1\n' >some/integration/two.sh
chmod 755 some/integration/*.sh
counted() { NO_SKIP='' IN_SANDBOX='' within 60 "$refuse" "$tests/run" -j2 some/integration/one.sh some/integration/two.sh; }
it 'make check does not end as success when a test could not run' fails_with 75 '' counted
cp "$work/out" shown
it 'make check says how many tests could not run, and what helps' grep -qx \
	'1 of 2 tests could not run here: no network namespaces; run as root or `docker run --privileged`' shown
it 'make check ends as success when each test ran' within 60 "$tests/run" some/integration/two.sh
done_testing
