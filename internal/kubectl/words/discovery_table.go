// SPDX-License-Identifier: Apache-2.0

package words

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

// unknown stands where there is no number yet.
const unknown = "-"

// DiscoveryTable writes a line for each VectaraJobDiscovery: those that need somebody first.
func DiscoveryTable(w io.Writer, discoveries []v1alpha1.VectaraJobDiscovery, now time.Time, withNamespace bool) error {
	discoveries = slices.Clone(discoveries)
	slices.SortStableFunc(discoveries, func(a, b v1alpha1.VectaraJobDiscovery) int {
		return cmp.Or(
			cmp.Compare(standingOf(&a), standingOf(&b)),
			cmp.Compare(a.Namespace, b.Namespace),
			cmp.Compare(a.Name, b.Name),
		)
	})
	table := printers.GetNewTabWriter(w)
	row := func(namespace string, cells ...string) {
		if withNamespace {
			cells = append([]string{namespace}, cells...)
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	row("NAMESPACE", "DISCOVERY", "STATE", "MATCHING", "MIRRORED", "WAITING", "LISTED", "NOTE")
	for i := range discoveries {
		discovery := &discoveries[i]
		status := &discovery.Status
		row(discovery.Namespace, discovery.Name, standingOf(discovery).String(), number(status.ObservedJobs),
			number(status.MirroredJobs), number(status.WaitingJobs), age(status.LastSweepTime, now), plaintext.Clip(whyNot(discovery), maxNote))
	}
	return table.Flush()
}

func number(n *int32) string {
	if n == nil {
		return unknown
	}
	return strconv.Itoa(int(*n))
}

func age(at *metav1.Time, now time.Time) string {
	if at == nil {
		return unknown
	}
	return Short(now.Sub(at.Time))
}
