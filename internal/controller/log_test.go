// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/go-logr/logr/funcr"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// ranFor has the job have run for a time, up to ten seconds before noon.
func ranFor(d time.Duration) func(*vectara.Job) {
	return func(j *vectara.Job) {
		j.CompletedAt = noon.Add(-10 * time.Second)
		j.StartedAt = j.CompletedAt.Add(-d)
	}
}

// TestLogTellsTheStory compares whole lines but for the job's ID, with which every line begins.
func TestLogTellsTheStory(t *testing.T) {
	paused := apiFault(jobs.RateLimited, func(f *jobs.Fault) { f.RetryAfter = 7 * time.Minute })
	for _, test := range []struct {
		name   string
		before *v1alpha1.VectaraJob
		found  gathered
		want   []string
	}{
		{
			"a job that is first seen", job(), answer("queued"),
			[]string{`"msg"="Found the job" "state"="queued" "type"="replace_filter_attributes" "createdAt"="2026-03-01T10:00:00Z"`},
		},
		{
			"a job that is first seen when it has ended", job(), answer("completed", ranFor(time.Hour)),
			[]string{`"msg"="The job ended" "state"="completed" "type"="replace_filter_attributes" "createdAt"="2026-03-01T10:00:00Z" "runTime"="1h0m0s"`},
		},
		{
			"another state", job(withState("started")), answer("queued"),
			[]string{`"msg"="The job changed its state" "state"="queued" "stateBefore"="started" "timeInStateBefore"="9m59s" "type"="replace_filter_attributes"`},
		},
		{
			"an attempt that failed", job(withState("started")), answer("failed_will_retry", func(j *vectara.Job) { j.Comment = "Out of\nmemory." }),
			[]string{`"msg"="The job changed its state" "state"="failed_will_retry" "stateBefore"="started" "timeInStateBefore"="9m59s" "type"="replace_filter_attributes" "comment"="Out of memory."`},
		},
		{
			"a comment on a job that is well", job(withState("queued")), answer("started", func(j *vectara.Job) { j.Comment = "Half." }),
			[]string{`"msg"="The job changed its state" "state"="started" "stateBefore"="queued" "timeInStateBefore"="1h59m59s" "type"="replace_filter_attributes"`},
		},
		{
			"the end of a job", job(withState("started")), answer("failed", ranFor(time.Minute), func(j *vectara.Job) { j.Comment = "No." }),
			[]string{`"msg"="The job ended" "state"="failed" "stateBefore"="started" "timeInStateBefore"="9m59s" "type"="replace_filter_attributes" "comment"="No." "runTime"="1m0s"`},
		},
		{
			"a refusal", job(withState("started")), failure(apiFault(jobs.PermissionDenied)),
			[]string{`"msg"="Cannot poll the job" "reason"="PermissionDenied" "requestID"="req-1" "lastKnownState"="started" "nextPoll"="4m55s" "message"="Vectara does not let the credentials in Secret \"vectara-credentials\" see this job (HTTP 403): Something is wrong. (request ID req-1)"`},
		},
		{
			"a pause that Vectara requests", job(), failure(paused),
			[]string{`"msg"="Cannot poll the job" "reason"="RateLimited" "requestID"="req-1" "nextPoll"="7m0s" "message"="Vectara limits the rate of requests with the credentials in Secret \"vectara-credentials\" (HTTP 429): Something is wrong. (request ID req-1)"`},
		},
		{
			"one fault after another", job(withFault(apiFault(jobs.Unavailable))), failure(apiFault(jobs.InvalidResponse)),
			[]string{`"msg"="Cannot poll the job" "reason"="InvalidResponse" "reasonBefore"="APIUnavailable" "requestID"="req-1" "nextPoll"="2s" "message"="Vectara's response is invalid (HTTP 200): the body is not a JSON object (request ID req-1)"`},
		},
		{
			"credentials that are not there", job(), withoutPoll(credentialsNotFound(testNamespace, testSecret)),
			[]string{`"msg"="Cannot poll the job" "reason"="CredentialsNotFound" "nextPoll"="when the Secret changes" "message"="There is no Secret \"vectara-credentials\" of type jobs.vectara.io/credentials in namespace \"search\". A Secret of another type does not count."`},
		},
		{
			"a recheck that fails, after which nobody requests another", job(withState("completed"), withRequestedAt("again")), failure(apiFault(jobs.NotFound)),
			[]string{`"msg"="Cannot poll the job" "reason"="JobNotFound" "requestID"="req-1" "lastKnownState"="completed" "message"="Vectara knows no job of this ID for the credentials in Secret \"vectara-credentials\" (HTTP 404): Something is wrong. (request ID req-1)"`},
		},
		{
			"a job that is seen again", job(withState("started"), withFault(apiFault(jobs.Unavailable))), answer("started"),
			[]string{`"msg"="Can poll the job again" "reasonBefore"="APIUnavailable" "unconfirmedFor"="5m0s"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, lines := recordedFor(t, test.before, test.found)
			for i := range lines {
				message, rest, _ := strings.Cut(strings.TrimPrefix(lines[i], `"level"=0 `), ` "jobID"="`+testJobID+`"`)
				lines[i] = message + rest
			}
			if got, want := strings.Join(lines, "\n"), strings.Join(test.want, "\n"); got != want {
				t.Errorf("The log says\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestDeletionIsLoggedWithItsReason(t *testing.T) {
	w := newWorld(t)
	logDeletion(w.context(t), job(withState("failed"), withTTL(3600)))
	const want = `"level"=0 "msg"="Deleted the resource: its ttlSecondsAfterFinished is over" "jobID"="` + testJobID + `" "state"="failed" "ttl"="1h0m0s"`
	if len(w.lines) != 1 || w.lines[0] != want {
		t.Errorf("The log says %q, want %q", w.lines, want)
	}
}

func TestSuspensionIsLogged(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after *v1alpha1.VectaraJob
		want          string // how the line begins; empty for none
	}{
		{"suspended", job(), job(withSuspend(true)), "Suspended: "},
		{"resumed", job(withSuspend(true)), job(withSuspend(false)), "Resumed: "},
		{"suspended as before", job(withSuspend(true)), job(withSuspend(true), withPollInterval(time.Minute)), ""},
		{"not suspended, in other words", job(), job(withSuspend(false)), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			log := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
			if !logSuspension(log).Update(event.UpdateEvent{ObjectOld: test.before, ObjectNew: test.after}) {
				t.Error("The change does not pass")
			}
			expectLine(t, lines, test.want)
		})
	}
}

func TestCredentialsThatChangeAreLogged(t *testing.T) {
	for _, test := range []struct {
		name string
		call func(predicateOfSecrets) bool
		want string // how the line begins; empty for none
	}{
		{"there when the manager starts", func(p predicateOfSecrets) bool {
			return p.Create(event.CreateEvent{Object: secret(), IsInInitialList: true})
		}, ""},
		{"new", func(p predicateOfSecrets) bool { return p.Create(event.CreateEvent{Object: secret()}) }, "Credentials created: "},
		{"changed", func(p predicateOfSecrets) bool {
			return p.Update(event.UpdateEvent{ObjectOld: secret(), ObjectNew: secret(withData("api-key", "another"))})
		}, "Credentials changed: "},
		{"gone", func(p predicateOfSecrets) bool { return p.Delete(event.DeleteEvent{Object: secret()}) }, "Credentials deleted: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			log := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
			if !test.call(logCredentials(log)) {
				t.Error("The change does not pass")
			}
			expectLine(t, lines, test.want)
			for _, line := range lines {
				if strings.Contains(line, testAPIKey) || strings.Contains(line, "another") {
					t.Errorf("The log has the credentials in it: %q", line)
				}
			}
		})
	}
}

// predicateOfSecrets is what a watch of Secrets calls.
type predicateOfSecrets interface {
	Create(event.CreateEvent) bool
	Update(event.UpdateEvent) bool
	Delete(event.DeleteEvent) bool
}

// expectLine wants one line whose message begins with a text, or no line for an empty one.
func expectLine(t *testing.T, lines []string, want string) {
	t.Helper()
	switch {
	case want == "" && len(lines) > 0:
		t.Errorf("The log says %q, want nothing", lines)
	case want != "" && (len(lines) != 1 || !strings.HasPrefix(lines[0], `"level"=0 "msg"="`+want)):
		t.Errorf("The log says %q, want one line that begins with %q", lines, want)
	}
}

// TestTroubleshootingPageExplainsEveryMessage takes for a message what reads like one: it starts with a capital letter and
// has a space in it. What is filled in is a note of an event.
func TestTroubleshootingPageExplainsEveryMessage(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range []string{"events.go", "log_changes.go", "discovery_events.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			literal, ok := node.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			message, err := strconv.Unquote(literal.Value)
			if err != nil || message == "" || !unicode.IsUpper(rune(message[0])) || !strings.Contains(message, " ") || strings.Contains(message, "%") {
				return true
			}
			found++
			if !strings.Contains(string(page), "| `"+message+"` |") {
				t.Errorf("docs/troubleshooting.md has no row for %q", message)
			}
			return true
		})
	}
	if found == 0 {
		t.Error("There are no messages: the test reads the wrong place")
	}
}
