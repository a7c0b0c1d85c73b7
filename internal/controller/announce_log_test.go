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

// observed is a failure as a call brought it: the first in a row.
func observed(f jobs.Fault) finding {
	found := failure(f)
	found.observation = &jobs.Observation{Asked: found.answered, Answered: found.answered, Fault: &f, Failures: 1}
	return found
}

// TestLogTellsTheStory compares whole lines but for the job's ID, with which every line begins.
func TestLogTellsTheStory(t *testing.T) {
	paused := fault(jobs.RateLimited, func(f *jobs.Fault) { f.RetryAfter = 7 * time.Minute })
	for _, test := range []struct {
		name   string
		before *v1alpha1.VectaraJob
		found  finding
		want   []string
	}{
		{
			"a job that is come upon", job(), answer("queued"),
			[]string{`"msg"="Found the job" "state"="queued" "type"="replace_filter_attributes" "createdAt"="2026-03-01T10:00:00Z"`},
		},
		{
			"a job that is come upon when it has ended", job(), answer("completed", ranFor(time.Hour)),
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
			[]string{`"msg"="The job changed its state" "state"="started" "stateBefore"="queued" "timeInStateBefore"="9m59s" "type"="replace_filter_attributes"`},
		},
		{
			"the end of a job", job(withState("started")), answer("failed", ranFor(time.Minute), func(j *vectara.Job) { j.Comment = "No." }),
			[]string{`"msg"="The job ended" "state"="failed" "stateBefore"="started" "timeInStateBefore"="9m59s" "type"="replace_filter_attributes" "comment"="No." "runTime"="1m0s"`},
		},
		{
			"a refusal", job(withState("started")), observed(fault(jobs.PermissionDenied)),
			[]string{`"msg"="Cannot see the job" "reason"="PermissionDenied" "requestID"="req-1" "lastKnownState"="started" "nextLook"="4m55s" "message"="Vectara does not let the credentials in Secret \"vectara-credentials\" see this job (HTTP 403): Something is wrong. (request ID req-1)"`},
		},
		{
			"a pause that Vectara asks for", job(), observed(paused),
			[]string{`"msg"="Cannot see the job" "reason"="RateLimited" "requestID"="req-1" "nextLook"="7m0s" "message"="Vectara asks to wait before anything more is asked with the credentials in Secret \"vectara-credentials\" (HTTP 429): Something is wrong. (request ID req-1)"`},
		},
		{
			"one fault after another", job(withFault(fault(jobs.Unavailable))), observed(fault(jobs.InvalidResponse)),
			[]string{`"msg"="Cannot see the job" "reason"="InvalidResponse" "reasonBefore"="APIUnavailable" "requestID"="req-1" "nextLook"="2s" "message"="Vectara's answer cannot be believed (HTTP 200): the body is not a JSON object (request ID req-1)"`},
		},
		{
			"credentials that are not there", job(), withoutCall(credentialsNotFound(testNamespace, testSecret)),
			[]string{`"msg"="Cannot see the job" "reason"="CredentialsNotFound" "nextLook"="when the Secret changes" "message"="There is no Secret \"vectara-credentials\" of type jobs.vectara.io/credentials in namespace \"search\". A Secret of another type does not count."`},
		},
		{
			"a recheck that fails, after which nobody asks again", job(withState("completed"), withRequestedAt("again")), observed(fault(jobs.NotFound)),
			[]string{`"msg"="Cannot see the job" "reason"="JobNotFound" "requestID"="req-1" "lastKnownState"="completed" "message"="Vectara knows no job of this ID for the credentials in Secret \"vectara-credentials\" (HTTP 404): Something is wrong. (request ID req-1)"`},
		},
		{
			"a job that is seen again", job(withState("started"), withFault(fault(jobs.Unavailable))), answer("started"),
			[]string{`"msg"="Can see the job again" "reasonBefore"="APIUnavailable" "outOfSight"="4m59s"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, lines := announced(t, test.before, test.found)
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
	announceDeletion(w.context(t), job(withState("failed")), time.Hour)
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
			if !announceSuspension(log).Update(event.UpdateEvent{ObjectOld: test.before, ObjectNew: test.after}) {
				t.Error("The change does not pass")
			}
			expectLine(t, lines, test.want)
		})
	}
}

func TestCredentialsThatChangeAreLogged(t *testing.T) {
	for _, test := range []struct {
		name string
		tell func(predicateOfSecrets) bool
		want string // how the line begins; empty for none
	}{
		{"there when the manager starts", func(p predicateOfSecrets) bool {
			return p.Create(event.CreateEvent{Object: secret(), IsInInitialList: true})
		}, ""},
		{"new", func(p predicateOfSecrets) bool { return p.Create(event.CreateEvent{Object: secret()}) }, "Credentials are there: "},
		{"changed", func(p predicateOfSecrets) bool {
			return p.Update(event.UpdateEvent{ObjectOld: secret(), ObjectNew: secret(withData("api-key", "another"))})
		}, "Credentials changed: "},
		{"gone", func(p predicateOfSecrets) bool { return p.Delete(event.DeleteEvent{Object: secret()}) }, "Credentials are gone: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			log := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
			if !test.tell(announceCredentials(log)) {
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

// predicateOfSecrets is what a watch of Secrets asks.
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
	for _, name := range []string{"announce.go", "announce_changes.go", "discovery_announce.go"} {
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
		t.Error("There are no messages: the test looks in the wrong place")
	}
}
