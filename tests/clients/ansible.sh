#!/bin/sh
# SPDX-License-Identifier: MIT
# Ansible: its defaults (ControlPersist, a control path of its own), and otherwise.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs ansible
export LC_ALL=C.UTF-8
export ANSIBLE_LOCAL_TEMP="$work/ansible" ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3
end_masters() {
	for _master in "$HOME"/.ansible/cp/*; do
		[ ! -S "$_master" ] || ssh -O exit -o ControlPath="$_master" x
	done >/dev/null 2>&1
}
cat >reach <<'SH'
#!/bin/sh
# A folder of its own: another one ends its masters meanwhile.
cp=$HOME/.ansible/cp.$$; export ANSIBLE_SSH_CONTROL_PATH_DIR="$cp"
ansible -i "$1," all -m command -a 'cat name' >"ansible.$$" 2>&1 && sed 1d "ansible.$$"
status=$?; [ "$status" = 0 ] || cat "ansible.$$" >&2
for master in "$cp"/*; do
	[ ! -S "$master" ] || ssh -O exit -o ControlPath="$master" x 2>/dev/null
done
exit "$status"
SH
at_once=2
battery Ansible "$(version_of ansible --version)"

ping() { ansible -i "$1," all -m ping; }
cold
it 'Ansible with pipelining pings a cold server' env ANSIBLE_PIPELINING=1 ansible -i myapp-lion, all -m ping
end_masters; cold
export ANSIBLE_SSH_ARGS='-o ControlMaster=no'
it 'Ansible without ControlPersist pings a cold server behind a bastion' ping "$behind"
# Its own client of paramiko reads no ssh_config; cxssh-proxy finds a host by its name.
by_paramiko() {
	cold && cxssh prepare "$1" >&2 &&
		ANSIBLE_HOST_KEY_CHECKING=False \
		ANSIBLE_PARAMIKO_PROXY_COMMAND="$(command -v cxssh-proxy) %h %p" \
		ansible -c paramiko -i "$1," all -m raw -a 'cat name' \
			-e "ansible_user=$(ssh -G "$1" | sed -n 's/^user //p')" \
			-e "ansible_ssh_private_key_file=$(ssh -G "$1" | sed -n 's/^identityfile //p')"
}
for host in myapp-lion "$behind"; do
	it "Ansible by paramiko reaches $host" prints "^$(server_of "$host")" by_paramiko "$host"
done
forks() { ansible -f 20 -i hosts all -m raw -a 'cat name' | grep -c '^lion'; }
for number in $(seq 20); do echo "server$number ansible_host=myapp-lion"; done >hosts
cold
it 'Ansible runs on 20 forks at once, each with an ssh of its own' is 20 forks
done_testing
