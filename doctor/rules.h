/*
 * The families of rules over a trace; a part of trace_doctor.c, not meant for others. Each is a
 * file doctor/rules_*.c that knows no other.
 */
#ifndef SCHEDTOP_DOCTOR_RULES_H
#define SCHEDTOP_DOCTOR_RULES_H

#include "doctor/witness.h"

extern const struct trace_family rules_cpu, rules_poll, rules_syscall;
extern const struct trace_family rules_annotations;
extern const struct trace_family rules_file;
extern const struct trace_family rules_capture;
extern const struct trace_family rules_gc;
extern const struct trace_family rules_stw;
extern const struct trace_family rules_io;
extern const struct trace_family rules_outlier;
extern const struct trace_family rules_lock;
extern const struct trace_family rules_serial;
extern const struct trace_family rules_stuck;
extern const struct trace_family rules_secrets;

#endif
