package doctor_test

var ioRows = []row{
	{name: "serial-io", want: "serial-io", quick: true},
	{name: "pool-saturation", want: "pool-saturation"},
	{name: "pool-saturation-permits", want: "pool-saturation"},
	{name: "slow-dependency", want: "slow-dependency", live: true},
	{name: "slow-request-outlier", want: "slow-request-outlier"},
	{name: "network-wait", want: "network-wait", info: true},
	{name: "healthy-fanout", quick: true},
	{name: "healthy-gateway"},
	{name: "healthy-database"},
	{name: "healthy-mixed"},
	{name: "healthy-cached"},
	{name: "healthy-lookup"},
	{name: "healthy-files"},
}
