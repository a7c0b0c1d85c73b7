// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
)

const (
	// refusalGrace is for how long an object must have been refused before an event says so: some refusals pass by themselves.
	refusalGrace = 15 * time.Second

	// permissionGrace is for how long the operator must have lacked a permission before it says that it is not ready.
	permissionGrace = 30 * time.Second

	reasonWriteRefused      = "WriteRefused"
	reasonWriteSucceeded    = "WriteSucceeded"
	reasonReconcilePanicked = "ReconcilePanicked"

	panicNote = "The operator has a fault in its code that concerns this object: its log has the details. It goes on with other objects, and tries this one again within a minute."
)

// panicFailure is the reason of a failure that was a panic. Other reasons are those of the API server.
const panicFailure metav1.StatusReason = "Panic"

// WriteFailureRecorder counts writes that failed. Its methods must not block.
type WriteFailureRecorder interface {
	// WriteFailed records that an object could not be written, and why.
	WriteFailed(reason metav1.StatusReason)
}

// WriteMonitor keeps which objects could not be written, and makes it known: what such an object shows is out of date, and the
// object itself cannot say so. A nil monitor does nothing.
type WriteMonitor struct {
	// Recorder records events.
	Recorder events.EventRecorder
	// Metrics counts failures; nil counts nothing.
	Metrics WriteFailureRecorder
	// Now tells the time.
	Now func() time.Time

	mu      sync.Mutex
	failing map[writtenObject]*writeFailure
}

type writtenObject struct {
	kind string
	name types.NamespacedName
}

// writeFailure is what is known of an object that could not be written.
type writeFailure struct {
	since     time.Time
	last      error // nil for a panic
	announced bool  // by an event
}

// Stats returns how many objects could not be written when they last should have been, and for how long that has been so for one
// of them.
func (m *WriteMonitor) Stats() (unwritten int, oldest time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, failure := range m.failing {
		oldest = max(oldest, m.Now().Sub(failure.since))
	}
	return len(m.failing), oldest
}

// Ready is a readiness check: the operator has the permissions that it needs to write.
func (m *WriteMonitor) Ready(*http.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, failure := range m.failing {
		if isMissingPermission(failure.last) && m.Now().Sub(failure.since) > permissionGrace {
			return errors.New("the API server forbids the manager to write VectaraJobs, VectaraJobDiscoveries or their status: see its log, and its ClusterRole")
		}
	}
	return nil
}

// reconciled takes in how a reconcile ended. The object is nil if it is gone.
func (m *WriteMonitor) reconciled(ctx context.Context, kind string, name types.NamespacedName, object client.Object, err error) {
	if m == nil || ctx.Err() != nil {
		return // Writes fail when the process ends.
	}
	key := writtenObject{kind, name}
	if object == nil || client.IgnoreNotFound(err) == nil {
		m.written(ctx, key, object)
		return
	}
	if m.fail(key, err) {
		m.Recorder.Eventf(object, nil, corev1.EventTypeWarning, reasonWriteRefused, "Write", "%s",
			clipBytes(fmt.Sprintf("The operator cannot write this object, so that it shows old news: %s", plaintext.OneLine(err.Error())), maxNote))
	}
}

// notePanic takes in that a reconcile of an object panics. It is to be deferred. The panic goes on: controller-runtime counts it,
// logs it, and has the object reconciled again later.
func (m *WriteMonitor) notePanic(kind string, object client.Object) {
	cause := recover()
	if cause == nil {
		return
	}
	if m != nil && object.GetName() != "" && m.fail(writtenObject{kind, client.ObjectKeyFromObject(object)}, nil) {
		m.Recorder.Eventf(object, nil, corev1.EventTypeWarning, reasonReconcilePanicked, "Reconcile", "%s", panicNote)
	}
	panic(cause)
}

// fail records a failure, and reports whether it is to be announced. An API server that does not answer says nothing about the
// object, so that only refusals and panics are.
func (m *WriteMonitor) fail(key writtenObject, err error) (announce bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Metrics != nil {
		m.Metrics.WriteFailed(failureReason(err))
	}
	failure, ok := m.failing[key]
	if !ok {
		if m.failing == nil {
			m.failing = map[writtenObject]*writeFailure{}
		}
		failure = &writeFailure{since: m.Now()}
		m.failing[key] = failure
	}
	failure.last = err
	if failure.announced || err != nil && (!isRefusal(err) || m.Now().Sub(failure.since) < refusalGrace) {
		return false
	}
	failure.announced = true
	return true
}

// written records that an object was written, needed no write, or is gone.
func (m *WriteMonitor) written(ctx context.Context, key writtenObject, object client.Object) {
	m.mu.Lock()
	failure, failed := m.failing[key]
	delete(m.failing, key)
	m.mu.Unlock()
	if !failed || !failure.announced || object == nil {
		return
	}
	logWritten(ctx, m.Now().Sub(failure.since))
	m.Recorder.Eventf(object, nil, corev1.EventTypeNormal, reasonWriteSucceeded, "Write", "The operator can write this object again.")
}

func failureReason(err error) metav1.StatusReason {
	if err == nil {
		return panicFailure
	}
	return apierrors.ReasonForError(err)
}

// isRefusal reports whether the API server refused a write, and would again.
func isRefusal(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || apierrors.IsRequestEntityTooLargeError(err)
}

// isMissingPermission tells RBAC from an admission policy, which may refuse a single object: only RBAC speaks of a resource that
// the user cannot touch.
func isMissingPermission(err error) bool {
	return err != nil && apierrors.IsForbidden(err) && strings.Contains(err.Error(), " cannot ") && strings.Contains(err.Error(), " resource ")
}
