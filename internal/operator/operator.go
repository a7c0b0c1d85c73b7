// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/config"
	ctrlcontroller "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/controller"
	"github.com/vectara-job-operator/vectara-job-operator/internal/jobs"
	"github.com/vectara-job-operator/vectara-job-operator/internal/metrics"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
	"github.com/vectara-job-operator/vectara-job-operator/internal/version"
)

// maxDiscovering is how many discoveries are reconciled at the same time. Each may have several VectaraJobs created at once.
const maxDiscovering = 4

// shutdownTimeout is for how long work that is under way may go on after the process got the signal to end.
const shutdownTimeout = 5 * time.Second

// What this package needs is for serving metrics alone: "make generate" makes a role of its own of it, so that those who serve none
// need not grant it.
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

// SignalContext returns a context that ends on SIGINT or SIGTERM. A second signal ends the process at once.
func SignalContext() context.Context { return ctrl.SetupSignalHandler() }

// Run runs the operator until the context ends, against the cluster of the kubeconfig in use. Options must come from
// ParseOptions.
func Run(ctx context.Context, options Options) error {
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&options.Zap)))
	warnOfUnknownVariables(ctrl.Log, os.Environ(), options.variables)
	if options.LeaderElect && options.LeaderElectionNamespace == "" && !inCluster() {
		return errors.New("--leader-election-namespace: expected the name of a namespace, as the manager does not run in a cluster; or set --leader-elect=false")
	}
	restConfig, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	mgr, err := NewManager(restConfig, options)
	if err != nil {
		return err
	}
	mgr.GetLogger().Info("Starting", "version", version.Version, "endpoint", options.Endpoint, "tokenURL", options.TokenURL)
	return mgr.Start(ctx)
}

// inCluster reports whether the manager runs in a pod, and so has a namespace of its own.
func inCluster() bool {
	_, err := os.Stat("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	return err == nil
}

// NewManager assembles the operator for a cluster.
func NewManager(restConfig *rest.Config, options Options) (manager.Manager, error) {
	recorder, err := metrics.New(ctrlmetrics.Registry)
	if err != nil {
		return nil, fmt.Errorf("setting up metrics: %w", err)
	}
	api, err := vectara.NewClient(vectara.Options{
		Endpoint:      options.Endpoint,
		TokenURL:      options.TokenURL,
		AllowInsecure: options.AllowInsecureEndpoints,
		RootCAs:       options.rootCAs,
		UserAgent:     userAgent(),
		OnRoundTrip:   recorder.RoundTripEnded,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the Vectara client: %w", err)
	}

	restConfig = rest.CopyConfig(restConfig)
	restConfig.UserAgent = userAgent()
	restConfig.Wrap(withDeadline)
	watches := newWatchMonitor(time.Now)
	restConfig.Wrap(watches.wrap)
	mgr, err := ctrl.NewManager(restConfig, ctrl.Options{
		Scheme:                        newScheme(),
		MapperProvider:                newMapper,
		Cache:                         cacheOptions(options),
		Metrics:                       metricsOptions(options),
		HealthProbeBindAddress:        options.HealthProbeBindAddress,
		PprofBindAddress:              options.PprofBindAddress,
		LeaderElection:                options.LeaderElect,
		LeaderElectionID:              options.LeaderElectionID,
		LeaderElectionNamespace:       options.LeaderElectionNamespace,
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       ptr.To(shutdownTimeout),
		Controller: config.Controller{
			// A standby keeps its caches warm, and has what it needs the moment it takes over.
			EnableWarmup: ptr.To(true),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the manager: %w", err)
	}

	changes := &controller.EventSource{}
	source := jobs.NewSource(
		func(credentials vectara.Credentials, onTokenRequest func()) jobs.API {
			return api.NewSession(credentials, onTokenRequest)
		},
		jobs.Limits{RequestsPerSecond: options.RequestsPerSecond, Burst: options.Burst},
		changes.Enqueue,
	)
	source.SetRecorder(recorder)
	events, err := newEventWriter(mgr, recorder)
	if err != nil {
		return nil, fmt.Errorf("setting up events: %w", err)
	}
	writes := &controller.WriteMonitor{Recorder: events, Metrics: recorder, Now: time.Now}
	reconciler := &controller.Reconciler{
		Client:         mgr.GetClient(),
		Recorder:       events,
		Source:         source,
		Bounds:         controller.PollBounds{Min: options.PollMin, Max: options.PollMax},
		RequestTimeout: options.RequestTimeout,
		Now:            time.Now,
		Metrics:        recorder,
		Writes:         writes,
	}
	discoverer := &controller.DiscoveryReconciler{
		Client:   mgr.GetClient(),
		Recorder: events,
		Source:   source,
		Selector: options.selector,
		Metrics:  recorder,
		Writes:   writes,
		Now:      time.Now,
	}
	served, err := discovery.NewDiscoveryClientForConfigAndClient(restConfig, mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("setting up the manager: %w", err)
	}
	starter := &starter{
		manager:   mgr,
		discovery: served,
		version:   versionCheck{server: served},
		setup: func(ctx context.Context) error {
			return errors.Join(
				reconciler.SetupWithManager(ctx, mgr, changes, ctrlcontroller.Options{
					MaxConcurrentReconciles: options.MaxConcurrentReconciles,
				}),
				discoverer.SetupWithManager(ctx, mgr, ctrlcontroller.Options{
					MaxConcurrentReconciles: min(options.MaxConcurrentReconciles, maxDiscovering),
				}),
			)
		},
	}
	recorder.Show(viewsOf(mgr, starter, source, writes, watches))
	for _, err := range []error{
		mgr.Add(starter),
		// A runnable like any other: it runs on the leader only, and is waited for at the end.
		mgr.Add(manager.RunnableFunc(source.Run)),
		mgr.Add(manager.RunnableFunc(events.Run)),
		mgr.AddHealthzCheck("ping", healthz.Ping),
		mgr.AddReadyzCheck("caches", starter.ready),
		mgr.AddReadyzCheck("watches", watches.ready),
		mgr.AddReadyzCheck("writes", writes.Ready),
	} {
		if err != nil {
			return nil, fmt.Errorf("setting up the manager: %w", err)
		}
	}
	return mgr, nil
}

func metricsOptions(options Options) metricsserver.Options {
	o := metricsserver.Options{BindAddress: options.MetricsBindAddress, SecureServing: options.MetricsSecure}
	if options.MetricsSecure {
		// Without a folder, the server makes itself a certificate.
		o.CertDir, o.CertName, o.KeyName = options.MetricsCertPath, metricsCert, metricsKey
		o.FilterProvider = filters.WithAuthenticationAndAuthorization
		// A client that opens and resets HTTP/2 streams costs a server more than it costs the client.
		o.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }}
	}
	return o
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// newMapper makes a mapper that knows by itself the kinds that the operator watches, so that the manager can be assembled before
// their CRDs are there, and nothing waits for an API server that does not respond. A cache of several namespaces asks for kinds of
// lists too, which the API server does not know: it would be asked each time.
func newMapper(config *rest.Config, httpClient *http.Client) (meta.RESTMapper, error) {
	own := meta.NewDefaultRESTMapper([]schema.GroupVersion{v1alpha1.GroupVersion, corev1.SchemeGroupVersion})
	add := func(version schema.GroupVersion, kind, plural, singular string) {
		for _, name := range []string{kind + "List", kind} { // The last one is what the resource is said to hold.
			own.AddSpecific(version.WithKind(name), version.WithResource(plural), version.WithResource(singular), meta.RESTScopeNamespace)
		}
	}
	add(corev1.SchemeGroupVersion, "Secret", "secrets", "secret")
	for _, kind := range ownKinds {
		add(v1alpha1.GroupVersion, kind.name, kind.plural, kind.singular)
	}
	others, err := apiutil.NewDynamicRESTMapper(config, httpClient)
	if err != nil {
		return nil, err
	}
	return meta.FirstHitRESTMapper{MultiRESTMapper: meta.MultiRESTMapper{own, others}}, nil
}

func userAgent() string { return controller.FieldOwner + "/" + version.Version }
