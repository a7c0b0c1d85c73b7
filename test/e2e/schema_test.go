// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// schemaScene is a namespace without a manager: these tests are about what the API server admits.
type schemaScene struct {
	scene
	rest     rest.Interface
	resource string // that post and patchStatus are about
}

func newSchemaScene(t *testing.T) *schemaScene {
	t.Helper()
	s := &schemaScene{scene: scene{t: t, ctx: t.Context(), cluster: cluster, admin: admin}, resource: "vectarajobs"}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "schema-"}}
	s.must(admin.Create(s.ctx, namespace))
	s.namespace = namespace.Name
	config := rest.CopyConfig(cluster.Config)
	config.APIPath, config.GroupVersion = "/apis", &v1alpha1.GroupVersion
	config.NegotiatedSerializer = clientgoscheme.Codecs.WithoutConversion()
	config.ContentType = runtime.ContentTypeJSON
	clients, err := rest.RESTClientFor(config)
	s.must(err)
	s.rest = clients
	return s
}

// valid is an object with every field of spec, and nothing wrong with it.
func valid(name string) map[string]any {
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": v1alpha1.VectaraJobKind,
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"jobID": "job_3Kx9QpVn2mZr8YbLc5TdWe", "secretRef": map[string]any{"name": "vectara-credentials"},
			"pollInterval": "30s", "requestTimeout": "10s", "suspend": false, "ttlSecondsAfterFinished": int64(3600),
		},
	}
}

// set sets a field, given as a path with dots, to a value written in JSON; "" takes it away.
func set(object map[string]any, path, value string) {
	fields := strings.Split(path, ".")
	parent := object
	for _, field := range fields[:len(fields)-1] {
		child, ok := parent[field].(map[string]any)
		if !ok {
			child = map[string]any{}
			parent[field] = child
		}
		parent = child
	}
	last := fields[len(fields)-1]
	if value == "" {
		delete(parent, last)
		return
	}
	parent[last] = json.RawMessage(value)
}

// post creates an object from JSON as it is, number formats and all.
func (s *schemaScene) post(object map[string]any) error {
	s.t.Helper()
	body, err := json.Marshal(object)
	s.must(err)
	return s.rest.Post().Namespace(s.namespace).Resource(s.resource).Body(body).Do(s.ctx).Error()
}

// patchStatus merges JSON as it is into an object's status.
func (s *schemaScene) patchStatus(name, patch string) error {
	s.t.Helper()
	return s.rest.Patch(types.MergePatchType).Namespace(s.namespace).Resource(s.resource).Name(name).
		SubResource("status").Body([]byte(patch)).Do(s.ctx).Error()
}

func TestSpecAdmission(t *testing.T) {
	s := newSchemaScene(t)
	for i, test := range []struct {
		name, path, value string
		// refusal must be in the error; empty means that the object is admitted.
		refusal string
	}{
		{name: "every field well set"},
		{"nothing but a job ID", "spec", `{"jobID": "job_a"}`, ""},
		{"an ID of all characters that are allowed", "spec.jobID", `"job_AZaz09._~:=+-"`, ""},
		{"an ID of 512 characters", "spec.jobID", quoted("job_" + strings.Repeat("x", 508)), ""},
		{"an ID of 513 characters", "spec.jobID", quoted("job_" + strings.Repeat("x", 509)), "spec.jobID"},
		{"no ID", "spec.jobID", "", "spec.jobID: Required value"},
		{"an empty ID", "spec.jobID", `""`, "spec.jobID"},
		{"an ID without its prefix", "spec.jobID", `"3Kx9"`, "spec.jobID"},
		{"an ID that is only the prefix", "spec.jobID", `"job_"`, "spec.jobID"},
		{"an ID that climbs up the path", "spec.jobID", `"job_../../corpora"`, "spec.jobID"},
		{"an ID with a question mark", "spec.jobID", `"job_a?x=y"`, "spec.jobID"},
		{"an ID with a line end", "spec.jobID", `"job_a\n"`, "spec.jobID"},
		{"an ID with a space", "spec.jobID", `"job_a b"`, "spec.jobID"},
		{"a poll interval of a second", "spec.pollInterval", `"1s"`, ""},
		{"a poll interval of a day", "spec.pollInterval", `"24h"`, ""},
		{"a poll interval in parts", "spec.pollInterval", `"1h30m5.5s"`, ""},
		{"a poll interval below a second", "spec.pollInterval", `"999ms"`, "pollInterval must be between 1s and 24h"},
		{"a poll interval above a day", "spec.pollInterval", `"24h1s"`, "pollInterval must be between 1s and 24h"},
		{"a negative poll interval", "spec.pollInterval", `"-5s"`, "spec.pollInterval"},
		{"a poll interval that overflows", "spec.pollInterval", `"9999999999h"`, "spec.pollInterval"},
		{"a poll interval that overflows in parts", "spec.pollInterval", `"999999h999999h999999h"`, "spec.pollInterval"},
		{"a poll interval in days", "spec.pollInterval", `"1d"`, "days are no unit: write hours, such as 168h for 7d"},
		{"a poll interval in words", "spec.pollInterval", `"3 days"`, "spec.pollInterval"},
		{"a poll interval without a unit", "spec.pollInterval", `"30"`, "spec.pollInterval"},
		{"a poll interval that is a number", "spec.pollInterval", `30`, "spec.pollInterval"},
		{"a request timeout of five minutes", "spec.requestTimeout", `"5m"`, ""},
		{"a request timeout above five minutes", "spec.requestTimeout", `"5m1s"`, "requestTimeout must be between 1s and 5m"},
		{"a request timeout below a second", "spec.requestTimeout", `"10ms"`, "requestTimeout must be between 1s and 5m"},
		{"a TTL of nothing", "spec.ttlSecondsAfterFinished", `0`, ""},
		{"a TTL of the most that there is", "spec.ttlSecondsAfterFinished", `2147483647`, ""},
		{"a TTL that overflows", "spec.ttlSecondsAfterFinished", `5e9`, "spec.ttlSecondsAfterFinished"},
		{"a negative TTL", "spec.ttlSecondsAfterFinished", `-1`, "spec.ttlSecondsAfterFinished"},
		{"a TTL with a fraction", "spec.ttlSecondsAfterFinished", `1.5`, "spec.ttlSecondsAfterFinished"},
		{"an empty reference to a Secret", "spec.secretRef", `{}`, ""},
		{"a reference to a Secret with dots", "spec.secretRef.name", `"team.vectara-1"`, ""},
		{"a Secret that cannot exist", "spec.secretRef.name", `"Not_A_Name"`, "spec.secretRef.name"},
		{"a Secret of another namespace", "spec.secretRef.name", `"other/secret"`, "spec.secretRef.name"},
		{"a suspend that is no boolean", "spec.suspend", `"yes"`, "spec.suspend"},
		{"no spec at all", "spec", "", "spec: Required value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := valid(fmt.Sprintf("spec-%d", i))
			if test.path != "" {
				set(object, test.path, test.value)
			}
			err := s.post(object)
			switch {
			case test.refusal == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.refusal != "" && !apierrors.IsInvalid(err):
				t.Errorf("want a refusal as invalid, got %v", err)
			case test.refusal != "" && !strings.Contains(err.Error(), test.refusal):
				t.Errorf("the refusal says nothing of %q: %v", test.refusal, err)
			}
		})
	}
	s.everythingIsReadable()
}

func TestJobIDCannotBeChanged(t *testing.T) {
	s := newSchemaScene(t)
	object := s.create("a", "job_a")
	object.Spec.JobID = "job_b"
	if err := admin.Update(s.ctx, object); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "create another VectaraJob") {
		t.Errorf("want a refusal that says what to do instead, got %v", err)
	}
}

func TestDefaults(t *testing.T) {
	s := newSchemaScene(t)
	object := s.create("a", "job_a")
	if object.Spec.SecretRef.Name != v1alpha1.DefaultCredentialsSecretName {
		t.Errorf("secretRef.name is %q, want %q", object.Spec.SecretRef.Name, v1alpha1.DefaultCredentialsSecretName)
	}
	if object.Status.ObservedGeneration != -1 {
		t.Errorf("status.observedGeneration is %d, want -1", object.Status.ObservedGeneration)
	}
	if object.Spec.PollInterval != nil || object.Spec.RequestTimeout != nil || object.Spec.Suspend != nil || object.Spec.TTLSecondsAfterFinished != nil {
		t.Errorf("something else has a default: %+v", object.Spec)
	}
}

// nastyTimes and nastyNumbers are values, in JSON, that careless schemas admit.
var nastyTimes = []string{
	`"2026-01-01T00:00:00Z"`, `"2026-01-01t00:00:00z"`, `"2026-01-01T00:00:00.123456789Z"`, `"2026-01-01T00:00:00,5Z"`,
	`"2026-01-01T00:00:00+99:99"`, `"2026-01-01T00:00:00-23:59"`, `"2026-01-01T24:00:00Z"`, `"2026-01-01T23:59:60Z"`,
	`"2026-02-30T00:00:00Z"`, `"2026-01-01"`, `"2026-01-01T00:00:00"`, `"2026-01-01T00:00:00ztrash"`, `"0000-01-01T00:00:00Z"`,
	`"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59-12:00"`, `"10000-01-01T00:00:00Z"`, `""`, `"now"`, `1767225600`, `null`,
	`[]`, `[1]`, `["2026-01-01T00:00:00Z"]`, `[null]`, `{}`, `true`,
	`"2026-01-01T00:00:00.12345678901234567890Z"`, `"2026-1-1T0:0:0Z"`, `" 2026-01-01T00:00:00Z"`, `"2026-01-01 00:00:00Z"`,
}

var nastyNumbers = []string{`0`, `-1`, `-2`, `1`, `5e9`, `1e18`, `9007199254740991`, `9007199254740992`, `9223372036854775807`,
	`9223372036854775808`, `1e19`, `1e30`, `-1e19`, `1.5`, `1.0`, `"1"`, `null`}

// conditionsWith are conditions in JSON, one field of which has a value.
func conditionsWith(field, value string) string {
	fields := map[string]string{
		"type": `"Ready"`, "status": `"True"`, "reason": `"R"`, "message": `"m"`, "lastTransitionTime": `"2026-01-01T00:00:00Z"`,
	}
	fields[field] = value
	var parts []string
	for name, v := range fields {
		parts = append(parts, quoted(name)+":"+v)
	}
	return "[{" + strings.Join(parts, ",") + "}]"
}

// TestAdmittedMeansReadable writes statuses that careless schemas admit and Go cannot decode. One such object would stop
// the watch of every operator. What the API server admits must be decoded; what it refuses does no harm.
func TestAdmittedMeansReadable(t *testing.T) {
	s := newSchemaScene(t)
	statuses := map[string]string{}
	for _, value := range nastyTimes {
		for _, field := range []string{"createdAt", "startedAt", "completedAt", "lastTransitionTime"} {
			statuses[field+" "+value] = fmt.Sprintf(`{%q: %s}`, field, value)
		}
		statuses["condition "+value] = `{"conditions": ` + conditionsWith("lastTransitionTime", value) + `}`
	}
	for _, value := range nastyNumbers {
		statuses["observedGeneration "+value] = fmt.Sprintf(`{"observedGeneration": %s}`, value)
		statuses["condition observedGeneration "+value] = `{"conditions": ` + conditionsWith("observedGeneration", value) + `}`
	}
	for _, value := range []string{`null`, `[]`, `[null]`, `[1]`, `["a","a"]`, `"a"`, `{}`} {
		statuses["corpusKeys "+value] = `{"corpusKeys": ` + value + `}`
		statuses["conditions "+value] = `{"conditions": ` + value + `}`
		statuses["state "+value] = `{"state": ` + value + `}`
	}

	object := s.create("a", "job_a")
	admitted := 0
	for name, status := range statuses {
		if s.patchStatus(object.Name, `{"status": `+status+`}`) == nil {
			admitted++
			if !s.everythingIsReadable() {
				t.Errorf("admitted and not readable: %s", name)
			}
		}
	}
	if admitted < 10 || admitted == len(statuses) {
		t.Errorf("%d of %d statuses were admitted: this tests nothing", admitted, len(statuses))
	}
}

// everythingIsReadable lists all objects of the namespace as the operator does.
func (s *schemaScene) everythingIsReadable() bool {
	s.t.Helper()
	for _, list := range []client.ObjectList{&v1alpha1.VectaraJobList{}, &v1alpha1.VectaraJobDiscoveryList{}} {
		if err := admin.List(s.ctx, list, client.InNamespace(s.namespace)); err != nil {
			s.t.Errorf("the list cannot be decoded: %v", err)
			return false
		}
	}
	return true
}

func TestUnknownStatesAndTypesAreAdmitted(t *testing.T) {
	s := newSchemaScene(t)
	object := s.create("a", "job_a")
	object.Status.State, object.Status.Type = "a state of the year 2030", "another_type"
	s.must(admin.Status().Update(s.ctx, object))
}

// TestExplain holds that every field has a description.
func TestExplain(t *testing.T) {
	s := newSchemaScene(t)
	for _, crd := range []string{"vectarajobs.jobs.vectara.io", "vectarajobdiscoveries.jobs.vectara.io"} {
		text, err := cluster.Kubectl(s.ctx, "get", "crd", crd, "-o", "json")
		s.must(err)
		var definition unstructured.Unstructured
		s.must(json.Unmarshal([]byte(text), &definition.Object))
		versions, _, err := unstructured.NestedSlice(definition.Object, "spec", "versions")
		s.must(err)
		root, _, err := unstructured.NestedMap(versions[0].(map[string]any), "schema", "openAPIV3Schema")
		s.must(err)
		for _, part := range []string{"spec", "status"} {
			properties, _, err := unstructured.NestedMap(root, "properties", part)
			s.must(err)
			s.explained(crd+" "+part, properties)
		}
	}
}

// explained holds the fields of a schema, and those of their fields, to sentences that start with their names.
func (s *schemaScene) explained(path string, schema map[string]any) {
	s.t.Helper()
	if items, ok := schema["items"].(map[string]any); ok {
		schema = items
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, property := range properties {
		property := property.(map[string]any)
		if text, _ := property["description"].(string); !strings.HasPrefix(text, name+" ") {
			s.t.Errorf("%s.%s is described as %q: want a sentence that starts with its name", path, name, text)
		}
		if name != "conditions" { // Kubernetes describes what these are made of.
			s.explained(path+"."+name, property)
		}
	}
}

func quoted(text string) string {
	data, _ := json.Marshal(text) //nolint:errchkjson // A string.
	return string(data)
}
