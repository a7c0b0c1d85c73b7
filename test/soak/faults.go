// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// runFaults has the faults of a plan happen in turn.
func (w *world) runFaults(ctx context.Context, began time.Time, plan []fault) {
	for _, f := range plan {
		if !pass(ctx, time.Until(began.Add(f.At))) {
			return
		}
		w.report.fault(f)
		if err := w.cause(ctx, f); err != nil && ctx.Err() == nil {
			w.report.trouble("the fault "+f.String(), err)
		}
	}
}

// cause has a fault happen, and returns when it is over.
func (w *world) cause(ctx context.Context, f fault) error {
	switch f.Kind {
	case keyRotated, keyRotatedLate:
		return w.rotate(ctx, f)
	case secretRemoved:
		return w.removeSecrets(ctx, f)
	case connectionsCut:
		w.proxy.cut()
		return nil
	case apiServerPaused:
		return hold(ctx, w.apiServer, f.For)
	case etcdPaused:
		return hold(ctx, w.etcd, f.For)
	case managerPaused:
		return hold(ctx, w.manager.PID(), f.For)
	default:
		if f.Kind == tokenDown {
			w.vectara.ExpireTokens()
		}
		heal := w.vectara.Inject(w.injected(f))
		pass(ctx, f.For)
		heal()
		if f.Kind == listHangs || f.Kind == getHangs {
			// Calls that hang do so until their deadline.
			pass(ctx, w.options.deadline())
		}
		return nil
	}
}

// injected is what the simulator does for a fault.
func (w *world) injected(f fault) simulator.Fault {
	const list, get = simulator.OpListJobs, simulator.OpGetJob
	one := w.accounts[f.Account].credential()
	switch f.Kind {
	case list429:
		return simulator.Fault{Operation: list, Status: http.StatusTooManyRequests, RetryAfter: "3"}
	case list503:
		return simulator.Fault{Operation: list, Status: http.StatusServiceUnavailable}
	case listHangs:
		return simulator.Fault{Operation: list, Hang: true}
	case listLate:
		return simulator.Fault{Operation: list, Lag: 5 * time.Second}
	case listEmpty:
		return simulator.Fault{Operation: list, Empty: true}
	case get503:
		return simulator.Fault{Operation: get, Credential: one, Status: http.StatusServiceUnavailable}
	case get429:
		return simulator.Fault{Operation: get, Credential: one, Status: http.StatusTooManyRequests, RetryAfter: "2"}
	case getHangs:
		return simulator.Fault{Operation: get, Credential: one, Hang: true}
	case getReset:
		return simulator.Fault{Operation: get, Reset: true}
	case truncated:
		return simulator.Fault{Truncate: true}
	case slow:
		return simulator.Fault{Delay: 3 * time.Second}
	case vectaraDown:
		return simulator.Fault{Status: http.StatusServiceUnavailable}
	case jobRefused:
		id, key := w.record.pick(f.Account, f.Pick), w.accounts[f.Account].present()
		body, _ := json.Marshal(map[string]any{"messages": []string{"The key " + key + " may not see this job."}})
		return simulator.Fault{Operation: get, JobID: id, Status: http.StatusForbidden, Body: string(body)}
	case tokenDown:
		return simulator.Fault{Operation: simulator.OpToken, Status: http.StatusServiceUnavailable}
	default:
		panic("no such fault: " + string(f.Kind))
	}
}

// rotate replaces the credentials of an account: in the Secrets first, or in Vectara first.
func (w *world) rotate(ctx context.Context, f fault) error {
	a := w.accounts[f.Account]
	revoke := a.admit(w.vectara, w.secrets)
	if f.Kind == keyRotatedLate {
		revoke()
		pass(ctx, f.For)
		return w.updateSecrets(ctx, a)
	}
	err := w.updateSecrets(ctx, a)
	pass(ctx, f.For)
	revoke()
	return err
}

func (w *world) updateSecrets(ctx context.Context, a *account) error {
	for _, namespace := range a.namespaces {
		secret := a.object(namespace)
		patch, err := json.Marshal(map[string]any{"stringData": secret.StringData})
		if err != nil {
			return err
		}
		err = w.insist(ctx, func() error { return w.admin.Patch(ctx, secret, client.RawPatch(types.MergePatchType, patch)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// removeSecrets deletes the Secrets of an account, and creates them again after a while.
func (w *world) removeSecrets(ctx context.Context, f fault) error {
	a := w.accounts[f.Account]
	for _, namespace := range a.namespaces {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: a.object(namespace).Name}}
		if err := w.insist(ctx, func() error { return client.IgnoreNotFound(w.admin.Delete(ctx, secret)) }); err != nil {
			return err
		}
	}
	pass(ctx, f.For)
	for _, namespace := range a.namespaces {
		err := w.insist(ctx, func() error {
			err := w.admin.Create(ctx, a.object(namespace))
			if apierrors.IsAlreadyExists(err) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// insist tries something some times: what the soak needs of the API server has to happen, even on a busy machine.
func (w *world) insist(ctx context.Context, what func() error) error {
	var err error
	for range 10 {
		if err = what(); err == nil || ctx.Err() != nil {
			return err
		}
		pass(ctx, time.Second)
	}
	return fmt.Errorf("after ten attempts: %w", err)
}
