# Unit tests of tui/.
