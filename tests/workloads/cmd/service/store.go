package main

import "sync"

type line struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
	Cents    int64  `json:"cents,omitempty"`
}

type order struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
	Lines    []line `json:"lines"`
	Total    int64  `json:"total_cents"`
}

// A store keeps the newest orders. One mutex guards all of it, as it does in many a real service.
type store struct {
	mu     sync.Mutex
	max    int
	next   int64
	orders map[int64]*order
}

func newStore(max int) *store {
	return &store{max: max, next: 1, orders: make(map[int64]*order)}
}

func (s *store) add(o *order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.ID = s.next
	s.next++
	s.orders[o.ID] = o
	delete(s.orders, o.ID-int64(s.max))
}

func (s *store) get(id int64) (*order, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[id]
	return o, ok
}

// newest returns up to n orders, the newest first.
func (s *store) newest(n int) []*order {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*order
	for id := s.next - 1; id > 0 && len(list) < n; id-- {
		o, ok := s.orders[id]
		if !ok {
			break
		}
		list = append(list, o)
	}
	return list
}
