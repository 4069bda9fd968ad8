package doctor_test

var liveRows = []row{}
