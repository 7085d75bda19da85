/* tests/support/nomem.c: malloc and its kin before those of glibc, which are still there. */
#include "nomem.h"

#include <errno.h>
#include <stdlib.h>

static _Thread_local unsigned long left; /* 0: not armed, or over */
static _Thread_local bool armed;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWNED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWNED 1
#endif
#endif

#ifndef OWNED /* by a sanitizer */
#define OWNED 0

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static bool
refuse(void)
{
	if (!armed || left == 0 || --left > 0)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return refuse() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return refuse() ? NULL : __libc_realloc(p, n);
}

void *
nomem_realloc(void *p, size_t n)
{
	return __libc_realloc(p, n);
}
#else
void *
nomem_realloc(void *p, size_t n)
{
	return realloc(p, n);
}
#endif

bool
nomem_arm(unsigned long n)
{
	left = n;
	armed = OWNED == 0;
	return armed;
}

bool
nomem_disarm(void)
{
	bool reached = armed && left == 0;

	armed = false;
	return reached;
}
