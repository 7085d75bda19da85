/*
 * tests/prog/cost.c: runs a command and appends what it cost to FILE, a line of key=value pairs: CPU
 * seconds of all its threads, seconds, and peak memory.
 *
 *	cost FILE COMMAND [ARGUMENT]...
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct rusage u;
	double start = now(), wall;
	FILE *out;
	pid_t pid;
	int status;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid == -1 || wait4(pid, &status, 0, &u) == -1 || (out = fopen(argv[1], "a")) == NULL) {
		perror("cost");
		return 2;
	}
	wall = now() - start;
	fprintf(out, "cpu=%.4f wall=%.4f peak_mb=%.1f\n", seconds(u.ru_utime) + seconds(u.ru_stime),
	    wall, (double)u.ru_maxrss / 1024);
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
