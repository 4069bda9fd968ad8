package doctor_test

var notesRows = []row{}
