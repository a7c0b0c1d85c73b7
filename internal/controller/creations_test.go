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
		happens func(*creations)
		want    []string
	}{
		{name: "the cache shows none", want: []string{"job_a", "job_b"}},
		{name: "the cache shows one", present: made(d, "job_a"), want: []string{"job_b"}},
		{name: "the cache shows both", present: made(d, "job_b", "job_a")},
		{name: "the cache shows those of another discovery", present: made(another, "job_a", "job_b"), want: []string{"job_a", "job_b"}},
		{name: "the cache shows those that somebody wrote", present: byHand("job_a", "job_b"), want: []string{"job_a", "job_b"}},
		{name: "one is deleted", happens: func(c *creations) { c.deleted(name, "job_a") }, want: []string{"job_b"}},
		{name: "one of another discovery is deleted", happens: func(c *creations) { c.deleted(client.ObjectKeyFromObject(another), "job_a") }, want: []string{"job_a", "job_b"}},
		{name: "the discovery is gone", happens: func(c *creations) { c.forget(name) }},
		{name: "the cache shows none for a minute", after: time.Minute, want: []string{"job_a", "job_b"}},
		{name: "the cache shows none for more than a minute", after: time.Minute + 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c creations
			c.add(d, nil, noon)
			c.add(d, []jobs.Found{{ID: "job_a"}, {ID: "job_b"}}, noon)
			if test.happens != nil {
				test.happens(&c)
			}
			for range 2 {
				got := c.unseen(d, test.present, noon.Add(test.after))
				slices.Sort(got)
				if !slices.Equal(got, test.want) {
					t.Errorf("Unseen are %q, want %q", got, test.want)
				}
			}
		})
	}
}

func TestWhatWasCreatedIsOwedToStatusUntilItIsWritten(t *testing.T) {
	var c creations
	d, made := discovery(), []jobs.Found{{ID: "job_a", CreatedAt: noon}}
	c.add(d, made, noon)
	c.deleted(client.ObjectKeyFromObject(d), "job_a")
	if got := c.unwritten(d); !slices.Equal(got, made) {
		t.Errorf("Owed are %v, want %v, although the VectaraJob is gone", got, made)
	}
	if got := c.unwritten(discovery(func(d *v1alpha1.VectaraJobDiscovery) { d.UID = "a later one" })); len(got) > 0 {
		t.Errorf("Owed to another discovery of the same name are %v", got)
	}
	c.add(d, made, noon)
	c.wrote(d)
	if got := c.unwritten(d); len(got) > 0 {
		t.Errorf("Owed after a write are %v", got)
	}
}
