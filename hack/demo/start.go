// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// readyWithin bounds how long the manager may take until it is ready. It takes about a second.
const readyWithin = 30 * time.Second

// start starts what a cluster and the real Vectara would be.
func (d *demo) start(ctx context.Context) error {
	began := time.Now()
	d.out.line("etcd and kube-apiserver are starting ...")
	var err error
	if d.cluster, err = harness.StartControlPlane(""); err != nil {
		return err
	}
	if d.vectara, err = simulator.Start(simulator.Options{}); err != nil {
		return err
	}
	d.vectara.Apply(simulator.DemoScenario())
	d.out.line("API server         %s (after %s)", strings.TrimSuffix(d.cluster.Config.Host, "/"), taken(time.Since(began)))
	d.out.line("simulated Vectara  %s (knows four jobs, and a made-up API key)", d.vectara.URL())
	return d.kubectl(ctx, "version")
}

// install installs config/default, runs the manager as the service account in it, and waits until it is ready.
func (d *demo) install(ctx context.Context, fail context.CancelCauseFunc) error {
	binary, err := managerBinary()
	if err != nil {
		return err
	}
	d.out.command([]string{"kubectl", "apply", "--server-side", "-k", "config/default"})
	d.out.line("  (without the Deployment in it: there are no nodes here, so the manager runs as a process)")
	if err := d.cluster.Install(ctx); err != nil {
		return fmt.Errorf("installing config/default: %w", err)
	}
	if err := d.kubectl(ctx, "get", "crd,serviceaccounts", "-n", harness.OperatorNamespace, "-o", "name"); err != nil {
		return err
	}

	d.manager, err = d.cluster.StartManager(ctx, binary,
		"--endpoint="+d.vectara.URL(), "--token-url="+d.vectara.TokenURL(), "--allow-insecure-endpoints")
	if err != nil {
		return err
	}
	go func(manager *harness.Manager) {
		// Once the demo is over this comes to nothing.
		fail(earlyEnd(manager))
	}(d.manager)
	d.out.command(managerLine(d.manager.Arguments()))
	began := time.Now()
	if err := d.awaitReady(ctx); err != nil {
		return err
	}
	d.out.line("  %s/readyz says ok (after %s). The manager is", d.manager.Probes, taken(time.Since(began)))
	d.out.line("  %s", harness.OperatorUser)
	d.out.line("  and may do what config/rbac lets it do.")
	return nil
}

func (d *demo) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if d.manager.AwaitReady(ctx) == nil {
		return nil
	}
	// The error has the manager's log in it, which is shown anyway.
	if ctx.Err() == nil {
		return earlyEnd(d.manager)
	}
	return fmt.Errorf("the manager was not ready within %v: its log says why", readyWithin)
}

// errManagerEnded is the cause of a demo's end that its manager did not wait for.
var errManagerEnded = errors.New("the manager ended before the demo did")

// earlyEnd waits for the manager's end, and is what to say of it when it comes before its time.
func earlyEnd(manager *harness.Manager) error {
	if err := manager.Err(); err != nil {
		return fmt.Errorf("%w (%w): its log says why", errManagerEnded, err)
	}
	return fmt.Errorf("%w: its log says why", errManagerEnded)
}

// managerBinary finds what "make build" built.
func managerBinary() (string, error) {
	repository, err := harness.Repository()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(repository, "bin", "manager")
	if _, err := os.Stat(binary); err != nil {
		return "", errors.New("bin/manager is missing: run 'make build', or 'make demo', which does that too")
	}
	return binary, nil
}

// managerLine is the manager's command line without the folders that its binary and its kubeconfig are in.
func managerLine(arguments []string) []string {
	line := []string{"bin/manager"}
	for _, argument := range arguments {
		if path, ok := strings.CutPrefix(argument, "--kubeconfig="); ok {
			argument = "--kubeconfig=" + filepath.Base(path)
		}
		line = append(line, argument)
	}
	return line
}

// apply applies the demo's manifests.
func (d *demo) apply(ctx context.Context) error {
	sample, err := sampleManifest(d.jobs[0].name)
	if err != nil {
		return err
	}
	d.out.line("A VectaraJob needs no more than the ID of a job:\n")
	d.out.block("  " + strings.ReplaceAll(sample, "\n", "\n  "))
	d.out.line("")
	d.applied = time.Now()
	return d.kubectl(ctx, "apply", "-f", manifestsFile)
}
