// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i+1) * time.Second
	}
	for name, test := range map[string]struct {
		of   []time.Duration
		p    float64
		want time.Duration
	}{
		"the median of a hundred is the fiftieth":        {hundred, 50, 50 * time.Second},
		"the 99th percentile of a hundred is the 99th":   {hundred, 99, 99 * time.Second},
		"the maximum is the last":                        {hundred, 100, 100 * time.Second},
		"the 99th percentile of three is the last":       {hundred[:3], 99, 3 * time.Second},
		"the median of three is the middle":              {hundred[:3], 50, 2 * time.Second},
		"any percentile of one is that one":              {hundred[:1], 1, time.Second},
		"of nothing it is zero, and nothing panics":      {nil, 50, 0},
		"a percentile too small for a rank is the first": {hundred, 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if got := percentile(test.of, test.p); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestLagsThatAreNotOverMakeLowerBounds(t *testing.T) {
	took := []time.Duration{3 * time.Second, time.Second, 2 * time.Second, 4 * time.Second}
	for name, test := range map[string]struct {
		open int
		want []bool // of p50, p99 and max
	}{
		"all are over":                             {0, []bool{false, false, false}},
		"one is not, so the median stands":         {1, []bool{false, true, true}},
		"most are not, so that nothing is certain": {3, []bool{true, true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			figures := lags{took: took, open: test.open}.figures("lag", 50, 99, 100)
			if figures[0].Value != 2 || figures[2].Value != 4 {
				t.Errorf("got a median of %v and a maximum of %v", figures[0].Value, figures[2].Value)
			}
			for i, f := range figures {
				if f.AtLeast != test.want[i] {
					t.Errorf("%s: at least: %v, want %v", f.Name, f.AtLeast, test.want[i])
				}
			}
		})
	}
}
