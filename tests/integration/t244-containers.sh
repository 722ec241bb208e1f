#!/bin/sh
# SPDX-License-Identifier: MIT
# A command in a container: of a service, or one that runs, on Docker and Kubernetes.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016,SC2317 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron wolf" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
change_fleet '
/"uid":"609b30031d56/s/"backend":""/"backend":"docker","_services":[{"name":"api"}],"_containers":[{"uid":"c0ffee12","name":"api","server_uid":"6453e47af3d11e8cf5572f523305d260","server_name":"heron","service_name":"api"}]/
/"name":"lion"/s/"server_roles":\[/&"docker",/
/"uid":"14aed771fa6f/{s/"backend":""/"backend":"kubernetes","_services":[{"name":"api"}]/;s/"namespaces":\[\]/"namespaces":["shop-ns"]/;}
/"name":"wolf"/s/"is_kubernetes_master":false/"is_kubernetes_master":true/'
cxssh sync --yes >/dev/null

# The tools of the servers say what they are called with.
for host in lion heron wolf; do
	on "$host" mount -t tmpfs -o mode=755 none /usr/local/bin
	on "$host" sh -c 'cd /usr/local/bin; printf "#!/bin/sh\nexec \"\$@\"\n" >sudo
		for tool in docker kubectl; do printf "#!/bin/sh\necho $tool on \$(hostname): \"\$*\"\n[ ! -t 0 ] || echo terminal\n" >$tool; done
		chmod 755 *'
done

# Docker.
it 'run --service runs in a new container on the server with the role docker' \
	is 'docker on lion: run --rm acme/api rake db:migrate' cxssh run -s myapp --service api 'rake db:migrate'
it 'run --service takes a host before the command' \
	is 'docker on heron: run --rm acme/api rake -T' cxssh run --service api myapp-heron rake -T
it "run takes the toolbelt's --svc and --server" \
	is 'docker on heron: run --rm acme/api ls' cxssh run -s myapp --server heron --svc api ls
it 'run --service keeps quotes and special characters of the command' \
	is "docker on lion: run --rm acme/api echo a&b=c +%20 it's" cxssh run -s myapp --service api "echo 'a&b=c' +%20 \"it's\""
it 'run --container runs in that container, on its server' \
	is 'docker on heron: exec c0ffee12 ls -la' cxssh run -s myapp --container c0ffee12 'ls -la'
it 'run --container without a command is a shell' \
	prints '^docker on heron: exec c0ffee12 /bin/sh -c if' cxssh run -s myapp --cnt c0ffee12
# terminal COMMAND...  what its terminal shows at the end: the line that says what is waited
# for, which comes after 300 ms and erases itself, is gone.
terminal() { script -qefc "$*" /dev/null </dev/null | sed "s/^.*\r\x1b\[K//; s/\r//g; s,^^@,," | tr '\n' ' '; }
it 'with --interactive there is a terminal' is 'docker on lion: run -it --rm acme/api rails c terminal Connection to myapp-lion closed. ' \
	terminal cxssh run -s myapp --service api -i "'rails c'"
it 'ssh --service is a terminal in a new container' is 'docker on lion: run -it --rm acme/api rails c terminal Connection to myapp-lion closed. ' \
	terminal cxssh ssh --service api myapp-lion rails c
it 'an unknown service is an error' fails_with 66 '' cxssh run -s myapp --service nosuch true
it 'an unknown container is an error' fails_with 66 '' cxssh run -s myapp --container nosuch true
it 'a name that may not stand in a path is refused' fails_with 64 'is no name of a service or container' \
	cxssh run -s myapp --container ../../x true
it 'a stack without containers is an error' fails_with 64 'stack solo has no containers\|stack Solo has no containers' \
	cxssh run -s solo --service api true
it 'service and container together are an error' fails_with 64 'either --service or --container' \
	cxssh run -s myapp --service api --container c0ffee12 true
fault 'GET /stacks/*/services/* body hostile'
printf '{"response":{"wrap_command":"echo \\u001b[31m"}}' >"$SANDBOX/api/hostile"
it 'a command of the API with control characters is not run' sh -c \
	"! cxssh run -s myapp --service api true 2>&1 | grep -q '$(printf '\033')'"
no_faults

# Kubernetes.
it 'run --service starts a session and runs in its pod, on the master' \
	is 'kubectl on wolf: --namespace shop-ns exec api-session-1 -- ls /app' cxssh run -s shop -e staging --service api 'ls /app'
it 'run --container runs in the pod of this name' \
	is 'kubectl on wolf: --namespace shop-ns exec web-123 -- date' cxssh run -s shop -e staging --container web-123 date
polls() { api_calls 'GET .*/actions/'; }
fault 'POST /stacks*sessions* lease-delay 3000'
n=$(polls)
it 'a session that starts late is waited for' \
	is 'kubectl on wolf: --namespace shop-ns exec api-session-1 -- date' cxssh run -s shop -e staging --service api date
it 'while it is waited for the API is asked again and again' [ "$(polls)" -gt $((n + 2)) ]
it 'a terminal shows what is waited for' sh -c \
	"script -qefc 'cxssh run -s shop -e staging --service api date' /dev/null </dev/null | grep -q 'waiting for a container'"
no_faults
fault 'POST /stacks*sessions* refuse-lease'
it 'a session that the API gives up is an error with its reason' \
	fails_with 77 'the API could not start a session: refused by test' cxssh run -s shop -e staging --service api true
no_faults
fault 'POST /stacks*sessions* lease-delay 1000'
fault 'GET /stacks*actions* status 503 times=1'
it 'an API that is busy for a moment does not end the wait' \
	is 'kubectl on wolf: --namespace shop-ns exec api-session-1 -- date' cxssh run -s shop -e staging --service api date
no_faults
printf '{"response":{"pod_name":null}}' >"$SANDBOX/api/nopod"
fault "GET /stacks*sessions/fetch* body $SANDBOX/api/nopod"
it 'a session without a pod is an error' fails_with 69 'no "pod_name"' cxssh run -s shop -e staging --service api true
no_faults
it 'a session that the API does not start is an error' sh -c \
	"echo 'POST /stacks*sessions* status 403' >>'$SANDBOX/api/faults'; ! cxssh run -s shop -e staging --service api true"
done_testing
