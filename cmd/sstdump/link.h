/* cmd/sstdump/link.h: sstdump by the name of sstabledump. */
#ifndef SSTDUMP_LINK_H
#define SSTDUMP_LINK_H

#include <stdbool.h>

/* Whether the program was called by that name. */
bool link_is(const char *argv0);
/* The whole program then: Cassandra's options, output and exit status. */
int link_main(int argc, char **argv);

#endif
