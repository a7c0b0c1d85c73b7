// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/version"
)

func TestOnlyAVersionThatIsKnownToBeTooOldIsRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		info version.Info
		want string // in the error; none if empty
	}{
		{"the least version", version.Info{GitVersion: "v1.32.0"}, ""},
		{"a newer one", version.Info{GitVersion: "v1.37.2"}, ""},
		{"another major version", version.Info{GitVersion: "v2.0.1"}, ""},
		{"one before it", version.Info{GitVersion: "v1.31.14"}, "is Kubernetes v1.31.14: expected 1.32 or later"},
		{"one that is older by a digit", version.Info{GitVersion: "v1.9.11"}, "is Kubernetes v1.9.11: expected 1.32 or later"},
		{"a pre-release of the least version", version.Info{GitVersion: "v1.32.0-rc.1"}, ""},
		{"GKE's", version.Info{Major: "1", Minor: "32", GitVersion: "v1.32.4-gke.1106006"}, ""},
		{"EKS's", version.Info{Major: "1", Minor: "31+", GitVersion: "v1.31.5-eks-8cce635"}, "is Kubernetes v1.31.5-eks-8cce635: expected"},
		{"k3s's", version.Info{GitVersion: "v1.33.1+k3s1"}, ""},
		{"one that emulates an older one",
			version.Info{GitVersion: "v1.34.4", EmulationMajor: "1", EmulationMinor: "31"}, "v1.34.4, which emulates 1.31: expected 1.32"},
		{"one that emulates itself", version.Info{GitVersion: "v1.34.4", EmulationMajor: "1", EmulationMinor: "34"}, ""},
		{"a build without a version", version.Info{GitVersion: "v0.0.0-master+$Format:%H$"}, ""},
		{"nothing", version.Info{}, ""},
		{"something else", version.Info{GitVersion: "unknown"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := checkKubernetes(&test.info)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("The error is %v, want %q", err, test.want)
			}
		})
	}
}

// versions is an API server that says its version, once errors have been used up.
type versions struct {
	errors []error
	info   version.Info
	asked  int
}

func (v *versions) ServerVersionWithContext(context.Context) (*version.Info, error) {
	v.asked++
	if len(v.errors) > 0 {
		err := v.errors[0]
		v.errors = v.errors[1:]
		return nil, err
	}
	return &v.info, nil
}

func TestAVersionThatCannotBeReadIsNoReasonToRefuse(t *testing.T) {
	server := &versions{errors: []error{errors.New("connection refused"), errors.New("forbidden")}, info: version.Info{GitVersion: "v1.33.0"}}
	c := versionCheck{server: server}
	for range 5 {
		if err := c.check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if server.asked != 3 {
		t.Errorf("The API server was asked %d times, want until it answered: 3", server.asked)
	}
}

func TestAVersionThatIsTooOldIsRefusedAsSoonAsItIsKnown(t *testing.T) {
	c := versionCheck{server: &versions{errors: []error{errors.New("connection refused")}, info: version.Info{GitVersion: "v1.31.2"}}}
	if err := c.check(t.Context()); err != nil {
		t.Fatalf("Refused before the version was known: %v", err)
	}
	if err := c.check(t.Context()); err == nil || !strings.Contains(err.Error(), "v1.31.2") {
		t.Errorf("The error is %v, want one that names v1.31.2", err)
	}
}
