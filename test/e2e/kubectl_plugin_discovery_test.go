// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

func TestPluginDiscoversJobs(t *testing.T) {
	s := newScene(t)
	s.startedAgo("job_new", time.Minute)
	s.startedAgo("job_old", 3*time.Hour)
	arguments := []string{
		"discover", "legal", "--corpus-keys=legal,hr", "--types=replace_filter_attributes", "--states=started,queued",
		"--look-back=2h", "--interval=10s", "--max-jobs=5", "--ttl=1h", "--poll-interval=2s",
	}
	for _, kind := range []string{"client", "server"} {
		run := s.plugin("", append(arguments, "--dry-run="+kind, "-o", "yaml")...)
		run.expect(t, 0)
		var printed v1alpha1.VectaraJobDiscovery
		s.must(yaml.Unmarshal([]byte(run.out), &printed))
		if printed.Kind != "VectaraJobDiscovery" || printed.Spec.MaxJobs != 5 || printed.Spec.LookBack.Duration != 2*time.Hour {
			t.Errorf("-o yaml gave\n%s", run.out)
		}
	}
	s.plugin("", "status").expect(t, 0, "No VectaraJobs or VectaraJobDiscoveries found")

	s.plugin("", arguments...).expect(t, 0, "vectarajobdiscovery.jobs.vectara.io/legal created\n")
	s.awaitDiscoveryReason("legal", v1alpha1.ConditionReady, v1alpha1.ReasonJobsDiscovered)
	made := s.discovered("legal")
	if job, ok := made["job_new"]; len(made) != 1 || !ok || *job.Spec.TTLSecondsAfterFinished != 3600 || job.Spec.PollInterval.Duration != 2*time.Second {
		t.Errorf("the VectaraJobs are %+v", made)
	}
	s.plugin("", "discover", "legal", "--max-jobs=6").expect(t, 0, "vectarajobdiscovery.jobs.vectara.io/legal unchanged\n", "instead of --max-jobs")

	s.vectara.SetState("job_new", "completed", "")
	s.plugin("", "wait", "-l", v1alpha1.DiscoveryLabel+"=legal").expect(t, 0, ": completed")
}

func TestPluginShowsDiscoveries(t *testing.T) {
	s := newScene(t)
	for _, id := range []string{"job_a", "job_b", "job_c"} {
		s.startedAgo(id, time.Minute)
	}
	s.plugin("", "discover", "full", "--max-jobs=1").expect(t, 0, "created")
	s.plugin("", "discover", "blind", "--secret=absent").expect(t, 0, "created")
	s.plugin("", "discover", "idle", "--suspend").expect(t, 0, "created")
	s.awaitDiscoveryReason("full", v1alpha1.ConditionStalled, v1alpha1.ReasonMaxJobsReached)
	s.awaitDiscoveryReason("blind", v1alpha1.ConditionStalled, v1alpha1.ReasonCredentialsNotFound)

	s.plugin("", "status").expect(t, 0, "NAME ", "DISCOVERY ", "CredentialsNotFound: ", "MaxJobsReached: ", "idle        suspended")
	s.plugin("", "status", "full").expect(t, 0, s.namespace+"/full: blocked for ", "Matching:   3\n",
		"Mirrored:   1 of at most 1 at the same time\n", "Waiting:    2\n", "Listed:     ", "What to do:")
	s.plugin("", "status", "vjd/blind").expect(t, 0, "/blind: blocked for ", "never completely",
		"kubectl vectara login -n "+s.namespace+" --name absent")
	s.plugin("", "status", "idle").expect(t, 0, "/idle: suspended\n", `kubectl patch -n `+s.namespace+` vjd/idle`)
	s.plugin("", "status", "full", "-o", "jsonpath={.status.waitingJobs}").expect(t, 0, "2")
	s.plugin("", "status", "-o", "name").expect(t, 0, "vectarajob.jobs.vectara.io/full-", "vectarajobdiscovery.jobs.vectara.io/blind\n")

	s.create("idle", "job_a")
	s.plugin("", "status", "idle").expect(t, 1, "expected vj/idle or vjd/idle")
	s.plugin("", "status", "vj/idle").expect(t, 0, "Job:        job_a\n")
	s.plugin("", "wait", "vjd/full").expect(t, 1, "is a VectaraJobDiscovery, which does not end")
}

// TestPluginNamesTheFlag gives flags what the schema refuses: the error comes from the plugin, before anything is sent.
func TestPluginNamesTheFlag(t *testing.T) {
	s := newScene(t)
	for flag, value := range map[string]string{
		"corpus-keys": "no spaces", "states": "Failed", "look-back": "1s", "created-after": "today", "interval": "1s", "max-jobs": "0", "ttl": "-1s",
	} {
		s.plugin("", "discover", "a", "--"+flag+"="+value).expect(t, 1, "error: --"+flag+": expected")
	}
}
