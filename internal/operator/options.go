// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// Options are what an administrator can set. Each field is a flag, and an environment variable; see flags.go.
type Options struct {
	Endpoint               string
	TokenURL               string
	AllowInsecureEndpoints bool
	CAFile                 string

	PollMin        time.Duration
	PollMax        time.Duration
	RequestTimeout time.Duration

	RequestsPerSecond       float64
	Burst                   int
	MaxConcurrentReconciles int

	WatchNamespaces    string
	WatchLabelSelector string

	LeaderElect             bool
	LeaderElectionID        string
	LeaderElectionNamespace string

	MetricsBindAddress     string
	MetricsSecure          bool
	MetricsCertPath        string
	HealthProbeBindAddress string
	PprofBindAddress       string

	Zap zap.Options

	// Whether only the version is asked for.
	version bool

	// What validation found in the strings above.
	rootCAs    *x509.CertPool
	namespaces []string
	selector   labels.Selector

	// The names of the environment variables that stand for flags. Binding the flags a second time would reset controller-runtime's.
	variables []string
}

// disabled is the bind address that switches a listener off.
const disabled = "0"

// The files in the folder of the metrics certificate, as in a Secret of the type kubernetes.io/tls.
const (
	metricsCert = "tls.crt"
	metricsKey  = "tls.key"
)

// DefaultOptions are the options when nothing is set.
func DefaultOptions() Options {
	return Options{
		Endpoint:                vectara.DefaultEndpoint,
		TokenURL:                vectara.DefaultTokenURL,
		PollMin:                 2 * time.Second,
		PollMax:                 time.Minute,
		RequestTimeout:          10 * time.Second,
		RequestsPerSecond:       20,
		Burst:                   40,
		MaxConcurrentReconciles: 64,
		LeaderElect:             true,
		LeaderElectionID:        wholeLease,
		MetricsBindAddress:      ":8443",
		MetricsSecure:           true,
		HealthProbeBindAddress:  ":8081",
		PprofBindAddress:        disabled,
	}
}

// validate checks the options and works out what they stand for. Its error has one line for each flag that is wrong,
// which names the flag and what was expected.
func (o *Options) validate() error {
	var wrong []error
	expect := func(ok bool, flag, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("--%s: expected %s", flag, fmt.Sprintf(format, args...)))
		}
	}

	for flag, value := range map[string]string{"--endpoint": o.Endpoint, "--token-url": o.TokenURL} {
		if err := vectara.CheckURL(flag, value, o.AllowInsecureEndpoints); err != nil {
			wrong = append(wrong, err)
		}
	}
	var err error
	if o.rootCAs, err = rootCAs(o.CAFile); err != nil {
		wrong = append(wrong, fmt.Errorf("--ca-file: %w", err))
	}

	if o.MetricsCertPath != "" {
		if _, err := tls.LoadX509KeyPair(filepath.Join(o.MetricsCertPath, metricsCert), filepath.Join(o.MetricsCertPath, metricsKey)); err != nil {
			wrong = append(wrong, fmt.Errorf("--metrics-cert-path: expected a folder with %s and %s: %w", metricsCert, metricsKey, err))
		}
		expect(o.MetricsSecure, "metrics-cert-path", "it only together with --metrics-secure")
	}

	const day = 24 * time.Hour
	expect(o.PollMin >= time.Second && o.PollMin <= day, "poll-min", "a duration from 1s to 24h, got %v", o.PollMin)
	expect(o.PollMax >= time.Second && o.PollMax <= day, "poll-max", "a duration from 1s to 24h, got %v", o.PollMax)
	if o.PollMin <= day && o.PollMax >= time.Second { // Otherwise one of them is wrong as it is.
		expect(o.PollMin <= o.PollMax, "poll-min", "at most --poll-max, got %v above %v", o.PollMin, o.PollMax)
	}
	expect(o.RequestTimeout >= time.Second && o.RequestTimeout <= 5*time.Minute, "request-timeout",
		"a duration from 1s to 5m, got %v", o.RequestTimeout)
	// Written so that NaN is wrong too.
	expect(o.RequestsPerSecond >= 0.1 && o.RequestsPerSecond <= 100_000, "requests-per-second",
		"a number from 0.1 to 100000, got %v", o.RequestsPerSecond)
	expect(o.Burst >= 1 && o.Burst <= 100_000, "burst", "a number from 1 to 100000, got %d", o.Burst)
	expect(o.MaxConcurrentReconciles >= 1 && o.MaxConcurrentReconciles <= 1000, "max-concurrent-reconciles",
		"a number from 1 to 1000, got %d", o.MaxConcurrentReconciles)

	o.namespaces = nil
	if o.WatchNamespaces != "" {
		for namespace := range strings.SplitSeq(o.WatchNamespaces, ",") {
			namespace = strings.TrimSpace(namespace)
			expect(len(validation.IsDNS1123Label(namespace)) == 0, "watch-namespaces",
				"names of namespaces with commas between them, got %q", namespace)
			o.namespaces = append(o.namespaces, namespace)
		}
	}
	if o.selector, err = labels.Parse(o.WatchLabelSelector); err != nil {
		wrong = append(wrong, fmt.Errorf("--watch-label-selector: expected a label selector such as shard=a: %w", err))
	}

	if o.LeaderElect {
		expect(len(validation.IsDNS1123Subdomain(o.LeaderElectionID)) == 0, leaseFlag,
			"the name of a Lease (lower-case letters, digits, - and .), got %q", o.LeaderElectionID)
	}
	expect(o.LeaderElectionNamespace == "" || len(validation.IsDNS1123Label(o.LeaderElectionNamespace)) == 0,
		"leader-election-namespace", "the name of a namespace, got %q", o.LeaderElectionNamespace)
	for flag, address := range map[string]string{
		"metrics-bind-address": o.MetricsBindAddress, "health-probe-bind-address": o.HealthProbeBindAddress,
		"pprof-bind-address": o.PprofBindAddress,
	} {
		expect(isBindAddress(address), flag, "host:port, :port, or %s to switch it off, got %q", disabled, address)
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(wrong...)
}

func isBindAddress(address string) bool {
	if address == disabled {
		return true
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && strconv.FormatUint(number, 10) == port
}

// rootCAs are the system's roots and those of a file; nil, which means the system's, without a file.
func rootCAs(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file) //nolint:gosec // The administrator names it.
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("loading the system's roots: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("expected PEM certificates, found none in %s", file)
	}
	return pool, nil
}
