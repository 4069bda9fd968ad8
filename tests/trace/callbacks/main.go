// Callbacks makes an execution trace of threads of C that call Go, one after the
// other: the runtime has the same goroutine for each of them, made anew.
package main

/*
#include <pthread.h>
extern void goCallback(void);
static void *body(void *unused) { goCallback(); goCallback(); return unused; }
static void callBack(void) {
	pthread_t thread;
	if (pthread_create(&thread, NULL, body, NULL) == 0)
		pthread_join(thread, NULL);
}
*/
import "C"

import (
	"log"
	"os"
	"runtime/trace"
	"time"
)

var answers = make(chan int)

//export goCallback
func goCallback() {
	if f, err := os.Open(os.DevNull); err == nil {
		_ = f.Close()
	}
	<-answers
}

func answer() {
	for {
		time.Sleep(time.Millisecond)
		answers <- 1
	}
}

func main() {
	f, err := os.Create(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := trace.Start(f); err != nil {
		log.Fatal(err)
	}
	go answer()
	for range 20 {
		C.callBack()
	}
	trace.Stop()
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}
