/*
 * tests/fuzz/replay.c: runs a fuzz target on the files and folders named, without libFuzzer, so that
 * `make check` meets every input that ever mattered.  Prints how many inputs ran.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long ninputs;

static int
run_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p =
	    malloc(size > 0 ? size : 1); /* exact, so that a sanitizer sees one byte too far */
	int rc = -1;

	if (f != NULL && p != NULL && fread(p, 1, size, f) == size) {
		LLVMFuzzerTestOneInput(p, size);
		ninputs++;
		rc = 0;
	} else
		perror(path);
	free(p);
	if (f != NULL)
		fclose(f);
	return rc;
}

static int run(const char *path);

static int
run_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *ent;
	int rc = 0;

	if (d == NULL) {
		perror(path);
		return -1;
	}
	while ((ent = readdir(d)) != NULL) {
		char sub[4096];

		if (ent->d_name[0] == '.')
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", path, ent->d_name);
		if (run(sub) == -1)
			rc = -1;
	}
	closedir(d);
	return rc;
}

static int
run(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		perror(path);
		return -1;
	}
	return S_ISDIR(st.st_mode) ? run_folder(path) : run_file(path, (size_t)st.st_size);
}

int
main(int argc, char **argv)
{
	int i, rc = 0;

	for (i = 1; i < argc; i++)
		if (run(argv[i]) == -1)
			rc = 1;
	printf("%lu\n", ninputs);
	return rc;
}
