package doctor_test

// Annotations: tasks, regions and logs.
var notesRows = []row{
	{name: "healthy-annotated", quick: true},
	{name: "healthy-sessions"},
	{name: "annotation-overhead", want: "annotation-overhead"},
	{name: "context-lost", want: "context-lost"},
	{name: "region-cross-goroutine", want: "region-cross-goroutine"},
	{name: "region-out-of-order", want: "region-out-of-order"},
	{name: "region-unclosed", want: "region-unclosed"},
	{name: "secrets-in-trace", want: "secrets-in-trace", quick: true},
	{name: "task-empty", want: "task-empty"},
	{name: "task-never-ended", want: "task-never-ended"},
	{name: "task-reused", want: "task-reused"},
}
