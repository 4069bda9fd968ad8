//go:build cgo

package main

/*
#include <unistd.h>

void callBack(void);

static void wait_in_c(void)
{
	for (;;)
		sleep(3600);
}

static void call_go(void)
{
	callBack();
}
*/
import "C"

func init() {
	shapes = append(shapes, throughC)
}

//export callBack
func callBack() { waitForever() }

func throughC() {
	go C.wait_in_c()
	go C.call_go()
}
