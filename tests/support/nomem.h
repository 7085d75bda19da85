/*
 * tests/support/nomem.h: makes one allocation of this thread fail, to see that a failure of malloc is
 * an error like any other.
 */
#ifndef NOMEM_H
#define NOMEM_H

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now on fails, from 1.  False where a sanitizer owns malloc: then nothing
 * ever fails. */
bool nomem_arm(unsigned long n);
/* Ends that; true when it came to the n-th. */
bool nomem_disarm(void);

/* For what is no part of the test: never fails by us, and is not counted. */
void *nomem_realloc(void *p, size_t n);

#endif
