package doctor_test

var gcRows = []row{}
