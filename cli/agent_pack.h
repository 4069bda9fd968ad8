/*
 * The agent's sources as they travel inside the program, made a part of somebody's Go module: its
 * packages get import paths inside that module, and build constraints by which an older Go leaves
 * them out. The caller owns the structure. One thread.
 */
#ifndef SCHEDTOP_CLI_AGENT_PACK_H
#define SCHEDTOP_CLI_AGENT_PACK_H

#include <stddef.h>

#include "util/status.h"

#define AGENT_PACK_FOLDER "internal/schedtopagent" /* in the module */
#define AGENT_PACK_IMPORT "schedtop_agent.go"      /* beside a program's own files */
#define AGENT_PACK_FLOOR  21                       /* go1.N, the oldest that builds it */

struct agent_file {
	char *path; /* from the agent's folder on: "internal/wire/reply.go" */
	char *text;
	size_t size;
};

struct agent_pack {
	struct agent_file *file;
	size_t n;
};

/* `module` is the path of the module that it becomes a part of. */
enum status agent_pack_open(struct agent_pack *pack, const char *module, struct error *error);
void agent_pack_finish(struct agent_pack *pack); /* all zero is fine */

/* The file that has a program of that module import the agent; for the caller to free. */
enum status agent_pack_import(const char *module, char **text, size_t *size, struct error *error);

#endif
