package main

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// A priceList knows how often each article was asked for, and what it costs today.
type priceList struct {
	mu    sync.Mutex
	asked map[int]int
}

func newPriceList() *priceList {
	return &priceList{asked: make(map[int]int)}
}

// of is the price of an article.
func (p *priceList) of(article int) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	price := calculate(article)
	p.asked[article]++
	return price
}

// calculate makes a price out of a number; the rounds are what it takes to find a good one.
func calculate(article int) int64 {
	var seed [8]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(article))
	sum := sha256.Sum256(seed[:])
	for i := 0; i < 6000; i++ {
		sum = sha256.Sum256(sum[:])
	}
	return int64(binary.LittleEndian.Uint16(sum[:])) + 1
}
