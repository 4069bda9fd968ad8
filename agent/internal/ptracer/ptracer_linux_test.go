package ptracer

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// recorded makes Grants whose system calls are written down; dead PIDs can't be granted anything.
func recorded(dead map[int]bool) (*Grants, *[]string) {
	var calls []string
	return &Grants{prctl: func(pid int) error {
		calls = append(calls, fmt.Sprint(pid))
		if dead[pid] {
			return syscall.EINVAL
		}
		return nil
	}}, &calls
}

func Test_grants_live_as_long_as_their_holder(t *testing.T) {
	dead := map[int]bool{}
	for name, c := range map[string]struct {
		do   func(g *Grants)
		want string
	}{
		"one":     {func(g *Grants) { g.Grant("a", 10); g.Release("a") }, "10 0"},
		"none":    {func(g *Grants) { g.Release("a") }, ""},
		"twice":   {func(g *Grants) { g.Grant("a", 10); g.Grant("a", 10); g.Release("a"); g.Release("a") }, "10 10 0"},
		"stacked": {func(g *Grants) { g.Grant("a", 10); g.Grant("b", 20); g.Release("b"); g.Release("a") }, "10 20 10 0"},
		"older one leaves first": {func(g *Grants) {
			g.Grant("a", 10)
			g.Grant("b", 20)
			g.Release("a")
			g.Release("b")
		}, "10 20 0"},
		"the older one has died": {func(g *Grants) {
			g.Grant("a", 10)
			g.Grant("b", 20)
			dead[10] = true
			g.Release("b")
			g.Release("a")
			delete(dead, 10)
		}, "10 20 10 0"},
	} {
		g, calls := recorded(dead)
		c.do(g)
		if got := strings.Join(*calls, " "); got != c.want {
			t.Errorf("%s: prctl was called with %q, not %q", name, got, c.want)
		}
	}
}

func Test_PID_0_is_never_granted(t *testing.T) {
	g, calls := recorded(nil)
	for _, pid := range []int{0, -1} { // -1 would be everybody: PR_SET_PTRACER_ANY
		if err := g.Grant("a", pid); !errors.Is(err, ErrNamespace) || len(*calls) != 0 {
			t.Errorf("%d: %v, prctl %q", pid, err, *calls)
		}
	}
}

func Test_a_grant_that_the_kernel_refuses_is_not_held(t *testing.T) {
	g, calls := recorded(map[int]bool{10: true})
	if err := g.Grant("a", 10); err == nil {
		t.Error("no error")
	}
	g.Release("a")
	if len(*calls) != 1 {
		t.Errorf("prctl %q", *calls)
	}
}

func Test_the_kernel_grants_where_it_has_Yama(t *testing.T) {
	_, yama := YamaScope()
	err := New().Grant("a", os.Getpid())
	if yama && err != nil {
		t.Error(err)
	}
	if !yama && err != syscall.EINVAL {
		t.Errorf("without Yama prctl says %v, not EINVAL", err)
	}
	New().Release("a")
}
