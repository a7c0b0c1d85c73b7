// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	grafana "github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

const (
	title = "Vectara job operator"
	// uid makes links to the dashboard last.
	uid        = "vectara-job-operator"
	runbookURL = "https://github.com/vectara-job-operator/vectara-job-operator/blob/main/docs/runbook.md"

	numberHeight = 4
	plotHeight   = 8
	areaOpacity  = 30
)

// JSON is the dashboard as Grafana imports it.
func JSON() ([]byte, error) {
	built, err := Build()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // It is for people to read, too.
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(built); err != nil {
		return nil, fmt.Errorf("write the dashboard: %w", err)
	}
	return text.Bytes(), nil
}

// Build makes a dashboard in Grafana's own types, which refuse what Grafana would not read.
func Build() (grafana.Dashboard, error) {
	builder := grafana.NewDashboardBuilder(title).
		Uid(uid).
		Description("What the Vectara job operator does: its jobs, its calls to Vectara, and itself.").
		Tags([]string{"vectara", "kubernetes"}).
		Time("now-6h", "now").
		Refresh("1m").
		Tooltip(grafana.DashboardCursorSyncCrosshair).
		Readonly().
		Link(grafana.NewDashboardLinkBuilder("Runbook").Icon("doc").Type(grafana.DashboardLinkTypeLink).Url(runbookURL).TargetBlank(true)).
		WithVariable(grafana.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus")).
		WithVariable(choice("job", "Job", `label_values(vectara_job_operator_build_info, job)`)).
		WithVariable(choice("instance", "Replica", `label_values(vectara_job_operator_build_info{job=~"$job"}, instance)`))
	id := uint32(0)
	next := func() uint32 { id++; return id }
	for _, row := range Rows() {
		builder.WithRow(grafana.NewRowBuilder(row.Title).Id(next()))
		for _, p := range row.Panels {
			builder.WithPanel(p.builder(next()))
		}
	}
	built, err := builder.Build()
	if err != nil {
		return grafana.Dashboard{}, fmt.Errorf("build the dashboard: %w", err)
	}
	return built, nil
}

// choice is a variable whose values are those that the operator's own metrics have in a label. All of them are chosen at first,
// and no others: metrics that any program may have, such as go_*, are shown of the operator only.
func choice(name, label, values string) cog.Builder[grafana.VariableModel] {
	return grafana.NewQueryVariableBuilder(name).
		Label(label).
		Datasource(source()).
		Query(grafana.StringOrMap{String: &values}).
		Refresh(grafana.VariableRefreshOnTimeRangeChanged).
		Sort(grafana.VariableSortAlphabeticalAsc).
		Multi(true).
		IncludeAll(true).
		Current(grafana.VariableOption{
			Text:  grafana.StringOrArrayOfString{ArrayOfString: []string{"All"}},
			Value: grafana.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
		})
}

// source is the Prometheus that the user has chosen.
func source() common.DataSourceRef {
	kind, chosen := "prometheus", "${datasource}"
	return common.DataSourceRef{Type: &kind, Uid: &chosen}
}

func (p Panel) builder(id uint32) cog.Builder[grafana.Panel] {
	if p.form == number {
		builder := stat.NewPanelBuilder().Id(id).Title(p.Title).Description(p.Description).Datasource(source()).
			Unit(p.Unit).Height(numberHeight).Span(p.width).
			GraphMode(common.BigValueGraphModeArea).
			Orientation(common.VizOrientationAuto).
			ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
		for i, q := range p.Queries {
			builder.WithTarget(q.builder(i))
		}
		return builder
	}
	builder := timeseries.NewPanelBuilder().Id(id).Title(p.Title).Description(p.Description).Datasource(source()).
		Unit(p.Unit).Height(plotHeight).Span(p.width).Min(0).
		ShowPoints(common.VisibilityModeNever).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeTable).
			Placement(common.LegendPlacementBottom).Calcs([]string{"lastNotNull", "max"}))
	if p.form == areas {
		builder.FillOpacity(areaOpacity).Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
	}
	for i, q := range p.Queries {
		builder.WithTarget(q.builder(i))
	}
	return builder
}

// letters are what Grafana calls the queries of a panel.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// builder makes the i-th query of a panel.
func (q Query) builder(i int) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Datasource(source()).Expr(q.Expr).LegendFormat(q.Legend).
		RefId(letters[i : i+1]).Range()
}
