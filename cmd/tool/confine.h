/* cmd/tool/confine.h: a tool that only reads gives up the right to do more. */
#ifndef TOOL_CONFINE_H
#define TOOL_CONFINE_H

/*
 * From here on this process can open files for reading only: it cannot create, change, rename or
 * remove any, start a program, open a socket or reach into another process.  Such calls fail with
 * EPERM.  Descriptors that are open already (standard output) stay as they are.  Where the kernel
 * has no seccomp filters, nothing happens, silently: it is a second line of defence.
 */
void tool_confine(void);

#endif
