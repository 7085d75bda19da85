/*
 * cmd/tool/confine.c: a seccomp filter that refuses what a reader never needs.  A list of what is
 * refused, not of what is allowed, so that another libc or a newer kernel breaks nothing.
 */
#define _GNU_SOURCE /* O_TMPFILE */
#include "tool/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/num.h"

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#define THIS_ARCH 0 /* not known: the filter lets everything through */
#endif

#define X32_CALL 0x40000000u /* a second set of numbers for the same calls */
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

static const int refused[] = {
#ifdef SYS_open /* the calls of the first Unixes, which newer machines have no numbers for */
	SYS_creat, SYS_rename, SYS_unlink, SYS_rmdir, SYS_mkdir, SYS_link, SYS_symlink, SYS_chmod,
	SYS_chown, SYS_lchown, SYS_mknod, SYS_utime, SYS_utimes, SYS_fork, SYS_vfork,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
	SYS_renameat2, SYS_unlinkat, SYS_mkdirat, SYS_linkat, SYS_symlinkat, SYS_mknodat,
	SYS_fchmodat, SYS_fchmod, SYS_fchownat, SYS_fchown, SYS_truncate, SYS_ftruncate,
	SYS_fallocate, SYS_utimensat, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr,
	SYS_lremovexattr, SYS_fremovexattr, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
#ifndef __SANITIZE_ADDRESS__ /* its leak checker attaches to its own process */
	SYS_ptrace,
#endif
	SYS_openat2, SYS_open_by_handle_at, SYS_io_uring_setup, SYS_execve, SYS_execveat,
	SYS_process_vm_writev, SYS_socket, SYS_connect, SYS_bind, SYS_bpf, SYS_keyctl, SYS_setns,
	SYS_unshare
};

static void
filter(const struct sock_filter *code, size_t n)
{
	struct sock_fprog prog = { (unsigned short)n, (struct sock_filter *)(uintptr_t)code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		(void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0);
}

/* Where the low half of a system call's i-th argument lies on these little-endian machines. */
#define ARG(i) (offsetof(struct seccomp_data, args) + (i) * sizeof(uint64_t))
#define LOAD(at) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(at)))
#define RETURN(v) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (uint32_t)(v)))
#define IF_EQUAL(v, yes, no) \
	((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(v), yes, no))
#define IF_BITS(v, yes, no) \
	((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(v), yes, no))

/* An open call whose flags are argument `arg`: refused when they ask for more than reading. */
static size_t
refuse_writing(struct sock_filter *code, int call, unsigned arg)
{
	code[0] = IF_EQUAL(call, 0, 4);
	code[1] = LOAD(ARG(arg));
	code[2] = IF_BITS(WRITING, 0, 1);
	code[3] = RETURN(REFUSE);
	code[4] = RETURN(SECCOMP_RET_ALLOW);
	return 5;
}

void
tool_confine(void)
{
	struct sock_filter code[24 + 2 * SST_ARRAY_LEN(refused)];
	size_t i, n = 0;

	code[n++] = LOAD(offsetof(struct seccomp_data, arch));
	code[n++] = IF_EQUAL(THIS_ARCH, 1, 0);
	code[n++] = RETURN(THIS_ARCH != 0 ? REFUSE : SECCOMP_RET_ALLOW);
	code[n++] = LOAD(offsetof(struct seccomp_data, nr));
	code[n++] = IF_BITS(X32_CALL, 0, 1);
	code[n++] = RETURN(REFUSE);
	n += refuse_writing(code + n, SYS_openat, 2);
#ifdef SYS_open
	n += refuse_writing(code + n, SYS_open, 1);
#endif
	for (i = 0; i < SST_ARRAY_LEN(refused); i++) {
		code[n++] = IF_EQUAL(refused[i], 0, 1);
		code[n++] = RETURN(REFUSE);
	}
	code[n++] = RETURN(SECCOMP_RET_ALLOW);
	filter(code, n);
}
