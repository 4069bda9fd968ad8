# Unit tests of goproc/.
