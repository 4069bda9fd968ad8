/*
 * Places in a program as people read them: the numbers of pclntab.h as names, files and lines, the
 * way the runtime's own tracebacks print them. The pclntab is borrowed; the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_FRAMES_H
#define SCHEDTOP_GOPROC_FRAMES_H

#include "goproc/goproc.h"
#include "goproc/pclntab.h"

/* One frame of pclntab_frames. */
void frames_text(struct pclntab *pclntab, const struct pclntab_frame *from,
                 struct goproc_frame *to);

/* The go statement at its return address: the function that was compiled, the line of the source.
 */
void frames_creator(struct pclntab *pclntab, uint64_t pc, struct goproc_frame *to);
/* The function that begins there. */
void frames_start(struct pclntab *pclntab, uint64_t pc, struct goproc_frame *to);

#endif
