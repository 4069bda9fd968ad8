package main

import (
	"crypto/sha256"
	"encoding/binary"
)

// A pool prices orders on a few workers, so that requests wait for one another.
type pool struct {
	jobs chan job
}

type job struct {
	order *order
	done  chan<- struct{}
}

func newPool(workers int) *pool {
	p := &pool{jobs: make(chan job, 2*workers)}
	for i := 0; i < workers; i++ {
		go p.work()
	}
	return p
}

// price returns when the order has its prices.
func (p *pool) price(o *order) {
	done := make(chan struct{})
	p.jobs <- job{o, done}
	<-done
}

func (p *pool) work() {
	for j := range p.jobs {
		j.order.Total = 0
		for i := range j.order.Lines {
			l := &j.order.Lines[i]
			l.Cents = quote(l.SKU)
			j.order.Total += l.Cents * int64(l.Quantity)
		}
		close(j.done)
	}
}

// quote makes a price out of a name; the rounds are what a price takes to compute.
func quote(sku string) int64 {
	sum := sha256.Sum256([]byte(sku))
	for i := 0; i < 60; i++ {
		sum = sha256.Sum256(sum[:])
	}
	return int64(binary.LittleEndian.Uint16(sum[:])) + 1
}
