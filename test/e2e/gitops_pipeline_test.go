// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// pipelineScript is the example that docs/pipelines.md explains.
const pipelineScript = "docs/examples/replace-filter-attributes.sh"

// curlSpy writes down how it was called, and is curl besides.
const curlSpy = `#!/usr/bin/env bash
printf '%s\n' "$@" >>"$CURL_ARGUMENTS"
PATH=${PATH#*:} exec curl "$@"
`

// pipeline is a scene in which the script can be run as it is.
type pipeline struct {
	*scene

	folder      string // of the script's files
	environment []string
}

func newPipeline(t *testing.T, steps ...simulator.Step) *pipeline {
	t.Helper()
	s := emptyScene(t, simulator.Options{StartedSteps: steps})
	s.vectara.AddAPIKey(apiKey, simulator.Access{Username: "pipeline"})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.startManager()
	p := &pipeline{scene: s, folder: t.TempDir()}
	p.write("key", apiKey+"\n", 0o600)
	p.write("body.json", `{"filter_attributes": []}`, 0o600)
	p.write("curl", curlSpy, 0o700)
	kubectl := cluster.KubectlCommand(s.ctx)
	p.environment = append(kubectl.Env,
		"PATH="+p.folder+":"+filepath.Dir(kubectl.Path)+":"+os.Getenv("PATH"),
		"CURL_ARGUMENTS="+p.file("curl-arguments"),
		"VECTARA_ENDPOINT="+s.vectara.URL(), "VECTARA_API_KEY_FILE="+p.file("key"), "NAMESPACE="+s.namespace, "TIMEOUT=60",
	)
	return p
}

func (p *pipeline) file(name string) string { return filepath.Join(p.folder, name) }

func (p *pipeline) write(name, content string, mode os.FileMode) {
	p.t.Helper()
	p.must(os.WriteFile(p.file(name), []byte(content), mode))
}

// scriptRun is a run of the script for the corpus "legal".
type scriptRun struct {
	command *exec.Cmd
	output  transcript
	// inherited is a pipe whose other end every process of the run has: it ends when the last of them has.
	inherited *os.File
}

// transcript is what a run writes.
type transcript struct {
	mu      sync.Mutex
	text    strings.Builder
	waiting chan struct{} // closed once the script says that it waits
}

func (t *transcript) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	waited := strings.Contains(t.text.String(), "waiting for")
	t.text.Write(data)
	if !waited && strings.Contains(t.text.String(), "waiting for") {
		close(t.waiting)
	}
	return len(data), nil
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// awaitWaiting waits until the script waits for the end of the job.
func (p *pipeline) awaitWaiting(run *scriptRun) {
	p.t.Helper()
	p.within(func(ctx context.Context) error {
		select {
		case <-run.output.waiting:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

func (p *pipeline) start(arguments ...string) *scriptRun {
	p.t.Helper()
	reader, writer, err := os.Pipe()
	p.must(err)
	like := cluster.KubectlCommand(p.ctx)
	run := &scriptRun{inherited: reader, output: transcript{waiting: make(chan struct{})}}
	run.command = exec.CommandContext(p.ctx, filepath.Join(like.Dir, pipelineScript), arguments...)
	run.command.Env, run.command.Stdout, run.command.Stderr = p.environment, &run.output, &run.output
	run.command.ExtraFiles = []*os.File{writer}
	p.must(run.command.Start())
	p.must(writer.Close())
	return run
}

// end waits for the end, and returns what the script wrote. It checks the exit code, that the script said something, that
// it did not give away the key, and that it left no process behind.
func (p *pipeline) end(run *scriptRun, code int, words string) string {
	p.t.Helper()
	err := run.command.Wait()
	if exit := (&exec.ExitError{}); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	output := run.output.String()
	if got := run.command.ProcessState.ExitCode(); got != code || !strings.Contains(output, words) {
		p.t.Errorf("exit code %d, want %d; want %q in what it wrote:\n%s", got, code, words, output)
	}
	if strings.Contains(output, apiKey) {
		p.t.Errorf("the key is in what the script wrote:\n%s", output)
	}
	p.must(run.inherited.SetReadDeadline(time.Now().Add(patience / 2)))
	if _, err := run.inherited.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		p.t.Errorf("the script left a process behind: %v", err)
	}
	p.must(run.inherited.Close())
	return output
}

// run runs the script to its end.
func (p *pipeline) run(code int, words string, then ...string) string {
	p.t.Helper()
	return p.end(p.start(append([]string{"legal", p.file("body.json")}, then...)...), code, words)
}

// mirrors are the VectaraJobs in the namespace.
func (p *pipeline) mirrors(want int) []v1alpha1.VectaraJob {
	p.t.Helper()
	var list v1alpha1.VectaraJobList
	p.must(admin.List(p.ctx, &list, client.InNamespace(p.namespace)))
	if len(list.Items) != want {
		p.t.Fatalf("%d VectaraJobs, want %d", len(list.Items), want)
	}
	return list.Items
}

func TestPipelineActsOnTheOutcome(t *testing.T) {
	const second = time.Second
	life := func(end simulator.Step) []simulator.Step {
		return []simulator.Step{{State: "queued", For: second}, {State: "started", For: second}, end}
	}
	done := []string{"echo", "the corpus is ready"}
	t.Run("the job completes", func(t *testing.T) {
		p := newPipeline(t, life(simulator.Step{State: "completed"})...)
		if output := p.run(0, "The job completed.", done...); !strings.Contains(output, "the corpus is ready") {
			t.Errorf("the command was not run:\n%s", output)
		}
	})
	t.Run("the job completes and the command fails", func(t *testing.T) {
		p := newPipeline(t, life(simulator.Step{State: "completed"})...)
		p.run(3, "The job completed.", "bash", "-c", "exit 3")
	})
	t.Run("the job fails", func(t *testing.T) {
		p := newPipeline(t, life(simulator.Step{State: "failed", Comment: "Corpus legal is over its quota."})...)
		if output := p.run(66, "Corpus legal is over its quota.", done...); strings.Contains(output, "the corpus is ready") {
			t.Errorf("the command was run:\n%s", output)
		}
	})
	t.Run("the job is aborted", func(t *testing.T) {
		p := newPipeline(t, life(simulator.Step{State: "aborted"})...)
		p.run(66, "The job was aborted.", done...)
	})
	t.Run("the Secret has a wrong key", func(t *testing.T) {
		p := newPipeline(t, life(simulator.Step{State: "completed"})...)
		p.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: "zqt_another-key"})
		p.run(67, "Vectara refused the credentials", done...)
	})
	t.Run("the job takes too long", func(t *testing.T) {
		p := newPipeline(t, simulator.Step{State: "started"})
		p.environment = append(p.environment, "TIMEOUT=4")
		p.run(68, "the time is over", done...)
	})
	t.Run("the key may not start jobs", func(t *testing.T) {
		p := newPipeline(t)
		p.vectara.AddAPIKey("zqt_reader", simulator.Access{Denied: true})
		p.write("key", "zqt_reader", 0o600)
		p.run(65, "You do not have permission for this.", done...)
		p.mirrors(0)
	})
	t.Run("it has no corpus", func(t *testing.T) {
		p := newPipeline(t)
		p.end(p.start(), 64, "usage: ")
		if got := len(p.vectara.Requests(simulator.ForOperation(simulator.OpStartJob))); got != 0 {
			t.Errorf("%d jobs were started", got)
		}
	})
}

func TestPipelineMirrorsTheJobThatItStarted(t *testing.T) {
	p := newPipeline(t, simulator.Step{State: "completed"})
	owner := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, Name: "nightly"}}
	owner.Spec.Template.Spec = corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "main", Image: "example.com/tools"}},
	}
	p.must(admin.Create(p.ctx, owner))
	p.environment = append(p.environment, "RUN=1234", "OWNER_JOB_NAME=nightly", "OWNER_JOB_UID="+string(owner.UID))
	p.run(0, "The job completed.")

	mirror := p.mirrors(1)[0]
	if len(mirror.Spec.JobID) < 60 {
		t.Errorf("%q is not as long as a real job ID", mirror.Spec.JobID)
	}
	if mirror.Status.Type != "replace_filter_attributes" || mirror.Status.CreatedByUsername != "pipeline" {
		t.Errorf("another job was mirrored: %+v", mirror.Status)
	}
	if ttl := mirror.Spec.TTLSecondsAfterFinished; ttl == nil || *ttl != 86400 {
		t.Errorf("ttlSecondsAfterFinished is %v, want a day", ttl)
	}
	if mirror.Labels["example.com/run"] != "1234" || mirror.Annotations["example.com/corpus-key"] != "legal" {
		t.Errorf("labels %v, annotations %v", mirror.Labels, mirror.Annotations)
	}
	if len(mirror.OwnerReferences) != 1 || mirror.OwnerReferences[0].UID != owner.UID {
		t.Errorf("the owners are %+v", mirror.OwnerReferences)
	}
	arguments, err := os.ReadFile(p.file("curl-arguments"))
	p.must(err)
	if !strings.Contains(string(arguments), "replace_filter_attributes") || strings.Contains(string(arguments), apiKey) {
		t.Errorf("curl was called with\n%s", arguments)
	}
}

// TestPipelineThatIsRunAgain has a run end between starting the job and creating the VectaraJob, and later ones go on.
func TestPipelineThatIsRunAgain(t *testing.T) {
	p := newPipeline(t, simulator.Step{State: "completed"})
	p.environment = append(p.environment, "JOB_ID_FILE="+p.file("job-id"))
	whole := p.environment
	p.environment = append(whole, "NAMESPACE=not-there")
	p.run(65, "runs in Vectara, but there is no VectaraJob for it")
	p.environment = whole
	for range 2 {
		p.run(0, "The job completed.")
	}
	p.mirrors(1)
	if got := len(p.vectara.Requests(simulator.ForOperation(simulator.OpStartJob))); got != 1 {
		t.Errorf("%d jobs were started, want 1", got)
	}
}

func TestPipelineNoticesThatTheVectaraJobIsGone(t *testing.T) {
	p := newPipeline(t, simulator.Step{State: "started"})
	run := p.start("legal", p.file("body.json"))
	p.awaitWaiting(run)
	p.must(admin.DeleteAllOf(p.ctx, &v1alpha1.VectaraJob{}, client.InNamespace(p.namespace)))
	p.end(run, 67, "is gone")
}

func TestPipelineThatIsCancelledLeavesNothingBehind(t *testing.T) {
	p := newPipeline(t, simulator.Step{State: "started"})
	run := p.start("legal", p.file("body.json"))
	p.awaitWaiting(run)
	p.must(run.command.Process.Signal(syscall.SIGTERM))
	p.end(run, 143, "waiting for")
	p.mirrors(1)
}
