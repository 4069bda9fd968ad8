// Shop is the slow service of doc/tutorial.md: two dozen customers order, and every order wants a price. It
// is annotated as a service should be, with a task for each order and a region around what takes time.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"runtime"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/stage"
)

const customers = 24

// order is what one customer wants.
func order(prices *priceList, article int) int64 {
	ctx, task := trace.NewTask(context.Background(), "order")
	defer task.End()
	region := trace.StartRegion(ctx, "price")
	defer region.End()
	return prices.of(article)
}

// shop sends one customer in again and again, with a pause by chance in between.
func shop(prices *priceList, random *rand.Rand) {
	for {
		order(prices, random.Intn(10000))
		time.Sleep(time.Duration(random.ExpFloat64() * float64(7*time.Millisecond)))
	}
}

func main() {
	shared := stage.Flags()
	flag.Parse()
	shared.Setup()
	prices := newPriceList()
	for i := int64(0); i < customers; i++ {
		go shop(prices, rand.New(rand.NewSource(i)))
	}
	shared.Run(fmt.Sprintf("gomaxprocs=%d", runtime.GOMAXPROCS(0)))
}
