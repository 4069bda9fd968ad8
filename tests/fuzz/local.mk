# libFuzzer targets: one program per parser of outside input.
