package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"time"
)

// startLoad makes rate requests per second in all. Each client waits a random time between two of its
// requests, so that they come as they do in life: in clumps.
func startLoad(base string, rate float64, clients int) {
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: clients},
	}
	mean := float64(clients) / rate * float64(time.Second)
	for i := 0; i < clients; i++ {
		go func(random *rand.Rand) {
			for {
				time.Sleep(time.Duration(random.ExpFloat64() * mean))
				request(client, base, random)
			}
		}(rand.New(rand.NewSource(int64(i) + 1)))
	}
}

func request(client *http.Client, base string, random *rand.Rand) {
	var (
		response *http.Response
		err      error
	)
	switch dice := random.Intn(100); {
	case dice < 60:
		body, _ := json.Marshal(randomOrder(random))
		response, err = client.Post(base+"/orders", "application/json", bytes.NewReader(body))
	case dice < 95:
		response, err = client.Get(fmt.Sprintf("%s/orders?id=%d", base, 1+random.Intn(20000)))
	default:
		response, err = client.Get(base + "/report")
	}
	if err != nil {
		// The service is overloaded, which a load generator must survive.
		time.Sleep(100 * time.Millisecond)
		return
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
}

func randomOrder(random *rand.Rand) *order {
	o := &order{Customer: fmt.Sprintf("customer-%03d", random.Intn(200))}
	for i := 0; i <= random.Intn(8); i++ {
		o.Lines = append(o.Lines, line{
			SKU:      fmt.Sprintf("sku-%05d", random.Intn(100000)),
			Quantity: 1 + random.Intn(9),
		})
	}
	return o
}
