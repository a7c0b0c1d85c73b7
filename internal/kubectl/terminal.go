// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"errors"
	"io"

	"golang.org/x/term"
)

// realTerminal is the terminal that a stream with a file descriptor leads to.
type realTerminal struct{}

func descriptor(stream any) (int, bool) {
	file, ok := stream.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	fd := int(file.Fd())
	return fd, term.IsTerminal(fd)
}

// Width implements Terminal.
func (realTerminal) Width(w io.Writer) (int, bool) {
	fd, ok := descriptor(w)
	if !ok {
		return 0, false
	}
	columns, _, err := term.GetSize(fd)
	return columns, err == nil && columns > 0
}

// IsTerminal implements Terminal.
func (realTerminal) IsTerminal(r io.Reader) bool {
	_, ok := descriptor(r)
	return ok
}

// ReadSecret implements Terminal. A read of a terminal cannot be cancelled: when ctx ends it is left behind, and the
// process ends soon. Input is hidden before the prompt, as it may come with the prompt.
func (realTerminal) ReadSecret(ctx context.Context, r io.Reader, prompt func()) ([]byte, error) {
	fd, ok := descriptor(r)
	if !ok {
		return nil, errors.New("standard input is not a terminal")
	}
	restore, err := hideInput(fd)
	if err != nil {
		return nil, err
	}
	prompt()
	type line struct {
		text []byte
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		lines <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), restore())
	case got := <-lines:
		return got.text, errors.Join(got.err, restore())
	}
}
