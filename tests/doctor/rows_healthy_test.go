package doctor_test

// Programs of different nature with nothing wrong. Those that are near a rule of a family are in that
// family's file.
var healthyRows = []row{
	{name: "healthy-forkjoin", live: true, quick: true},
	{name: "healthy-cache"},
	{name: "healthy-chat", live: true},
	{name: "healthy-crawler"},
	{name: "healthy-cron"},
	{name: "healthy-http", live: true, quick: true},
	{name: "healthy-idle", live: true, quick: true},
	{name: "healthy-indexer"},
	{name: "healthy-pipeline"},
	{name: "healthy-stream"},
	{name: "healthy-workers", quick: true},
}
