/* SPDX-License-Identifier: MIT */
/*
 * init.c - the first process of a virtual machine: runs /confined and switches it off.
 * The last line that it prints is the exit status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int status = -1;
	pid_t child;

	mkdir("/home", 0755);
	setenv("HOME", "/home", 1);
	child = fork();
	if (child == 0) {
		execl("/confined", "confined", (char *)NULL);
		_exit(127);
	}
	if (child > 0)
		waitpid(child, &status, 0);
	printf("exit status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	fflush(stdout);
	sync();
	return reboot(RB_POWER_OFF);
}
