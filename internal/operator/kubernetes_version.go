// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"
)

// leastKubernetes is the oldest version of Kubernetes that accepts the CRDs: their rules use the CEL library "format", which
// an API server takes in new rules from this version on.
var leastKubernetes = utilversion.MajorMinor(1, 32)

// versionTimeout is for how long the API server may take to say its version. Nothing else waits for longer.
const versionTimeout = 5 * time.Second

// versionCheck finds out once whether the API server is new enough. Only a version that was read and is too old is a reason
// not to start: an API server that is down, or does not let the operator read its version, may well be new enough.
type versionCheck struct {
	server discovery.ServerVersionInterfaceWithContext
	passed bool
}

// check returns an error if the API server is too old. It is called again and again while the API server cannot be reached.
func (c *versionCheck) check(ctx context.Context) error {
	if c.passed || c.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	info, err := c.server.ServerVersionWithContext(ctx)
	if err != nil {
		logr.FromContextOrDiscard(ctx).V(1).Info("Cannot read the version of the API server", "reason", err.Error())
		return nil
	}
	if err := checkKubernetes(info); err != nil {
		return err
	}
	c.passed = true
	return nil
}

// checkKubernetes returns an error if a version is older than the CRDs need.
func checkKubernetes(info *version.Info) error {
	found, ok := effectiveVersion(info)
	if !ok || found.AtLeast(leastKubernetes) {
		return nil
	}
	said := info.GitVersion
	if info.EmulationMinor != "" {
		said += fmt.Sprintf(", which emulates %d.%d", found.Major(), found.Minor())
	}
	return fmt.Errorf("the API server is Kubernetes %s: expected %d.%d or later, as older ones do not accept the CRDs",
		said, leastKubernetes.Major(), leastKubernetes.Minor())
}

// effectiveVersion is the version that an API server works as, by its major and minor number: distributions add to the rest as
// they like, such as v1.32.4-gke.1234. It reports false for what says nothing, such as the v0.0.0-master of a build without a
// version.
func effectiveVersion(info *version.Info) (*utilversion.Version, bool) {
	text := info.GitVersion
	if info.EmulationMajor != "" && info.EmulationMinor != "" {
		text = info.EmulationMajor + "." + info.EmulationMinor // It accepts what that version accepts.
	}
	parsed, err := utilversion.ParseGeneric(text)
	if err != nil || parsed.Major() == 0 {
		return nil, false
	}
	return utilversion.MajorMinor(parsed.Major(), parsed.Minor()), true
}
