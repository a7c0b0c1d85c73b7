// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

const someJob = "job_3Kx9QpVn2mZr8YbLc5TdWeA7uHs1RfGjB4oXy6EiMkPz0NvCwDqFhJtUlSaOgI=="

// made is the one VectaraJob that there is.
func (w *world) made() v1alpha1.VectaraJob {
	w.t.Helper()
	made := w.vectaraJobs()
	if len(made) != 1 {
		w.t.Fatalf("there are %d VectaraJobs, want 1", len(made))
	}
	return made[0]
}

func TestMirrorMakesAVectaraJob(t *testing.T) {
	w := newWorld(t)
	w.expect("", []string{"mirror", someJob}, 0, "vectarajob.jobs.vectara.io/job-", " created\n")
	if job := w.made(); job.Spec.JobID != someJob || !strings.HasPrefix(job.Name, "job-") || job.Spec.PollInterval != nil ||
		job.Spec.TTLSecondsAfterFinished != nil {
		t.Errorf("made %+v", job)
	}
}

func TestMirrorAppliesItsFlags(t *testing.T) {
	w := newWorld(t)
	w.expect("", []string{"mirror", someJob, "--name=a", "--secret=mine", "--poll-interval=90s", "--ttl=0s"}, 0, "vectarajob.jobs.vectara.io/a created\n")
	job := w.made()
	if job.Name != "a" || job.Spec.SecretRef.Name != "mine" || job.Spec.PollInterval.Duration != 90*time.Second ||
		*job.Spec.TTLSecondsAfterFinished != 0 {
		t.Errorf("made %+v", job)
	}
}

func TestMirrorRefuses(t *testing.T) {
	expectRefusals(t, "mirror", "job_a", map[string]refusal{
		"no job":                                  {nil, "expected the ID of one job, got 0 arguments"},
		"two jobs":                                {[]string{"job_a", "job_b"}, "expected the ID of one job, got 2 arguments"},
		"what is no job":                          {[]string{"reindex"}, `"reindex" is not the ID of a job: expected job_`},
		"an ID with a path in it":                 {[]string{"job_../../corpora"}, "is not the ID of a job"},
		"an ID that is too long":                  {[]string{"job_" + strings.Repeat("x", 509)}, "at most 512 characters"},
		"a name that is none":                     {[]string{"job_a", "--name=Job_A"}, "--name: expected the name of an object"},
		"an interval that is too long":            {[]string{"job_a", "--poll-interval=25h"}, "--poll-interval: expected a time from 1s to 24h"},
		"an interval that is none":                {[]string{"job_a", "--poll-interval=often"}, `invalid argument "often" for "--poll-interval"`},
		"a time to live of parts of seconds":      {[]string{"job_a", "--ttl=1500ms"}, "in whole seconds"},
		"a time to live beyond what there is":     {[]string{"job_a", "--ttl=1000000h"}, "--ttl: expected a time from 0s to 2147483647s"},
		"waiting for what is not made":            {[]string{"job_a", "--dry-run=client", "--wait"}, "--wait: there is nothing to wait for"},
		"a name under which there is another job": {[]string{"job_a", "--name=taken"}, `--name: the VectaraJob "taken" mirrors another job, job_of-taken`},
	}, vectaraJob("taken"))
}

func TestMirrorLeavesWhatIsThere(t *testing.T) {
	w := newWorld(t, vectaraJob("a"))
	w.expect("", []string{"mirror", "job_of-a", "--name=a"}, 0, "vectarajob.jobs.vectara.io/a unchanged\n")
	w.expect("", []string{"mirror", "job_of-a", "--name=a", "--ttl=1h", "--secret=mine", "--poll-interval=5s"}, 0,
		`warning: the VectaraJob "a" exists already, and keeps what it has instead of --ttl`, "of --secret\n", "of --poll-interval\n")
}

func TestMirrorWithoutMakingAnything(t *testing.T) {
	for _, arguments := range [][]string{
		{"--dry-run=client"}, {"--dry-run=server"}, {"--dry-run=client", "--name=b"}, {"--dry-run=server", "--name=b"},
	} {
		w := newWorld(t, vectaraJob("a"))
		w.expect("", append([]string{"mirror", "job_b"}, arguments...), 0, "dry run)\n")
		w.made()
	}
}

func TestMirrorFollowsTheJob(t *testing.T) {
	inBubble(t, "that it made", func(t *testing.T) {
		w := newWorld(t)
		b := w.start("mirror", "job_a", "--name=a", "--wait")
		b.pass(10 * time.Second)
		w.update("a", inState("started", ""))
		b.pass(10 * time.Minute)
		b.goesOn()
		w.update("a", inState("failed", "the corpus is gone"))
		b.ends(2)
		if got, want := w.out.String(), "vectarajob.jobs.vectara.io/a created\na: started\na: failed: the corpus is gone\n"; got != want {
			t.Errorf("it wrote\n%swant\n%s", got, want)
		}
	})
	inBubble(t, "that is there already", func(t *testing.T) {
		w := newWorld(t, vectaraJob("a", inState("started", "")))
		b := w.start("mirror", "job_of-a", "--name=a", "--wait")
		w.update("a", inState("completed", ""))
		b.ends(0, "vectarajob.jobs.vectara.io/a unchanged\na: started\na: completed\n")
	})
	inBubble(t, "and prints it as it is in the end, and nothing else", func(t *testing.T) {
		w := newWorld(t)
		b := w.start("mirror", "job_a", "--name=a", "--wait", "-o", "jsonpath={.kind} {.status.state}")
		w.update("a", inState("completed", ""))
		b.ends(0)
		if got := w.out.String(); got != "VectaraJob completed" {
			t.Errorf("standard output is %q", got)
		}
	})
}

// TestTheBoundsAreThoseOfTheCRD goes by the schema that the API server goes by.
func TestTheBoundsAreThoseOfTheCRD(t *testing.T) {
	spec := specSchema(t, "vectarajobs")
	if id := spec["jobID"]; id.Pattern != jobIDPattern || *id.MaxLength != maxJobID {
		t.Errorf("the CRD has the pattern %s and the length %d", id.Pattern, *id.MaxLength)
	}
	if most := *spec["ttlSecondsAfterFinished"].Maximum; most != maxTTL.Seconds() {
		t.Errorf("the CRD has the longest time to live %v", most)
	}
	if rule := spec["pollInterval"].XValidations[1].Rule; !strings.HasSuffix(rule, "duration(self) >= duration('1s') && duration(self) <= duration('24h')") {
		t.Errorf("the CRD has the rule %s for intervals", rule)
	}
}
