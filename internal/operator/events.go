// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"os"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedeventsv1 "k8s.io/client-go/kubernetes/typed/events/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vectara-job-operator/vectara-job-operator/internal/controller"
)

// newEventWriter makes a writer of events to the manager's API server.
func newEventWriter(mgr manager.Manager, lost controller.EventLossRecorder) (*controller.EventWriter, error) {
	config := rest.CopyConfig(mgr.GetConfig())
	config.QPS = -1 // The writer itself leaves room for others.
	client, err := typedeventsv1.NewForConfigAndClient(config, mgr.GetHTTPClient())
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	return controller.NewEventWriter(controller.FieldOwner+"-"+host, lost, func(ctx context.Context, event *eventsv1.Event) error {
		_, err := client.Events(event.Namespace).Create(ctx, event, metav1.CreateOptions{})
		return err
	}), nil
}
