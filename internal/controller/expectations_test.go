// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
)

func TestAVectaraJobCountsFromItsCreationUntilTheCacheShowsIt(t *testing.T) {
	d := discovery()
	name := client.ObjectKeyFromObject(d)
	another := discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.Name, d.UID = "another", "another" })
	for _, test := range []struct {
		name    string
		present []v1alpha1.VectaraJob
		after   time.Duration
		happens func(*expectations)
		want    []string
	}{
		{name: "the cache shows none", want: []string{"job_a", "job_b"}},
		{name: "the cache shows one", present: made(d, "job_a"), want: []string{"job_b"}},
		{name: "the cache shows both", present: made(d, "job_b", "job_a")},
		{name: "the cache shows those of another discovery", present: made(another, "job_a", "job_b"), want: []string{"job_a", "job_b"}},
		{name: "the cache shows those that somebody wrote", present: byHand("job_a", "job_b"), want: []string{"job_a", "job_b"}},
		{name: "one is deleted", happens: func(c *expectations) { c.deleted(name, "job_a") }, want: []string{"job_b"}},
		{name: "one of another discovery is deleted", happens: func(c *expectations) { c.deleted(client.ObjectKeyFromObject(another), "job_a") }, want: []string{"job_a", "job_b"}},
		{name: "the discovery is gone", happens: func(c *expectations) { c.forget(name) }},
		{name: "the cache shows none for a minute", after: time.Minute, want: []string{"job_a", "job_b"}},
		{name: "the cache shows none for more than a minute", after: time.Minute + 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c expectations
			c.created(d, nil, noon)
			c.created(d, []jobs.Found{{ID: "job_a"}, {ID: "job_b"}}, noon)
			if test.happens != nil {
				test.happens(&c)
			}
			for range 2 {
				got, _ := c.pending(d, test.present, noon.Add(test.after))
				slices.Sort(got)
				if !slices.Equal(got, test.want) {
					t.Errorf("Expected are %q, want %q", got, test.want)
				}
			}
		})
	}
}

func TestWhatWasCreatedIsOwedToStatusUntilItIsWritten(t *testing.T) {
	var c expectations
	d, made := discovery(), []jobs.Found{{ID: "job_a", CreatedAt: noon}}
	c.created(d, made, noon)
	c.deleted(client.ObjectKeyFromObject(d), "job_a")
	if _, got := c.pending(d, nil, noon); !slices.Equal(got, made) {
		t.Errorf("Owed are %v, want %v, although the VectaraJob is gone", got, made)
	}
	if _, got := c.pending(discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.UID = "a later one" }), nil, noon); len(got) > 0 {
		t.Errorf("Owed to another discovery of the same name are %v", got)
	}
	c.created(d, made, noon)
	c.written(d, false)
	if _, got := c.pending(d, nil, noon); len(got) == 0 {
		t.Error("Nothing is owed after a write without what was created")
	}
	c.written(d, true)
	if _, got := c.pending(d, nil, noon); len(got) > 0 {
		t.Errorf("Owed after a write are %v", got)
	}
}
