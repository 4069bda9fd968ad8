package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// client speaks to the agent's socket as curl does.
func client(socket string) *http.Client {
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			},
		},
	}
}

// metrics asks the agent for what runtime/metrics says.
func (w *workload) metrics(t *testing.T) snapshot {
	t.Helper()
	response, err := client(w.socket(t)).Get("http://agent/v1/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("/v1/metrics: %v %v %s", response.Status, err, body)
	}
	return parseSnapshot(t, string(body))
}

// value is one of runtime/metrics' numbers; those above 2^63-1 are strings.
func (s snapshot) value(t *testing.T, metric string) float64 {
	t.Helper()
	value, ok := s.at("values", metric)
	if !ok {
		t.Fatalf("the agent doesn't tell %s", metric)
	}
	if text, ok := value.(string); ok {
		value = json.Number(text)
	}
	return toFloat(t, value)
}

// captureTrace reads a whole trace; it tries again while the agent says that it is too early.
func captureTrace(t *testing.T, socket string, seconds int) int64 {
	t.Helper()
	var last string
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(500 * time.Millisecond) {
		response, err := client(socket).Get(fmt.Sprintf("http://agent/v1/trace?seconds=%d", seconds))
		if err != nil {
			last = err.Error()
			continue
		}
		if response.StatusCode == http.StatusOK {
			n, err := tryRead(response.Body)
			_ = response.Body.Close()
			if err != nil {
				t.Fatalf("the trace broke off after %d bytes: %v", n, err)
			}
			return n
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		last = response.Status + " " + string(body)
		if response.StatusCode != http.StatusTooManyRequests && response.StatusCode != http.StatusConflict {
			break
		}
	}
	t.Fatalf("no trace: %s", last)
	return 0
}
