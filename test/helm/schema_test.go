// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestSchemaRefuses(t *testing.T) {
	tests := map[string]struct {
		values string // of --set-json
		path   string // that the error names
	}{
		"a value that is not there":          {`replica=2`, "replica"},
		"one below":                          {`image.name="x"`, "/image"},
		"one of a security context":          {`podSecurityContext.privileged=true`, "/podSecurityContext"},
		"one of resources":                   {`resources.limits.gpu=1`, "/resources/limits"},
		"a number as text":                   {`replicas="2"`, "/replicas"},
		"less than no replica":               {`replicas=-1`, "/replicas"},
		"an endpoint in clear text":          {`vectara.endpoint="http://api.vectara.io"`, "/vectara/endpoint"},
		"a token URL without a host":         {`vectara.tokenURL="https:///oauth2"`, "/vectara/tokenURL"},
		"a key instead of a certificate":     {`vectara.caBundle="-----BEGIN PRIVATE KEY-----"`, "/vectara/caBundle"},
		"a digest that is cut":               {`image.digest="sha256:abc"`, "/image/digest"},
		"a pull policy that is none":         {`image.pullPolicy="Sometimes"`, "/image/pullPolicy"},
		"a pull secret as an object":         {`image.pullSecrets=[{"name":"a"}]`, "/image/pullSecrets/0"},
		"a proxy that is no URL":             {`proxy.url="proxy:3128"`, "/proxy/url"},
		"NO_PROXY in one text":               {`proxy.noProxy="a,b"`, "/proxy/noProxy"},
		"a namespace in capitals":            {`watch.namespaces=["Search"]`, "/watch/namespaces/0"},
		"a namespace twice":                  {`watch.namespaces=["a","a"]`, "/watch/namespaces"},
		"namespaces in one text":             {`watch.namespaces="a,b"`, "/watch/namespaces"},
		"no requests at all":                 {`requestBudget.requestsPerSecond=0`, "/requestBudget/requestsPerSecond"},
		"requests in words":                  {`requestBudget.requestsPerSecond="many"`, "/requestBudget/requestsPerSecond"},
		"half a request at once":             {`requestBudget.burst=0.5`, "/requestBudget/burst"},
		"no memory limit":                    {`resources.limits.memory=null`, "/resources/limits"},
		"root":                               {`podSecurityContext.runAsUser=0`, "/podSecurityContext/runAsUser"},
		"an answer in words":                 {`rbac.aggregate="yes"`, "/rbac/aggregate"},
		"a label with a space":               {`extraLabels={"team":"a b"}`, "/extraLabels/team"},
		"a label that selects the pods":      {`extraLabels={"app.kubernetes.io/name":"x"}`, "/extraLabels"},
		"a port that does not exist":         {`networkPolicy.egress.ports=[65536]`, "/networkPolicy/egress/ports/0"},
		"a network without its size":         {`networkPolicy.egress.cidrs=["10.0.0.1"]`, "/networkPolicy/egress/cidrs/0"},
		"a limit without a unit":             {`admissionPolicy.limits.minPollInterval="5"`, "/admissionPolicy/limits/minPollInterval"},
		"a limit that the CRD has":           {`admissionPolicy.limits.maxJobs=10001`, "/admissionPolicy/limits/maxJobs"},
		"a Prometheus in no namespace":       {`serviceMonitor.prometheus.namespace=""`, "/serviceMonitor/prometheus/namespace"},
		"a CRD that is kept, said in a word": {`crds.keep="always"`, "/crds/keep"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, version := range versions {
				_, err := newHelm(t, version).render(t.Context(), chartFolder(t), "--set-json="+tt.values)
				if err == nil {
					t.Errorf("Helm %s renders it", version)
				} else if !strings.Contains(err.Error(), tt.path) {
					t.Errorf("Helm %s does not name %s: %v", version, tt.path, err)
				}
			}
		})
	}
}

func TestAServiceMonitorNeedsMetrics(t *testing.T) {
	_, err := newHelm(t, versions[0]).render(t.Context(), chartFolder(t), "--set=serviceMonitor.enabled=true,metrics.enabled=false")
	if err == nil || !strings.Contains(err.Error(), "serviceMonitor.enabled needs metrics.enabled") {
		t.Errorf("The error is %v", err)
	}
}

type valuesSchema struct {
	Properties           map[string]valuesSchema `json:"properties"`
	AdditionalProperties any                     `json:"additionalProperties"`
}

// TestSchemaHasTheValuesOfTheFile compares keys: what the file has and the schema has not would be refused, but not the reverse.
func TestSchemaHasTheValuesOfTheFile(t *testing.T) {
	var root valuesSchema
	must(t, json.Unmarshal(read(t, chartFolder(t), "values.schema.json"), &root))
	delete(root.Properties, "global") // Helm adds it where the chart is a dependency.
	compareKeys(t, "", root, parseValues(t, chartFolder(t), "values.yaml"))
}

func compareKeys(t *testing.T, path string, s valuesSchema, values map[string]any) {
	t.Helper()
	if s.AdditionalProperties != false {
		t.Errorf("The schema lets %q have any value", path)
	}
	if path == ".resources" { // The file has no more of them than it sets.
		return
	}
	in, of := slices.Sorted(maps.Keys(s.Properties)), slices.Sorted(maps.Keys(values))
	if !slices.Equal(in, of) {
		t.Errorf("In %q, the schema has %q, and values.yaml has %q", path, in, of)
	}
	for key, below := range s.Properties {
		if len(below.Properties) > 0 {
			content, _ := values[key].(map[string]any)
			compareKeys(t, path+"."+key, below, content)
		}
	}
}
