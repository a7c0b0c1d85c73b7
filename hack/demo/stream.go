// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strings"
	"syscall"
)

// stream is a kubectl command whose output is read line by line while it runs.
type stream struct {
	// lines gets each line as it comes, and is closed when the command has ended.
	lines chan string
	err   error // how the command ended, once lines is closed
}

// stream starts a kubectl command. The end of the context ends it. Somebody has to read all its lines.
func (d *demo) stream(ctx context.Context, arguments ...string) (*stream, error) {
	command := d.cluster.KubectlCommand(ctx, arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var complaint bytes.Buffer
	command.Stderr = &complaint
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting kubectl: %w", err)
	}
	s := &stream{lines: make(chan string)}
	go func() {
		defer close(s.lines)
		scanner := bufio.NewScanner(output)
		for scanner.Scan() {
			s.lines <- scanner.Text()
		}
		if err := command.Wait(); err != nil {
			s.err = fmt.Errorf("%s: %w: %s", shellLine(kubectlLine(arguments)), err, strings.TrimSpace(complaint.String()))
		}
	}()
	return s, nil
}

// end ends a stream's command by its context, and reads what is left of its output.
func end(cancel context.CancelFunc, s *stream) {
	cancel()
	for range s.lines {
		continue
	}
}
