// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// script is what happens in a life.
type script struct {
	flags []string
	// prepare makes what is there before the manager starts, and says how the objects are to be in the end.
	prepare func(context.Context, *life) error
	// play makes the rest happen.
	play func(context.Context, *life) error
}

var scripts = map[string]script{
	"life":       {prepare: prepareLife, play: playLife},
	"lists":      {prepare: prepareLists, play: playLists},
	"neighbours": {prepare: prepareNeighbours, play: playNeighbours},
}

// SceneNames are the scripts there are.
func SceneNames() []string { return slices.Sorted(maps.Keys(scripts)) }

const (
	ownSecret   = v1alpha1.DefaultCredentialsSecretName // holds an API key, which is rotated
	otherSecret = "other"                               // holds an OAuth client
	stateLasts  = 1200 * time.Millisecond
)

// prepareLife makes one job that is polled all the time, one of other credentials, one that these may not see, and one
// that is discovered.
func prepareLife(ctx context.Context, l *life) error {
	first := l.canary("first key")
	client, secret := l.canary("client"), l.canary("client secret")
	l.vectara.AddAPIKey(first, simulator.Access{})
	l.vectara.AddClient(client, secret, time.Hour, simulator.Access{Corpora: []string{"open"}})
	l.name(client, "other")
	l.name(first, "first")
	l.addJob("running", "closed", "started")
	l.addJob("neighbour", "open", "started")
	l.addJob("found", "found", "started")
	l.record.Expected = []Expected{
		{Object: "main", State: "completed", Synced: v1alpha1.ReasonSynced},
		{Object: "running", State: "started", Synced: v1alpha1.ReasonSynced},
		{Object: "neighbour", State: "completed", Synced: v1alpha1.ReasonSynced},
		{Object: "outsider", Synced: v1alpha1.ReasonPermissionDenied},
		{Object: "deleted", Gone: true},
	}
	if err := l.putSecret(ctx, ownSecret, "first", map[string]string{v1alpha1.APIKeyKey: first}); err != nil {
		return err
	}
	if err := l.putSecret(ctx, otherSecret, "other", map[string]string{v1alpha1.ClientIDKey: client, v1alpha1.ClientSecretKey: secret}); err != nil {
		return err
	}
	for object, secret := range map[string]string{"running": ownSecret, "neighbour": otherSecret} {
		if err := l.createObject(ctx, object, "job_"+object, secret); err != nil {
			return err
		}
	}
	return l.createDiscovery(ctx)
}

// playLife takes one job through all its states, rotates the Secret, deletes an object while its job runs, and ends a job.
func playLife(ctx context.Context, l *life) error {
	l.vectara.AddJob(simulator.Job{
		ID: "job_main", Type: "replace_filter_attributes", CorpusKeys: []string{"closed"}, CreatedByUsername: "jdoe",
		Steps: []simulator.Step{
			{State: "queued", For: stateLasts},
			{State: "started", For: stateLasts},
			{State: "failed_will_retry", For: stateLasts, Comment: "An attempt failed."},
			{State: "completed"},
		},
	})
	l.addJob("deleted", "closed", "started")
	second := l.canary("second key")
	l.name(second, "second")
	at := func(d time.Duration, do func() error) error {
		if err := pass(ctx, d); err != nil {
			return err
		}
		return do()
	}
	for _, step := range []struct {
		after time.Duration
		do    func() error
	}{
		{0, func() error { return l.createObject(ctx, "main", "job_main", ownSecret) }},
		{0, func() error { return l.createObject(ctx, "outsider", "job_main", otherSecret) }},
		{0, func() error { return l.createObject(ctx, "deleted", "job_deleted", ownSecret) }},
		{1500 * time.Millisecond, func() error {
			l.vectara.AddAPIKey(second, simulator.Access{})
			return l.putSecret(ctx, ownSecret, "second", map[string]string{v1alpha1.APIKeyKey: second})
		}},
		{500 * time.Millisecond, func() error {
			for value, name := range l.keys() {
				if name == "first" {
					l.vectara.RemoveAPIKey(value)
				}
			}
			return nil
		}},
		{500 * time.Millisecond, func() error {
			object := &v1alpha1.VectaraJob{ObjectMeta: metav1.ObjectMeta{Namespace: l.namespace, Name: "deleted"}}
			return l.world.admin.Delete(ctx, object)
		}},
		{700 * time.Millisecond, func() error { l.vectara.SetState("job_neighbour", "completed", ""); return nil }},
		{800 * time.Millisecond, func() error { return nil }},
	} {
		if err := at(step.after, step.do); err != nil {
			return err
		}
	}
	return nil
}

// canaryPrefix begins every credential.
const canaryPrefix = "canary_"

// canary makes a credential that is found nowhere else.
func (l *life) canary(name string) string {
	value := canaryPrefix + rand.Text()
	l.record.Canaries = append(l.record.Canaries, Canary{name, value})
	return value
}

// name has requests with a key, client or token counted to a credential.
func (l *life) name(value, credential string) {
	l.record.add(func(time.Duration) { l.names[value] = credential })
}

func (l *life) keys() map[string]string {
	var keys map[string]string
	l.record.see(func() { keys = maps.Clone(l.names) })
	return keys
}

func (l *life) addJob(name, corpus, state string) {
	l.vectara.AddJob(simulator.Job{
		ID: "job_" + name, Type: "bulk_delete_documents", CorpusKeys: []string{corpus}, CreatedByUsername: "jdoe",
		Steps: []simulator.Step{{State: state}},
	})
}

// putSecret creates a Secret, or replaces what it holds.
func (l *life) putSecret(ctx context.Context, name, credential string, data map[string]string) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: l.namespace, Name: name}, Type: v1alpha1.CredentialsSecretType, StringData: data,
	}
	l.record.add(func(now time.Duration) {
		l.record.Credentials = append(l.record.Credentials, Credentials{now, name, credential})
	})
	if err := l.world.admin.Create(ctx, secret.DeepCopy()); err == nil {
		return nil
	}
	return l.world.admin.Update(ctx, secret)
}

func (l *life) createObject(ctx context.Context, name, jobID, secret string) error {
	return l.world.admin.Create(ctx, &v1alpha1.VectaraJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: l.namespace, Name: name},
		Spec: v1alpha1.VectaraJobSpec{
			JobID: jobID, SecretRef: v1alpha1.SecretReference{Name: secret}, PollInterval: &metav1.Duration{Duration: pollInterval},
		},
	})
}

const discoveryName = "discovery"

func (l *life) createDiscovery(ctx context.Context) error {
	discovery := &v1alpha1.VectaraJobDiscovery{ObjectMeta: metav1.ObjectMeta{Namespace: l.namespace, Name: discoveryName}}
	discovery.Spec.CorpusKeys = []string{"found"}
	discovery.Spec.Interval = &metav1.Duration{Duration: 10 * time.Second}
	discovery.Spec.LookBack = &metav1.Duration{Duration: time.Hour}
	discovery.Spec.Template.Spec.PollInterval = &metav1.Duration{Duration: pollInterval}
	return l.world.admin.Create(ctx, discovery)
}

// identify finds out whose credentials a request has. It also learns the tokens that clients got.
func (l *life) identify(q *Request) {
	if q.Side != Vectara {
		return
	}
	key := q.Header.Get("X-Api-Key")
	if q.Kind == KindToken {
		form, _ := url.ParseQuery(string(q.Body)) // Without a client, it is nobody's.
		key = form.Get("client_id")
	}
	l.record.see(func() {
		l.learnTokens()
		if token, ok := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer "); ok {
			key = token
		}
		q.Credential = l.names[key]
	})
}

// learnTokens reads the tokens out of what the token endpoint answered. The record's lock is held.
func (l *life) learnTokens() {
	for _, q := range l.record.Requests {
		if q.Side != Vectara || q.Kind != KindToken || q.Status != http.StatusOK {
			continue
		}
		var answer struct {
			AccessToken string `json:"access_token"`
		}
		if json.Unmarshal(q.Response, &answer) == nil && answer.AccessToken != "" && l.names[answer.AccessToken] == "" {
			l.names[answer.AccessToken] = q.Credential
			l.record.Canaries = append(l.record.Canaries, Canary{"token", answer.AccessToken})
		}
	}
}

// stray records a request to the host that nobody was sent to.
func (l *life) stray(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxRecordedBody)) // What came is what is recorded.
	l.record.add(func(now time.Duration) {
		l.record.Strays = append(l.record.Strays, &Request{Method: r.Method, URL: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body, Sent: now})
	})
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"id":"`+strings.TrimPrefix(r.URL.Path, "/v2/jobs/")+`","state":"aborted"}`) //nolint:gosec // No browser reads it.
}

// requestPolls requests a poll of those objects through the annotation.
func (l *life) requestPoll(ctx context.Context, object client.Object, reason string) error {
	before, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return nil
	}
	annotations := maps.Clone(object.GetAnnotations())
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[v1alpha1.RequestedAtAnnotation] = time.Now().Format(time.RFC3339Nano)
	object.SetAnnotations(annotations)
	l.record.add(func(now time.Duration) {
		l.record.Asked = append(l.record.Asked, Asked{At: now, Object: object.GetName(), Reason: reason})
	})
	return l.world.admin.Patch(ctx, object, client.MergeFrom(before))
}
