package main

import (
	"math"
	"math/rand"
	"sort"
)

// sample is a row of measurements of one thing.
type sample []float64

func (s sample) mean() float64 {
	var sum float64
	for _, v := range s {
		sum += v
	}
	return sum / float64(len(s))
}

func (s sample) bounds() (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, v := range s {
		least, most = math.Min(least, v), math.Max(most, v)
	}
	return least, most
}

// upper is the 95 % upper bound of the mean: the bootstrap's percentile, so that no shape of the noise is
// assumed. The seed is fixed: the same windows give the same bound.
func (s sample) upper() float64 {
	random := rand.New(rand.NewSource(1))
	means := make([]float64, 10000)
	for i := range means {
		var sum float64
		for range s {
			sum += s[random.Intn(len(s))]
		}
		means[i] = sum / float64(len(s))
	}
	sort.Float64s(means)
	return means[len(means)*95/100]
}

// quantile is the least value that q of the sample do not exceed.
func (s sample) quantile(q float64) float64 {
	sorted := append(sample(nil), s...)
	sort.Float64s(sorted)
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
