// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// progress is where a command says how far it is: standard output, unless -o has that for the objects.
func (s *session) progress(flags *genericclioptions.PrintFlags) *progress {
	out := s.Streams.Out
	if wantsObjects(flags) {
		out = s.Streams.ErrOut
	}
	return &progress{out: out, width: s.Terminal.Width}
}

// interrupted says how to go on, if it was the user who ended the wait.
func interrupted(ctx context.Context, show *progress, err error, jobs ...*v1alpha1.VectaraJob) error {
	if ctx.Err() == nil {
		return err
	}
	if len(jobs) == 1 {
		show.Line("Interrupted. The job goes on. To wait again: kubectl vectara wait -n %s %s", jobs[0].Namespace, jobs[0].Name)
		return err
	}
	show.Line("Interrupted. The jobs go on.")
	return err
}
