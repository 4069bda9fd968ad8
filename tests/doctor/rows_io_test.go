package doctor_test

var ioRows = []row{}
