// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the operator as it is shipped: the manager binary, as a process, under the permissions of
// config/rbac, on a real API server. Only Vectara is played, by internal/simulator.
package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	kruntime "k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// What all tests share.
var (
	cluster *harness.ControlPlane
	binary  string // of the manager
	admin   client.WithWatch
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	// These tests wait for most of their time, so that more of them run at once than there are processors.
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	if binary, err = harness.BuildManager(ctx, folder); err != nil {
		return 0, err
	}
	if cluster, err = harness.StartControlPlane(""); err != nil {
		return 0, err
	}
	defer func() {
		if stopErr := cluster.Stop(); err == nil {
			err = stopErr
		}
	}()
	if err := cluster.StartControllerManager(); err != nil {
		return 0, err
	}
	if err := cluster.Install(ctx); err != nil {
		return 0, err
	}
	scheme := kruntime.NewScheme()
	for _, add := range []func(*kruntime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return 0, err
		}
	}
	if admin, err = client.NewWithWatch(cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}
	if code = m.Run(); code == 0 && wholeSuite() {
		err = checkPermissions(context.Background())
	}
	return code, err
}
