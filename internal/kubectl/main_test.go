// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/vectara-job-operator/vectara-job-operator/internal/version"
)

// TestAClusterWithoutTheCRD runs commands against an API server that knows nothing, with the client of the process.
func TestAClusterWithoutTheCRD(t *testing.T) {
	var agent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		http.NotFound(w, r)
	}))
	defer server.Close()
	for _, arguments := range []string{
		"status", "status a", "status vjd/a", "wait a", "wait --all", "mirror job_a", "mirror job_a --wait --name=a", "discover a",
	} {
		streams, _, out, errOut := genericiooptions.NewTestIOStreams()
		env := Environment{Streams: streams, Clock: clock.RealClock{}, Terminal: fakeTerminal{}, Connect: connect}
		code := Main(t.Context(), env, append(strings.Fields(arguments), "--server="+server.URL, "--kubeconfig="+os.DevNull))
		kind := "VectaraJobs"
		if strings.HasPrefix(arguments, "discover") || arguments == "status vjd/a" {
			kind = "VectaraJobDiscoveries"
		}
		if text := out.String() + errOut.String(); code != 1 || text != "error: the cluster has no "+kind+": is the CRD installed?\n" {
			t.Errorf("%s ended with %d and said %q", arguments, code, text)
		}
	}
	if want := "kubectl-vectara/" + version.Version; agent != want {
		t.Errorf("the user agent is %q, want %q", agent, want)
	}
}

func TestHelp(t *testing.T) {
	newWorld(t).expect("", nil, 0, "Available Commands:", "kubectl vectara COMMAND [options]")
	newWorld(t).expect("", []string{"mirror", "--help"}, 0, "kubectl vectara mirror JOB_ID", "--through-blocked")
	newWorld(t).expect("", []string{"options"}, 0, "--context string", "--namespace string", "--request-timeout string")
	newWorld(t).expect("", []string{"version"}, 0, "kubectl-vectara "+version.Version)
	newWorld(t).expect("", []string{"wiat"}, 1, `error: unknown command "wiat" for "kubectl vectara"`)
}

func TestCompletion(t *testing.T) {
	for arguments, want := range map[string]string{
		"wait":                "a\nb\n:4\n",
		"wait a":              "b\n:4\n",
		"status":              "a\nb\nlegal\n:4\n",
		"status a":            ":4\n",
		"mirror":              ":4\n",
		"mirror --secret":     "vectara-credentials\n:4\n",
		"login --name":        "vectara-credentials\n:4\n",
		"status -o":           "json\nname\nyaml\n:4\n",
		"discover":            ":4\n",
		"discover a --secret": "vectara-credentials\n:4\n",
	} {
		t.Run(arguments, func(t *testing.T) {
			w := newWorld(t, vectaraJob("a"), vectaraJob("b"), vectaraJob("c", elsewhere), vectaraJobDiscovery("legal"), vectaraJobDiscovery("a"), secret())
			w.run(t.Context(), "", slices.Concat([]string{"__completeNoDesc"}, strings.Fields(arguments), []string{""})...)
			if got := w.out.String(); got != want {
				t.Errorf("completed to %q, want %q", got, want)
			}
		})
	}
}
