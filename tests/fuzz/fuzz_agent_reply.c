/* Whatever an agent's socket may answer. */
#include <stddef.h>
#include <stdint.h>

#include "collect/agent_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = {0};
	json_t *root = agent_reply_parse((const char *)data, size, &error);
	if (!root)
		return 0;
	struct agent_info info;
	agent_reply_info(root, &info);
	agent_reply_time(root, INT64_C(1) << 40);
	struct agent_bounds known = {0};
	struct agent_metrics metrics = {0};
	agent_reply_metrics(root, &known, &metrics, &error);
	agent_metrics_finish(&metrics);
	agent_bounds_finish(&known);
	struct snapshot *s = snapshot_create();
	if (s)
		agent_reply_sched(root, s, &error);
	snapshot_unref(s);
	int64_t cost_ns;
	goroutine_set_unref(agent_reply_groups(root, &cost_ns, &error));
	json_decref(root);
	return 0;
}
