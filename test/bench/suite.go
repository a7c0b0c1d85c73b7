// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// suite is what all measurements of a run share.
type suite struct {
	options options
	said    *progress
	cluster *harness.ControlPlane
	scheme  *runtime.Scheme
	// admin may do anything.
	admin client.Client
	// bare has the identity, the permissions and the HTTP settings of the operator, and nothing of its machinery.
	bare     client.Client
	identity *rest.Config // of bare
	patterns patterns
}

// measure runs the scenarios, the smaller sizes first. It returns what it has when the context ends.
func measure(ctx context.Context, o options, said *progress) (result *outcome, err error) {
	here, err := thisMachine()
	if err != nil {
		return nil, err
	}
	said.say("starting etcd and kube-apiserver")
	s := &suite{options: o, said: said}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	defer func() { err = errors.Join(err, s.stop()) }()

	result = &outcome{Began: time.Now(), Machine: here, Sizes: o.sizes}
	for i, size := range o.sizes {
		if ctx.Err() != nil {
			break
		}
		s.runSize(ctx, result, size, i == len(o.sizes)-1)
	}
	result.addMemoryPerObject()
	return result, nil
}

func (s *suite) start(ctx context.Context) error {
	var err error
	if s.cluster, err = harness.StartControlPlane(""); err != nil {
		return err
	}
	if err := s.cluster.Install(ctx); err != nil {
		return err
	}
	s.scheme = runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(s.scheme); err != nil {
			return err
		}
	}
	if s.admin, err = s.client(s.cluster.Config); err != nil {
		return err
	}
	kubeconfig, err := s.cluster.OperatorKubeconfig(ctx)
	if err != nil {
		return err
	}
	if s.identity, err = clientcmd.BuildConfigFromFlags("", kubeconfig); err != nil {
		return err
	}
	s.identity.QPS = -1 // As controller-runtime sets it.
	if s.bare, err = s.client(s.identity); err != nil {
		return err
	}
	s.said.say("learning how the operator words its statuses")
	s.patterns, err = s.learnPatterns(ctx)
	return err
}

func (s *suite) client(config *rest.Config) (client.Client, error) {
	return client.New(config, client.Options{Scheme: s.scheme})
}

func (s *suite) stop() error {
	if s.cluster == nil {
		return nil
	}
	return s.cluster.Stop()
}

// runSize measures every scenario at one size.
func (s *suite) runSize(ctx context.Context, result *outcome, size int, largest bool) {
	at := &stage{suite: s, size: size}
	defer at.close()
	for _, scenario := range s.options.scenarios {
		if scenario.once && !largest {
			continue
		}
		s.said.say("%7s %s: %s", grouped(size), scenario.name, scenario.about)
		bounded, cancel := context.WithTimeoutCause(ctx, scenarioTimeout, fmt.Errorf("it took longer than %v", scenarioTimeout))
		figures, err := scenario.run(bounded, at)
		if err != nil && bounded.Err() != nil {
			err = fmt.Errorf("%w: %w", context.Cause(bounded), err)
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.said.say("%7s %s: could not be measured: %v", grouped(size), scenario.name, err)
			result.Failures = append(result.Failures, failure{Scenario: scenario.name, Size: size, Reason: err.Error()})
			continue
		}
		result.add(scenario.name, size, figures)
		for _, f := range figures {
			s.said.say("%7s %s: %s: %s", grouped(size), scenario.name, f.Name, f.text())
		}
	}
}
