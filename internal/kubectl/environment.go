// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"io"
	"os"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Environment is what the commands get from outside.
type Environment struct {
	Streams  genericiooptions.IOStreams
	Clock    clock.WithTicker
	Terminal Terminal
	// Connect makes a client for the cluster that the kubeconfig and the flags name. It connects to nothing yet.
	Connect func(genericclioptions.RESTClientGetter) (client.WithWatch, error)
}

// Terminal is what there is to know of the terminal, if the streams lead to one.
type Terminal interface {
	// Width is the number of columns of the terminal that is written to, and false if it is none.
	Width(io.Writer) (columns int, ok bool)
	// IsTerminal reports whether what is read comes from a terminal.
	IsTerminal(io.Reader) bool
	// ReadSecret prompts for a line and reads it without showing it. When ctx ends it gives up, and the terminal shows
	// again what is typed.
	ReadSecret(ctx context.Context, from io.Reader, prompt func()) ([]byte, error)
}

// NewEnvironment is the environment of the process.
func NewEnvironment() Environment {
	return Environment{
		Streams:  genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Clock:    clock.RealClock{},
		Terminal: realTerminal{},
		Connect:  connect,
	}
}
