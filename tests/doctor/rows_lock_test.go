package doctor_test

var lockRows = []row{
	{name: "mutex-serialization", want: "mutex-serialization", quick: true},
}
