// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// stopWithin bounds how long the manager may take to end, as terminationGracePeriodSeconds does in config/manager.
const stopWithin = 10 * time.Second

// stop stops everything that runs, whatever that is.
func (d *demo) stop() error {
	if d.cluster == nil {
		return nil // It is what is started first.
	}
	d.out.heading("Stop everything")
	var err error
	if d.manager != nil {
		err = d.stopManager()
	}
	if d.vectara != nil {
		d.vectara.Close()
		d.out.line("The simulated Vectara has stopped.")
	}
	began := time.Now()
	if stopErr := d.cluster.Stop(); stopErr != nil {
		return errors.Join(err, fmt.Errorf("stopping the control plane: %w", stopErr))
	}
	d.out.line("kube-apiserver and etcd have stopped (after %s), and their files are deleted.", taken(time.Since(began)))
	return err
}

// stopManager stops the manager as a cluster does.
func (d *demo) stopManager() error {
	select {
	case <-d.manager.Done():
		return nil // Why it ended before has been said.
	default:
	}
	began := time.Now()
	d.manager.Signal(syscall.SIGTERM)
	select {
	case <-d.manager.Done():
	case <-time.After(stopWithin):
		d.manager.Kill()
		return fmt.Errorf("the manager did not end within %v after SIGTERM: it was killed", stopWithin)
	}
	if err := d.manager.Err(); err != nil {
		return fmt.Errorf("the manager did not end well after SIGTERM: %w", err)
	}
	d.out.line("The manager ended %s after SIGTERM, with exit code 0.", taken(time.Since(began)))
	return nil
}
