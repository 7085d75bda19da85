/*
 * cmd/compact/users.c: who has files of a folder open.  A running Cassandra keeps its set of SSTables in
 * memory and knows no lock of ours, so its folder must not change under it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compact/compact.h"

#define PATH 4096

/* Whether the link, of a process's open file or mapping, leads into the folder. */
static bool
leads_into(const char *link, const char *folder, size_t len)
{
	char to[PATH];
	ssize_t n = readlink(link, to, sizeof(to) - 1);

	if (n <= 0)
		return false;
	to[n] = '\0';
	return strncmp(to, folder, len) == 0 && to[len] == '/';
}

/* 1: it has one open; 0; -1: it may not be looked at. */
static int
look_at(const char *pid, const char *what, const char *folder)
{
	char dir[64 + 32], link[PATH];
	size_t len = strlen(folder);
	struct dirent *ent;
	int found = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%.20s/%s", pid, what);
	if ((d = opendir(dir)) == NULL)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	while (found == 0 && (ent = readdir(d)) != NULL) {
		snprintf(link, sizeof(link), "%s/%.255s", dir, ent->d_name);
		found = ent->d_name[0] != '.' && leads_into(link, folder, len);
	}
	closedir(d);
	return found;
}

int
find_user(const char *folder, char *who, size_t n)
{
	char full[PATH];
	struct dirent *ent;
	struct sst_err e;
	int r = 0, hidden = 0;
	DIR *d;

	who[0] = '\0';
	if (sst_io_realpath(&sst_io_posix, folder, full, sizeof(full), &e) == -1 ||
	    (d = opendir("/proc")) == NULL) {
		snprintf(who, n, "open files cannot be listed");
		return -1;
	}
	while (r != 1 && (ent = readdir(d)) != NULL) {
		if (strspn(ent->d_name, "0123456789") != strlen(ent->d_name) ||
		    atol(ent->d_name) == (long)getpid())
			continue;
		r = look_at(ent->d_name, "fd", full);
		hidden |= r == -1;
		if (r == 0)
			r = look_at(ent->d_name, "map_files", full);
		if (r == 1)
			snprintf(who, n, "%.20s", ent->d_name);
	}
	closedir(d);
	if (r == 1)
		return 1;
	if (hidden)
		snprintf(who, n, "open files of other users' processes cannot be seen");
	return hidden ? -1 : 0;
}
