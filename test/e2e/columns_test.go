// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func TestColumns(t *testing.T) {
	s := newSchemaScene(t)
	s.create("a", "job_a")
	for want, arguments := range map[string][]string{
		"NAME STATE TYPE READY REASON SYNCED SUSPENDED STARTED AGE":                                                   {"get", "vj"},
		"NAME STATE TYPE READY REASON SYNCED SUSPENDED STARTED AGE JOB ID COMPLETED MESSAGE SYNC REASON SYNC MESSAGE": {"get", "vj", "-o", "wide"},
	} {
		table, err := cluster.Kubectl(s.ctx, append(arguments, "-n", s.namespace)...)
		s.must(err)
		header, _, _ := strings.Cut(table, "\n")
		if got := strings.Join(strings.Fields(header), " "); got != want {
			t.Errorf("the columns are %s, want %s", got, want)
		}
	}
}

func TestDiscoveryColumns(t *testing.T) {
	s := newSchemaScene(t)
	s.discover("a")
	for want, arguments := range map[string][]string{
		"NAME READY REASON MATCHING MIRRORED WAITING SUSPENDED AGE":                            {"get", "vjd"},
		"NAME READY REASON MATCHING MIRRORED WAITING SUSPENDED AGE CREATED LAST SWEEP MESSAGE": {"get", "vectarajobdiscovery", "-o", "wide"},
	} {
		table, err := cluster.Kubectl(s.ctx, append(arguments, "-n", s.namespace)...)
		s.must(err)
		header, _, _ := strings.Cut(table, "\n")
		if got := strings.Join(strings.Fields(header), " "); got != want {
			t.Errorf("the columns are %s, want %s", got, want)
		}
	}
}

// TestSuspendedObjectsAreRecognisableInTheList holds that the list distinguishes them from others, and nothing else of them changes.
func TestSuspendedObjectsAreRecognisableInTheList(t *testing.T) {
	s := newSchemaScene(t)
	for name, suspend := range map[string]*bool{"suspended": ptr.To(true), "resumed": ptr.To(false), "never": nil} {
		object := s.create(name, "job_a", func(object *v1alpha1.VectaraJob) { object.Spec.Suspend = suspend })
		object.Status.State = v1alpha1.JobStateStarted
		object.Status.Conditions = []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonJobStarted, LastTransitionTime: metav1.Now()},
			{Type: v1alpha1.ConditionSynced, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSynced, LastTransitionTime: metav1.Now()},
		}
		s.must(admin.Status().Update(s.ctx, object))
		s.discover(name, func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.Suspend = suspend })
	}
	for _, kind := range []string{"vj", "vjd"} {
		table, err := cluster.Kubectl(s.ctx, "get", kind, "-n", s.namespace)
		s.must(err)
		lines := strings.Split(strings.TrimSpace(table), "\n")
		column := strings.Index(lines[0], "SUSPENDED")
		got := map[string]string{}
		for _, line := range lines[1:] {
			name, _, _ := strings.Cut(line, " ")
			got[name], _, _ = strings.Cut(line[column:], " ")
		}
		if got["suspended"] != "true" || got["resumed"] != "false" || got["never"] != "" {
			t.Errorf("SUSPENDED of %s is %q:\n%s", kind, got, table)
		}
	}
}
