// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
)

func TestUnknownVariablesNameTheNearestOne(t *testing.T) {
	for _, test := range []struct{ name, variable, nearest string }{
		{"a letter too few", "VECTARA_JOB_OPERATOR_POL_MAX", "VECTARA_JOB_OPERATOR_POLL_MAX"},
		{"a letter too many", "VECTARA_JOB_OPERATOR_BURSTS", "VECTARA_JOB_OPERATOR_BURST"},
		{"another letter", "VECTARA_JOB_OPERATOR_POLL_MIM", "VECTARA_JOB_OPERATOR_POLL_MIN"},
		{"an underscore too few", "VECTARA_JOB_OPERATOR_LEADERELECT", "VECTARA_JOB_OPERATOR_LEADER_ELECT"},
		{"a hyphen of the flag", "VECTARA_JOB_OPERATOR_WATCH-NAMESPACES", "VECTARA_JOB_OPERATOR_WATCH_NAMESPACES"},
		{"a singular", "VECTARA_JOB_OPERATOR_WATCH_NAMESPACE", "VECTARA_JOB_OPERATOR_WATCH_NAMESPACES"},
		{"a flag of controller-runtime", "VECTARA_JOB_OPERATOR_ZAP_LOGLEVEL", "VECTARA_JOB_OPERATOR_ZAP_LOG_LEVEL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := unknownVariables([]string{"HOME=/", test.variable + "=1"}, parse(t).variables)
			if want := []unknownVariable{{test.variable, test.nearest}}; !slices.Equal(got, want) {
				t.Errorf("The unknown variables are %v, want %v", got, want)
			}
		})
	}
}

func TestVariablesThatAreNotWarnedOf(t *testing.T) {
	var flags []string
	for _, name := range parse(t).variables {
		flags = append(flags, name+"=x")
	}
	for name, environ := range map[string][]string{
		"those of the flags":      flags,
		"those of other programs": {"HOME=/", "VECTARA_JOB=1", "POLL_MIN=1s", "", "VECTARA_JOB_OPERATOR=1"},
		"those of a Service": {
			"VECTARA_JOB_OPERATOR_SERVICE_HOST=10.0.0.1",
			"VECTARA_JOB_OPERATOR_SERVICE_PORT=8443",
			"VECTARA_JOB_OPERATOR_SERVICE_PORT_HTTPS=8443",
			"VECTARA_JOB_OPERATOR_SERVICE_PORT_HTTP_METRICS=8443",
			"VECTARA_JOB_OPERATOR_PORT=tcp://10.0.0.1:8443",
			"VECTARA_JOB_OPERATOR_PORT_8443_TCP=tcp://10.0.0.1:8443",
			"VECTARA_JOB_OPERATOR_PORT_8443_TCP_PROTO=tcp",
			"VECTARA_JOB_OPERATOR_PORT_8443_TCP_PORT=8443",
			"VECTARA_JOB_OPERATOR_PORT_8443_TCP_ADDR=10.0.0.1",
			"VECTARA_JOB_OPERATOR_PORT_53_UDP=udp://10.0.0.1:53",
			"VECTARA_JOB_OPERATOR_PORT_36412_SCTP_ADDR=10.0.0.1",
		},
		"those of the metrics Service of config/default": {
			"VECTARA_JOB_OPERATOR_CONTROLLER_MANAGER_METRICS_SERVICE_SERVICE_HOST=10.0.0.1",
			"VECTARA_JOB_OPERATOR_CONTROLLER_MANAGER_METRICS_SERVICE_SERVICE_PORT=8443",
			"VECTARA_JOB_OPERATOR_CONTROLLER_MANAGER_METRICS_SERVICE_SERVICE_PORT_HTTPS=8443",
			"VECTARA_JOB_OPERATOR_CONTROLLER_MANAGER_METRICS_SERVICE_PORT=tcp://10.0.0.1:8443",
			"VECTARA_JOB_OPERATOR_CONTROLLER_MANAGER_METRICS_SERVICE_PORT_8443_TCP=tcp://10.0.0.1:8443",
			"VECTARA_JOB_OPERATOR_CONTROLLER_MANAGER_METRICS_SERVICE_PORT_8443_TCP_PROTO=tcp",
			"VECTARA_JOB_OPERATOR_CONTROLLER_MANAGER_METRICS_SERVICE_PORT_8443_TCP_PORT=8443",
			"VECTARA_JOB_OPERATOR_CONTROLLER_MANAGER_METRICS_SERVICE_PORT_8443_TCP_ADDR=10.0.0.1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := unknownVariables(environ, parse(t).variables); len(got) > 0 {
				t.Errorf("The unknown variables are %v, want none", got)
			}
		})
	}
}

func TestAPortThatAUserSetsIsWarnedOf(t *testing.T) {
	if got := unknownVariables([]string{"VECTARA_JOB_OPERATOR_METRICS_PORT=8443"}, parse(t).variables); len(got) != 1 {
		t.Errorf("The unknown variables are %v, want the port", got)
	}
}

func TestTheWarningShowsNamesAndNoValues(t *testing.T) {
	var lines []string
	log := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
	warnOfUnknownVariables(log, []string{"VECTARA_JOB_OPERATOR_API_KEY=hunter2", "VECTARA_JOB_OPERATOR_POL_MAX=5m", "VECTARA_JOB_OPERATOR_BURST=7"}, parse(t).variables)
	text := strings.Join(lines, "\n")
	if len(lines) != 2 || !strings.Contains(text, "VECTARA_JOB_OPERATOR_API_KEY") ||
		!strings.Contains(text, `"variable"="VECTARA_JOB_OPERATOR_POL_MAX" "nearest"="VECTARA_JOB_OPERATOR_POLL_MAX"`) {
		t.Errorf("The log is\n%s", text)
	}
	if strings.Contains(text, "hunter2") {
		t.Error("The log shows a value")
	}
}

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "abc", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ab", "ba", 2},
	} {
		if got := editDistance(test.a, test.b); got != test.want {
			t.Errorf("From %q to %q it is %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
