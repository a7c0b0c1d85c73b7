// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/version"
)

// documentedDefaults are the flags and defaults that the documentation of the command line gives.
var documentedDefaults = map[string]string{
	"endpoint":                  "https://api.vectara.io",
	"token-url":                 "https://auth.vectara.io/oauth2/token",
	"allow-insecure-endpoints":  "false",
	"ca-file":                   "",
	"poll-min":                  "2s",
	"poll-max":                  "1m0s",
	"request-timeout":           "10s",
	"requests-per-second":       "20",
	"burst":                     "40",
	"max-concurrent-reconciles": "64",
	"watch-namespaces":          "",
	"watch-label-selector":      "",
	"leader-elect":              "true",
	"leader-election-id":        "vectara-job-operator.jobs.vectara.io",
	"leader-election-namespace": "",
	"metrics-bind-address":      ":8443",
	"metrics-secure":            "true",
	"metrics-cert-path":         "",
	"health-probe-bind-address": ":8081",
	"pprof-bind-address":        "0",
	"version":                   "false",
}

func TestFlagsAndDefaultsAreThoseOfTheDocumentation(t *testing.T) {
	options := DefaultOptions()
	seen := map[string]bool{}
	options.flagSet().VisitAll(func(f *flag.Flag) {
		seen[f.Name] = true
		want, documented := documentedDefaults[f.Name]
		switch {
		case strings.HasPrefix(f.Name, "zap-") || f.Name == "kubeconfig":
			return // controller-runtime's.
		case !documented:
			t.Errorf("--%s is not documented", f.Name)
		case f.DefValue != want:
			t.Errorf("--%s is %q by default, want %q", f.Name, f.DefValue, want)
		}
		if f.Usage == "" {
			t.Errorf("--%s has no help", f.Name)
		}
	})
	for name := range documentedDefaults {
		if !seen[name] {
			t.Errorf("--%s does not exist", name)
		}
	}
	for _, name := range []string{"kubeconfig", "zap-log-level", "zap-encoder"} {
		if !seen[name] {
			t.Errorf("--%s of controller-runtime does not exist", name)
		}
	}
}

func TestArgumentsThatAreNotFlags(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"a flag that does not exist", []string{"--pol-min=2s"}, "-pol-min"},
		{"an argument that is no flag", []string{"--burst=1", "start"}, `expected flags only, got the argument "start"`},
		{"a value of another type names its flag", []string{"--poll-min=soon"}, "-poll-min"},
		{"a number with a unit names its flag", []string{"--burst=40s"}, "-burst"},
		{"a flag without its value names itself", []string{"--endpoint"}, "-endpoint"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var help bytes.Buffer
			_, err := ParseOptions(test.args, noEnv, &help)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("The error is %v, want %q in it", err, test.want)
			}
			if help.Len() > 0 {
				t.Errorf("Help was printed that nobody read for: %s", &help)
			}
		})
	}
}

// envOf is an environment with some variables.
func envOf(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func TestTheEnvironmentStandsInForFlags(t *testing.T) {
	env := envOf(map[string]string{
		"VECTARA_JOB_OPERATOR_POLL_MIN":     "5s",
		"VECTARA_JOB_OPERATOR_POLL_MAX":     "30s",
		"VECTARA_JOB_OPERATOR_LEADER_ELECT": "false",
		"VECTARA_JOB_OPERATOR_BURST":        "7",
		"POLL_MIN":                          "9s",
	})
	options, err := ParseOptions([]string{"--poll-max=45s", "--burst", "40"}, env, t.Output())
	if err != nil {
		t.Fatalf("ParseOptions: %v", err)
	}
	if options.PollMin != 5*time.Second {
		t.Errorf("PollMin is %v, want the environment's 5s", options.PollMin)
	}
	if options.LeaderElect {
		t.Error("LeaderElect is true, want the environment's false")
	}
	if options.PollMax != 45*time.Second {
		t.Errorf("PollMax is %v, want the command line's 45s", options.PollMax)
	}
	if options.Burst != 40 {
		t.Errorf("Burst is %d, want the command line's 40, though it is the default", options.Burst)
	}
	if options.RequestTimeout != 10*time.Second {
		t.Errorf("RequestTimeout is %v, want the default, 10s", options.RequestTimeout)
	}
}

func TestEveryFlagHasAVariable(t *testing.T) {
	options := DefaultOptions()
	options.flagSet().VisitAll(func(f *flag.Flag) {
		read := false
		name := "VECTARA_JOB_OPERATOR_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		_, err := ParseOptions(nil, func(variable string) (string, bool) {
			read = read || variable == name
			return "", false
		}, t.Output())
		if err != nil || !read {
			t.Errorf("--%s: the variable %s is not read (%v)", f.Name, name, err)
		}
	})
}

func TestBadValuesInTheEnvironment(t *testing.T) {
	for _, test := range []struct {
		name            string
		variable, value string
		want            []string
	}{
		{"a value of another type names variable and flag", "VECTARA_JOB_OPERATOR_POLL_MIN", "soon", []string{"VECTARA_JOB_OPERATOR_POLL_MIN", "--poll-min", "soon"}},
		{"an empty number is no number", "VECTARA_JOB_OPERATOR_BURST", "", []string{"VECTARA_JOB_OPERATOR_BURST", "--burst"}},
		{"a value out of bounds names the flag", "VECTARA_JOB_OPERATOR_BURST", "0", []string{"--burst", "a number from 1 to 100000"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseOptions(nil, envOf(map[string]string{test.variable: test.value}), t.Output())
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("The error is %v, want %q in it", err, want)
				}
			}
		})
	}
	t.Run("two of them are reported at once", func(t *testing.T) {
		_, err := ParseOptions(nil, envOf(map[string]string{
			"VECTARA_JOB_OPERATOR_POLL_MIN": "soon", "VECTARA_JOB_OPERATOR_BURST": "many",
		}), t.Output())
		if err == nil || !strings.Contains(err.Error(), "--poll-min") || !strings.Contains(err.Error(), "--burst") {
			t.Errorf("The error is %v, want both flags in it", err)
		}
	})
	t.Run("the command line heals them", func(t *testing.T) {
		env := envOf(map[string]string{"VECTARA_JOB_OPERATOR_POLL_MIN": "soon"})
		if _, err := ParseOptions([]string{"--poll-min=2s"}, env, t.Output()); err != nil {
			t.Errorf("The error is %v, want none", err)
		}
	})
}

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	// What else is wrong is of no interest to whoever asks for the version.
	if _, err := ParseOptions([]string{"--version", "--endpoint=nowhere"}, noEnv, &out); !errors.Is(err, ErrVersion) {
		t.Errorf("The error is %v, want %v", err, ErrVersion)
	}
	if want := fmt.Sprintf("manager %s (%s, %s/%s)\n", version.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH); out.String() != want {
		t.Errorf("Printed %q, want %q", &out, want)
	}
}

func TestTheEnvironmentDoesNotAskForTheVersion(t *testing.T) {
	options, err := ParseOptions(nil, envOf(map[string]string{"VECTARA_JOB_OPERATOR_VERSION": "true"}), t.Output())
	if err != nil {
		t.Errorf("ParseOptions: %v", err)
	}
	if slices.Contains(options.variables, "VECTARA_JOB_OPERATOR_VERSION") {
		t.Error("The variable counts as known, so that nobody is warned that it has no effect")
	}
}

func TestHelp(t *testing.T) {
	for _, argument := range []string{"-h", "--help"} {
		t.Run(argument, func(t *testing.T) {
			var help bytes.Buffer
			if _, err := ParseOptions([]string{argument}, noEnv, &help); !errors.Is(err, flag.ErrHelp) {
				t.Errorf("The error is %v, want %v", err, flag.ErrHelp)
			}
			text := help.String()
			for name, value := range documentedDefaults {
				if !strings.Contains(text, "\n  -"+name) {
					t.Errorf("The help lacks --%s", name)
				}
				// Package flag leaves out the defaults that are zero.
				if value != "false" && !strings.Contains(text, value) {
					t.Errorf("The help lacks %q, the default of --%s", value, name)
				}
			}
			if !strings.Contains(text, "VECTARA_JOB_OPERATOR_POLL_MIN") {
				t.Error("The help does not say how the environment stands in for flags")
			}
		})
	}
}
