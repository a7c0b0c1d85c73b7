// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/internal/kubectl/outcome"
)

// Exit codes besides those of the outcomes.
const (
	exitError = 1
	// exitInterrupted is what shells give for a process that Ctrl-C ended.
	exitInterrupted = 130
)

// errorOfOutcome ends the program with the exit code of an outcome that is not good. What there is to say was said.
type errorOfOutcome struct{ outcome outcome.Outcome }

func (e errorOfOutcome) Error() string { return e.outcome.String() }

// result is nil for a good outcome.
func result(o outcome.Outcome) error {
	if o == outcome.Completed {
		return nil
	}
	return errorOfOutcome{o}
}

// explained adds to an error of the API server what is likely behind it.
func explained(err error) error {
	if isKindMissing(err) {
		kind := "VectaraJobs"
		var status apierrors.APIStatus
		if errors.As(err, &status) && status.Status().Details.Kind == discoveryResource {
			kind = "VectaraJobDiscoveries"
		}
		return fmt.Errorf("the cluster has no %s: is the CRD installed?", kind)
	}
	return err
}

// isKindMissing reports whether the API server does not know the resource, as opposed to the object.
func isKindMissing(err error) bool {
	return meta.IsNoMatchError(err) ||
		apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// flagError names a flag and what was expected of it.
func flagError(flag, format string, arguments ...any) error {
	return fmt.Errorf("--%s: expected %s", flag, fmt.Sprintf(format, arguments...))
}
