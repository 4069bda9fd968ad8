package main

import (
	"encoding/json"
	"net/http"
	"sort"
	"strconv"
)

type server struct {
	store *store
	pool  *pool
}

func newServer(st *store, p *pool) *server {
	return &server{store: st, pool: p}
}

func (s *server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/orders", s.orders)
	mux.HandleFunc("/report", s.report)
	return mux
}

// orders takes an order (POST) or shows one (GET ?id=N).
func (s *server) orders(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		o := new(order)
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(o); err != nil {
			http.Error(w, "the order is no JSON: "+err.Error(), http.StatusBadRequest)
			return
		}
		if o.Customer == "" || len(o.Lines) == 0 {
			http.Error(w, "an order has a customer and lines", http.StatusUnprocessableEntity)
			return
		}
		s.pool.price(o)
		s.store.add(o)
		answer(w, o)
	case http.MethodGet:
		id, err := strconv.ParseInt(r.URL.Query().Get("id"), 10, 64)
		if err != nil {
			http.Error(w, "id is not a number", http.StatusBadRequest)
			return
		}
		o, ok := s.store.get(id)
		if !ok {
			http.Error(w, "no such order", http.StatusNotFound)
			return
		}
		answer(w, o)
	default:
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
	}
}

type customerTotal struct {
	Customer string `json:"customer"`
	Orders   int    `json:"orders"`
	Cents    int64  `json:"total_cents"`
}

// report sums the newest orders by customer.
func (s *server) report(w http.ResponseWriter, _ *http.Request) {
	totals := make(map[string]*customerTotal)
	for _, o := range s.store.newest(500) {
		t, ok := totals[o.Customer]
		if !ok {
			t = &customerTotal{Customer: o.Customer}
			totals[o.Customer] = t
		}
		t.Orders++
		t.Cents += o.Total
	}
	list := make([]*customerTotal, 0, len(totals))
	for _, t := range totals {
		list = append(list, t)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Cents > list[j].Cents })
	answer(w, list)
}

func answer(w http.ResponseWriter, v interface{}) {
	w.Header().Set("Content-Type", "application/json")
	// An error here means that the client has gone: nobody is left to tell.
	_ = json.NewEncoder(w).Encode(v)
}
