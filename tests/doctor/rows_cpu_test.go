package doctor_test

var cpuRows = []row{}
