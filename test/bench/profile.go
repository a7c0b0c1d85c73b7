// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// profile writes a CPU profile of some seconds of the manager, and its heap at the end of them, if profiles are
// wanted. It does so in the background; the function that it returns waits for the end.
func (m *manager) profile(ctx context.Context, name string, size int, d time.Duration) (wait func() error) {
	if m.pprof == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		err := m.download(ctx, fmt.Sprintf("profile?seconds=%.0f", max(1, d.Seconds())), fmt.Sprintf("%s-%d-cpu.prof", name, size))
		done <- errors.Join(err, m.download(ctx, "heap", fmt.Sprintf("%s-%d-heap.prof", name, size)))
	}()
	return func() error { return <-done }
}

func (m *manager) download(ctx context.Context, path, name string) error {
	body, err := get(ctx, m.pprof+path)
	if err != nil {
		return fmt.Errorf("getting a profile: %w", err)
	}
	defer body.Close()
	if err := os.MkdirAll(m.folder, 0o750); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(m.folder, name)) //nolint:gosec // The folder is what the user said.
	if err != nil {
		return err
	}
	_, err = io.Copy(file, body)
	return errors.Join(err, file.Close())
}
