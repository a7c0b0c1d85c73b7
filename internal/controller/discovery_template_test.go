// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"maps"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

func TestWhichJobsMatch(t *testing.T) {
	spec := v1alpha1.VectaraJobDiscoverySpec{
		CorpusKeys: []string{"legal", "tax"},
		Types:      []v1alpha1.JobType{"replace_filter_attributes", "a_type_of_2030"},
		States:     []v1alpha1.JobState{"queued", "started"},
	}
	for _, test := range []struct {
		name   string
		spec   v1alpha1.VectaraJobDiscoverySpec
		change func(*vectara.Job)
		want   bool
	}{
		{"a job that is in all lists", spec, nil, true},
		{"a job of the other state", spec, func(j *vectara.Job) { j.State = "queued" }, true},
		{"a job in another state", spec, func(j *vectara.Job) { j.State = "completed" }, false},
		{"a job without a state", spec, func(j *vectara.Job) { j.State = "" }, false},
		{"a job whose state differs in case only", spec, func(j *vectara.Job) { j.State = "Started" }, false},
		{"a job of a type that is new here", spec, func(j *vectara.Job) { j.Type = "a_type_of_2030" }, true},
		{"a job of another type", spec, func(j *vectara.Job) { j.Type = "bulk_delete_documents" }, false},
		{"a job without a type", spec, func(j *vectara.Job) { j.Type = "" }, false},
		{"a job of several corpora, one of them listed", spec, func(j *vectara.Job) { j.CorpusKeys = []string{"finance", "tax"} }, true},
		{"a job of another corpus", spec, func(j *vectara.Job) { j.CorpusKeys = []string{"finance"} }, false},
		{"a job of a corpus whose key begins alike", spec, func(j *vectara.Job) { j.CorpusKeys = []string{"legal2"} }, false},
		{"a job of no corpus", spec, func(j *vectara.Job) { j.CorpusKeys = nil }, false},
		{"without lists, a job of no corpus, type and state", v1alpha1.VectaraJobDiscoverySpec{}, func(j *vectara.Job) { *j = vectara.Job{ID: j.ID} }, true},
		{"an ID as they are", spec, func(j *vectara.Job) { j.ID = "job_AZaz09._~:=+-" }, true},
		{"an ID of 512 characters", spec, func(j *vectara.Job) { j.ID = "job_" + strings.Repeat("x", 508) }, true},
		{"an ID that is longer than a VectaraJob takes", spec, func(j *vectara.Job) { j.ID = "job_" + strings.Repeat("x", 509) }, false},
		{"an ID that climbs up the path", spec, func(j *vectara.Job) { j.ID = "job_../../corpora" }, false},
		{"an ID with a line end", spec, func(j *vectara.Job) { j.ID = "job_a\n" }, false},
		{"an ID without its prefix", spec, func(j *vectara.Job) { j.ID = "3Kx9" }, false},
		{"an ID that is only the prefix", spec, func(j *vectara.Job) { j.ID = "job_" }, false},
		{"no ID", spec, func(j *vectara.Job) { j.ID = "" }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			job := vectara.Job{ID: testJobID, Type: "replace_filter_attributes", State: "started", CorpusKeys: []string{"legal"}}
			if test.change != nil {
				test.change(&job)
			}
			if got := matcher(test.spec)(&job); got != test.want {
				t.Errorf("That it matches is %t, want %t", got, test.want)
			}
		})
	}
}

func TestNamesOfDiscoveredVectaraJobs(t *testing.T) {
	longest := strings.Repeat("a", 31) + "." + strings.Repeat("z", 31)
	typical := "job_3Kx9QpVn2mZr8YbLc5TdWeAq7HsUjFgN4vXoPiRk1wBzMyC6D0EtGhSlJaZxQ=="
	names := map[string]string{}
	for _, discovery := range []string{"a", "0", "a-b", "legal.search", longest} {
		for _, id := range append(manyIDs(200), typical, strings.ToLower(typical), "job_"+strings.Repeat("x", 508)) {
			name := discoveredName(discovery, id)
			if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 || len(name) > 80 || !strings.HasPrefix(name, discovery+"-") {
				t.Errorf("%q is no good name for %s: %v", name, id, problems)
			}
			if name != discoveredName(discovery, id) {
				t.Errorf("%s has another name each time", id)
			}
			if other, ok := names[name]; ok {
				t.Errorf("%s is the name for %s and for %s", name, id, other)
			}
			names[name] = id
		}
	}
	// What has been created must not be created again by another version of the operator.
	if got, want := discoveredName("legal", testJobID), "legal-1a3hkmgpsbdqde5g"; got != want {
		t.Errorf("The name is %q, want %q as ever", got, want)
	}
}

func TestAVectaraJobIsWhatTheTemplateSays(t *testing.T) {
	plain := func(change func(*v1alpha1.VectaraJob)) *v1alpha1.VectaraJob {
		object := &v1alpha1.VectaraJob{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: testNamespace, Name: discoveredName(testDiscovery, testJobID),
				Labels: map[string]string{"jobs.vectara.io/discovery": testDiscovery},
				OwnerReferences: []metav1.OwnerReference{{
					APIVersion: "jobs.vectara.io/v1alpha1", Kind: "VectaraJobDiscovery", Name: testDiscovery,
					UID: discovery().UID, Controller: ptr.To(true),
				}},
			},
			Spec: v1alpha1.VectaraJobSpec{JobID: testJobID, SecretRef: v1alpha1.SecretReference{Name: testSecret}},
		}
		change(object)
		return object
	}
	for _, test := range []struct {
		name      string
		discovery *v1alpha1.VectaraJobDiscovery
		want      *v1alpha1.VectaraJob
	}{
		{"without a template", discovery(), plain(func(*v1alpha1.VectaraJob) {})},
		{
			"the Secret is the discovery's",
			discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Spec.SecretRef.Name = "other" }),
			plain(func(o *v1alpha1.VectaraJob) { o.Spec.SecretRef.Name = "other" }),
		},
		{
			"labels come besides the operator's",
			discovery(func(d *v1alpha1.VectaraJobDiscovery) {
				d.Spec.Template.Metadata.Labels = map[string]v1alpha1.LabelValue{"team": "search"}
			}),
			plain(func(o *v1alpha1.VectaraJob) { o.Labels["team"] = "search" }),
		},
		{
			"the operator's label is its own, whatever a template that slipped through says",
			discovery(func(d *v1alpha1.VectaraJobDiscovery) {
				d.Spec.Template.Metadata.Labels = map[string]v1alpha1.LabelValue{"jobs.vectara.io/discovery": "stolen"}
			}),
			plain(func(*v1alpha1.VectaraJob) {}),
		},
		{
			"annotations",
			discovery(func(d *v1alpha1.VectaraJobDiscovery) {
				d.Spec.Template.Metadata.Annotations = map[string]v1alpha1.AnnotationValue{"example.com/runbook": "https://example.com/"}
			}),
			plain(func(o *v1alpha1.VectaraJob) {
				o.Annotations = map[string]string{"example.com/runbook": "https://example.com/"}
			}),
		},
		{
			"how the job is observed",
			discovery(func(d *v1alpha1.VectaraJobDiscovery) {
				d.Spec.Template.Spec = v1alpha1.VectaraJobTemplateSpec{
					PollInterval:            &metav1.Duration{Duration: time.Minute},
					RequestTimeout:          &metav1.Duration{Duration: time.Second},
					TTLSecondsAfterFinished: ptr.To[int32](0),
				}
			}),
			plain(func(o *v1alpha1.VectaraJob) {
				o.Spec.PollInterval = &metav1.Duration{Duration: time.Minute}
				o.Spec.RequestTimeout = &metav1.Duration{Duration: time.Second}
				o.Spec.TTLSecondsAfterFinished = ptr.To[int32](0)
			}),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := discovered(test.discovery, testJobID); !equality.Semantic.DeepEqual(got, test.want) {
				t.Errorf("It is\n%+v\nwant\n%+v", got, test.want)
			}
		})
	}
}

func TestTheTemplateIsNotShared(t *testing.T) {
	d := discovery(func(d *v1alpha1.VectaraJobDiscovery) {
		d.Spec.Template.Metadata.Labels = map[string]v1alpha1.LabelValue{"team": "search"}
	})
	first := discovered(d, "job_a")
	first.Labels["team"] = "changed"
	if got := discovered(d, "job_b").Labels; !maps.Equal(got, map[string]string{"team": "search", "jobs.vectara.io/discovery": testDiscovery}) {
		t.Errorf("A change of one VectaraJob shows in another: %v", got)
	}
}
