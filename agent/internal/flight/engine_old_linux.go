//go:build !go1.25

package flight

func newEngine(Settings) engine { return nil }
