package doctor_test

var coreRows = []row{}
