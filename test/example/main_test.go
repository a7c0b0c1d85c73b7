// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// What all tests share.
var (
	cluster  *harness.ControlPlane
	operator string // the path of the manager
	scheme   *runtime.Scheme
	admin    client.WithWatch
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	if operator, err = harness.BuildManager(ctx, folder); err != nil {
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
	if err := cluster.Install(ctx); err != nil {
		return 0, err
	}
	if _, err := cluster.Kubectl(ctx, "apply", "--filename", "test/example/rbac.yaml"); err != nil {
		return 0, err
	}
	if scheme, err = newScheme(); err != nil {
		return 0, err
	}
	if admin, err = client.NewWithWatch(cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// asFollower is a configuration with the rights that rbac.yaml gives, and no others.
func asFollower() *rest.Config {
	config := rest.CopyConfig(cluster.Config)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:default:follower",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"},
	}
	return config
}
