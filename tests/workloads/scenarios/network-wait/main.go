// Workers that speak a protocol of their own with another service, over connections that they keep;
// each question is a task, and the answers take a while, or with -answer 3ms none.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func ask(c net.Conn, answers *bufio.Reader, question int) error {
	if _, err := fmt.Fprintln(c, question); err != nil {
		return err
	}
	_, err := answers.ReadString('\n')
	return err
}

func work(c net.Conn, questions <-chan int) {
	answers := bufio.NewReader(c)
	for question := range questions {
		scene.In("lookup", func(context.Context) {
			scene.Compute(100 * time.Microsecond)
			if err := ask(c, answers, question); err != nil {
				scene.Fail(err)
			}
		})
	}
}

// answer is the other side's work for one connection.
func answer(c net.Conn, after time.Duration) {
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		time.Sleep(after)
		if _, err := fmt.Fprint(c, line); err != nil {
			return
		}
	}
}

func other(argument string) {
	after, err := time.ParseDuration(argument)
	if err != nil {
		scene.Fail(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				scene.Fail(err)
			}
			go answer(c, after)
		}
	}()
	scene.Hello(listener.Addr().String())
}

func main() {
	if scene.Role() == "other" {
		other(scene.Argument())
	}
	after := flag.Duration("answer", 50*time.Millisecond, "how long the other side takes")
	s := scene.Begin()
	address := scene.Other("other", after.String())
	questions := make(chan int)
	for i := 0; i < 4; i++ {
		c, err := net.Dial("tcp", address)
		if err != nil {
			scene.Fail(err)
		}
		go work(c, questions)
	}
	go func() {
		for question := 0; ; question++ {
			questions <- question
		}
	}()
	s.Play()
}
