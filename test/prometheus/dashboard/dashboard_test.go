// SPDX-License-Identifier: Apache-2.0

package dashboard_test

import (
	"bytes"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	grafana "github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/dashboard"
	"github.com/vectara-job-operator/vectara-job-operator/test/prometheus/manifests"
)

func shipped(t *testing.T) []byte {
	t.Helper()
	return manifests.Read(t, "config", "grafana", "vectara-job-operator.json")
}

func TestTheShippedDashboardIsFresh(t *testing.T) {
	fresh, err := dashboard.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(fresh, shipped(t)) {
		t.Error("config/grafana/vectara-job-operator.json is stale: run 'make dashboard'")
	}
}

// Grafana's own types refuse fields that they do not have, and values that they do not allow.
func TestTheShippedDashboardIsOneOfGrafanas(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	var read grafana.Dashboard
	if err := read.UnmarshalJSONStrict(shipped(t)); err != nil {
		t.Fatal(err)
	}
	if err := read.Validate(); err != nil {
		t.Error(err)
	}
}

func TestPanelsExplainThemselves(t *testing.T) {
	titles := map[string]bool{}
	for _, row := range dashboard.Rows() {
		for _, panel := range row.Panels {
			t.Run(row.Title+"/"+panel.Title, func(t *testing.T) {
				if panel.Title == "" || titles[panel.Title] {
					t.Error("it needs a title of its own")
				}
				titles[panel.Title] = true
				if panel.Description == "" {
					t.Error("it has no description")
				}
				if panel.Unit == "" {
					t.Error("it has no unit")
				}
				if len(panel.Queries) == 0 {
					t.Error("it has no query")
				}
				for _, query := range panel.Queries {
					if query.Legend == "" {
						t.Errorf("it has no legend for %s", query.Expr)
					}
				}
			})
		}
	}
}

func TestPanelsDoNotOverlap(t *testing.T) {
	built, err := dashboard.Build()
	if err != nil {
		t.Fatal(err)
	}
	const width = 24
	taken, ids := map[[2]uint32]string{}, map[uint32]bool{}
	place := func(title string, id uint32, at grafana.GridPos) {
		if ids[id] {
			t.Errorf("%s: the ID %d is another panel's", title, id)
		}
		ids[id] = true
		if at.X+at.W > width {
			t.Errorf("%s ends in column %d of %d", title, at.X+at.W, width)
		}
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other, found := taken[[2]uint32{x, y}]; found {
					t.Fatalf("%s lies over %s", title, other)
				}
				taken[[2]uint32{x, y}] = title
			}
		}
	}
	for _, p := range built.Panels {
		if p.Panel != nil {
			place(*p.Panel.Title, *p.Panel.Id, *p.Panel.GridPos)
		} else {
			place(*p.RowPanel.Title, p.RowPanel.Id, *p.RowPanel.GridPos)
		}
	}
}
