// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

const realisticID = "job_3Kx9QpVn2mZr8YbLc5TdWeA7uHs1RfGjB4oXy6EiMkPz0NvCwDqFhJtUlSaOgI=="

func TestPluginMirrorsAndFollowsAJob(t *testing.T) {
	s := newScene(t)
	s.job(realisticID, "queued")
	life := s.intoPipe("mirror", realisticID, "--wait")
	life.await(" created\n")
	life.await(": queued\n")
	s.vectara.SetState(realisticID, "started", "")
	life.await(": started\n")
	s.vectara.SetState(realisticID, "completed", "")
	if code := life.end(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if lines := strings.Split(life.text(), "\n"); len(lines) != 5 || !strings.HasPrefix(lines[0], "vectarajob.jobs.vectara.io/job-") ||
		!strings.Contains(lines[3], ": completed") {
		t.Errorf("want a line for each change, got %q", lines)
	}
}

func TestPluginSaysHowAJobEnded(t *testing.T) {
	s := newScene(t)
	s.job("job_fails", "started")
	s.vectara.SetState("job_fails", "failed", "the corpus is gone")
	s.job("job_aborted", "aborted")
	s.job("job_slow", "started")
	s.plugin("", "mirror", "job_fails", "--name", "fails", "--wait").expect(t, 2, "fails: failed", "the corpus is gone")
	s.plugin("", "mirror", "job_aborted", "--wait").expect(t, 3, ": aborted")
	s.plugin("", "mirror", "job_slow", "--wait", "--timeout=1s").expect(t, 6, ": timed out after 1s, last known: ")
	s.plugin("", "mirror", "job_slow", "--secret=absent", "--wait").expect(t, 5, "blocked: CredentialsNotFound",
		"kubectl vectara login -n "+s.namespace+" --name absent")

	// The same again finds the VectaraJob that is there; another job under its name is refused.
	s.plugin("", "mirror", "job_fails", "--name", "fails", "--wait").expect(t, 2, "vectarajob.jobs.vectara.io/fails unchanged")
	s.plugin("", "mirror", "job_slow", "--name", "fails").expect(t, 1, "error: --name:", "mirrors another job, job_fails")

	var printed v1alpha1.VectaraJob
	asJSON := s.plugin("", "mirror", "job_fails", "--name", "fails", "--wait", "-o", "json")
	asJSON.expect(t, 2)
	s.must(json.Unmarshal([]byte(asJSON.out), &printed))
	if printed.Kind != "VectaraJob" || printed.Status.Comment != "the corpus is gone" {
		t.Errorf("-o json gave %s", asJSON.out)
	}
}

func TestPluginMakesNothingInADryRun(t *testing.T) {
	s := newScene(t)
	for _, kind := range []string{"client", "server"} {
		s.plugin("", "mirror", "job_a", "--name=dry", "--dry-run="+kind, "-o", "yaml").expect(t, 0, "jobID: job_a")
	}
	if err := admin.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "dry"}, &v1alpha1.VectaraJob{}); !apierrors.IsNotFound(err) {
		t.Errorf("the dry run made a VectaraJob: %v", err)
	}
}

func TestPluginWaitsForSeveral(t *testing.T) {
	s := newScene(t)
	s.job("job_good", "started")
	s.job("job_bad", "queued")
	s.create("good", "job_good")
	s.create("bad", "job_bad")
	s.create("gone-at-once", "job_good", func(object *v1alpha1.VectaraJob) { object.Spec.TTLSecondsAfterFinished = new(int32) })
	all := s.intoPipe("wait", "--all")
	for _, line := range []string{"good: started\n", "bad: queued\n", "gone-at-once: started\n"} {
		all.await(line)
	}
	s.vectara.SetState("job_good", "completed", "")
	s.vectara.SetState("job_bad", "failed", "no such attribute")
	for _, line := range []string{"good: completed", "bad: failed", "no such attribute\n", "gone-at-once: completed", "3 in all: 1 failed, 2 completed\n"} {
		all.await(line)
	}
	if code := all.end(); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	s.plugin("", "wait", "good").expect(t, 0, "good: completed")
	s.plugin("", "wait", "vj/bad", "vectarajob.jobs.vectara.io/good", "-o", "jsonpath={.items[*].status.state}").expect(t, 2, "failed completed")
	s.plugin("", "wait", "good", "nobody").expect(t, 1, `"nobody" not found`)
}

func TestPluginTellsOfAVectaraJobThatIsDeletedMeanwhile(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	s.create("a", "job_a")
	wait := s.intoPipe("wait", "a")
	wait.await("a: started\n")
	s.must(admin.Delete(s.ctx, s.get("a")))
	wait.await("a: deleted before its job ended, last known state: started\n")
	if code := wait.end(); code != 4 {
		t.Errorf("exit code %d, want 4", code)
	}
}

func TestPluginShowsStatus(t *testing.T) {
	s := newScene(t)
	s.job("job_good", "started")
	s.job("job_slow", "started")
	s.create("good", "job_good")
	s.create("slow", "job_slow")
	s.create("unknown", "job_slow", func(object *v1alpha1.VectaraJob) { object.Spec.SecretRef.Name = "absent" })
	s.awaitReason("slow", v1alpha1.ConditionReady, "JobStarted")
	s.awaitReason("good", v1alpha1.ConditionReady, "JobStarted")
	s.vectara.SetState("job_good", "completed", "")
	s.awaitReason("unknown", v1alpha1.ConditionStalled, "CredentialsNotFound")
	s.awaitEvent("good", "JobCompleted")
	s.awaitEvent("unknown", "CredentialsNotFound")

	table := s.plugin("", "status")
	table.expect(t, 0, "NAME ")
	var order []string
	for line := range strings.Lines(table.out) {
		order = append(order, strings.Fields(line)[0])
	}
	if got := strings.Join(order, " "); got != "NAME unknown slow good" {
		t.Errorf("the order is %s", got)
	}
	s.plugin("", "status", "good").expect(t, 0, s.namespace+"/good: completed", "Timeline", "completed in Vectara", "JobCompleted: The job completed.")
	s.plugin("", "status", "unknown").expect(t, 0, "What to do:", "kubectl vectara login", "CredentialsNotFound: ")
	s.plugin("", "status", "good", "-o", "jsonpath={.spec.jobID}").expect(t, 0, "job_good")
	s.plugin("", "status", "-o", "name").expect(t, 0, "vectarajob.jobs.vectara.io/good\n")
	s.plugin("", "status", "nobody").expect(t, 1, `"nobody" not found`)
}

func TestPluginStoresCredentials(t *testing.T) {
	s := newScene(t)
	check := []string{"--check", "--endpoint=" + s.vectara.URL(), "--token-url=" + s.vectara.TokenURL(), "--allow-insecure-endpoints"}
	login := func(input string, arguments ...string) pluginRun {
		run := s.plugin(input, append([]string{"login", "--name=mine"}, arguments...)...)
		if secret := strings.TrimSpace(input); strings.Contains(run.out+run.complaint, secret) {
			t.Errorf("the output has the secret in it:\n%s%s", run.out, run.complaint)
		}
		return run
	}
	stored := func() map[string][]byte {
		var secret corev1.Secret
		err := admin.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "mine"}, &secret)
		s.must(client.IgnoreNotFound(err))
		return secret.Data
	}

	login("not-a-key-that-is-known\n", append(check, "--api-key-stdin")...).expect(t, 1, "Vectara refused the credentials", "nothing was stored")
	if got := stored(); got != nil {
		t.Fatalf("a key that was refused is stored: %v", got)
	}
	login(apiKey+"\n", append(check, "--api-key-stdin")...).expect(t, 0, "secret/mine created\n")
	if got := stored(); len(got) != 1 || string(got["api-key"]) != apiKey {
		t.Errorf("stored: %v", got)
	}
	s.job("job_a", "completed")
	s.plugin("", "mirror", "job_a", "--secret=mine", "--wait").expect(t, 0)

	const secret = "not-a-real-client-secret"
	s.vectara.AddClient("client", secret, time.Hour, simulator.Access{})
	login(secret, append(check, "--client-id=client", "--client-secret-stdin", "-o", "yaml")...).expect(t, 0, "type: jobs.vectara.io/credentials")
	if got := stored(); len(got) != 2 || string(got["client-id"]) != "client" || string(got["client-secret"]) != secret {
		t.Errorf("stored: %v", got)
	}

	s.must(admin.Create(s.ctx, &corev1.Secret{ObjectMeta: s.object("other", "").ObjectMeta, Type: corev1.SecretTypeOpaque}))
	s.plugin(apiKey, "login", "--name=other", "--api-key-stdin").expect(t, 1, "is of type Opaque, which cannot be changed")
	s.plugin(apiKey, "login").expect(t, 1, "expected --api-key-stdin")
}

func TestPluginCompletes(t *testing.T) {
	s := emptyScene(t, simulator.Options{})
	s.create("reindex-legal", "job_a")
	s.create("reindex-hr", "job_b")
	s.discover("nightly")
	s.secret("mine", map[string]string{"api-key": apiKey})
	s.must(admin.Create(s.ctx, &corev1.Secret{ObjectMeta: s.object("unrelated", "").ObjectMeta}))

	for what, want := range map[string]string{
		"wait re":               "reindex-hr\nreindex-legal\n",
		"wait reindex-hr re":    "reindex-legal\n",
		"status re":             "nightly\nreindex-hr\nreindex-legal\n",
		"mirror job_ --secret ": "mine\n",
		"mirror --dry-run ":     "none\nclient\nserver\n",
		"status -o ":            "json\nname\nyaml\n",
		"sta":                   "status\n",
		"discover a --types a,": "a,rebuild_vector_index\na,replace_filter_attributes\na,bulk_delete_documents\na,bulk_update_document_metadata\na,unknown\n",
	} {
		t.Run(what, func(t *testing.T) {
			// What the shell runs, and what kubectl runs the script for.
			words := append([]string{"__completeNoDesc", "vectara", "-n", s.namespace}, strings.Split(what, " ")...)
			out, err := s.kubectlCommand(words...).Output()
			if err != nil {
				t.Fatal(err)
			}
			got, _, _ := strings.Cut(string(out), ":")
			var names strings.Builder
			for line := range strings.Lines(got) {
				name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
				names.WriteString(name + "\n")
			}
			if names.String() != want {
				t.Errorf("completed %q to\n%swant\n%s", what, names.String(), want)
			}
		})
	}
}
