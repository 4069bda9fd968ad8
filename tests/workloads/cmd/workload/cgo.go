//go:build cgo && withcgo

package main

/*
#include <unistd.h>

static void wait_in_c(void)
{
	for (;;)
		sleep(3600);
}

static unsigned spin_in_c(unsigned n)
{
	volatile unsigned x = n;
	for (unsigned i = 0; i < 20000000; i++)
		x = x * 1664525u + 1013904223u;
	return x;
}
*/
import "C"

var cgoModes = []mode{
	{"cgo", "-n (8) threads wait in C code and one computes there", startCgo},
}

func startCgo(o *options) {
	for i := 0; i < o.count(8); i++ {
		go C.wait_in_c()
	}
	go func() {
		x := C.uint(1)
		for {
			x = C.spin_in_c(x)
		}
	}()
}
