/*
 * Names of Linux system calls by their number on amd64, which is the one platform schedtop runs on
 * and part of what recordings hold. Constant data, any thread.
 */
#ifndef SCHEDTOP_METRICS_SYSCALLS_H
#define SCHEDTOP_METRICS_SYSCALLS_H

const char *syscall_name(int number); /* NULL: none that we know */

#endif
