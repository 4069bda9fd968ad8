# Unit tests of collect/.
