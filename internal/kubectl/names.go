// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// discoveryResource is the resource of VectaraJobDiscoveries.
const discoveryResource = "vectarajobdiscoveries"

// reference names an object. Without a kind, it is a VectaraJob or a VectaraJobDiscovery.
type reference struct{ kind, name string }

// What an argument that names an object may be.
const (
	expectedJob    = "a VectaraJob: expected a name, or vj/ and a name"
	expectedEither = "a VectaraJob or VectaraJobDiscovery: expected a name, or vj/ or vjd/ and a name"
)

// referenceOf reads a name as people write and paste it: with or without its resource.
func referenceOf(argument, expected string) (reference, error) {
	resource, name, qualified := strings.Cut(argument, "/")
	if !qualified {
		resource, name = "", argument
	}
	var kind string
	switch strings.TrimSuffix(strings.ToLower(resource), "."+v1alpha1.GroupName) {
	case "":
		if qualified {
			return reference{}, fmt.Errorf("%q is not %s", argument, expected)
		}
	case "vj", "vectarajob", "vectarajobs":
		kind = v1alpha1.VectaraJobKind
	case "vjd", "vectarajobdiscovery", discoveryResource, "discovery":
		kind = v1alpha1.VectaraJobDiscoveryKind
	default:
		return reference{}, fmt.Errorf("%q is not %s", argument, expected)
	}
	if strings.HasPrefix(name, "job_") {
		return reference{}, fmt.Errorf("%q is the ID of a job: expected the name of a VectaraJob. "+
			"To mirror the job, use 'kubectl vectara mirror'", name)
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return reference{}, fmt.Errorf("%q is no name: %s", name, problems[0])
	}
	return reference{kind: kind, name: name}, nil
}

// nameOfJob reads the name of a VectaraJob.
func nameOfJob(argument string) (string, error) {
	named, err := referenceOf(argument, expectedJob)
	if err == nil && named.kind == v1alpha1.VectaraJobDiscoveryKind {
		err = fmt.Errorf("%q is a VectaraJobDiscovery, which does not end: expected a VectaraJob. "+
			"To wait for its VectaraJobs, use -l %s=%s", argument, v1alpha1.DiscoveryLabel, named.name)
	}
	return named.name, err
}
