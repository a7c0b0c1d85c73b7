// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"

	"go.uber.org/zap/zapcore"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/vectara-job-operator/vectara-job-operator/internal/version"
)

// EnvPrefix starts the name of the environment variable that stands in for a flag: --poll-min is
// VECTARA_JOB_OPERATOR_POLL_MIN. A flag on the command line wins.
const EnvPrefix = "VECTARA_JOB_OPERATOR_"

// versionFlag prints the version. It is the one flag that no environment variable stands in for: whoever keeps a version there
// does not want the manager to end.
const versionFlag = "version"

// ErrVersion says that the version was asked for, and printed.
var ErrVersion = errors.New("version requested")

// ParseOptions reads options from command line arguments and the environment, and checks them. It returns flag.ErrHelp
// after it wrote the requested help to out, and ErrVersion after the version.
func ParseOptions(args []string, env func(string) (string, bool), out io.Writer) (Options, error) {
	options := DefaultOptions()
	flags := options.flagSet()
	flags.VisitAll(func(f *flag.Flag) {
		if f.Name != versionFlag {
			options.variables = append(options.variables, envName(f.Name))
		}
	})
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			writeHelp(out, flags)
			return Options{}, err
		}
		return Options{}, fmt.Errorf("%w (--help lists the flags)", err)
	}
	if flags.NArg() > 0 {
		return Options{}, fmt.Errorf("expected flags only, got the argument %q", flags.Arg(0))
	}
	if options.version {
		if _, err := fmt.Fprintf(out, "manager %s (%s, %s/%s)\n", version.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH); err != nil {
			return Options{}, fmt.Errorf("writing the version: %w", err)
		}
		return Options{}, ErrVersion
	}
	if err := setFromEnv(flags, env); err != nil {
		return Options{}, err
	}
	if err := options.validate(); err != nil { // It also fills in what the options stand for.
		return options, err
	}
	options.nameLease(flags)
	return options, nil
}

// flagSet binds the flags to the options.
func (o *Options) flagSet() *flag.FlagSet {
	f := flag.NewFlagSet("manager", flag.ContinueOnError)
	f.SetOutput(io.Discard) // Errors and help are the caller's to print.

	f.StringVar(&o.Endpoint, "endpoint", o.Endpoint,
		"base `URL` of the Vectara API; a path in it is kept as a prefix")
	f.StringVar(&o.TokenURL, "token-url", o.TokenURL,
		"`URL` where OAuth 2.0 clients get access tokens")
	f.BoolVar(&o.AllowInsecureEndpoints, "allow-insecure-endpoints", o.AllowInsecureEndpoints,
		"let --endpoint and --token-url be http://, which sends credentials in clear text")
	f.StringVar(&o.CAFile, "ca-file", o.CAFile,
		"`file` of PEM certificates to trust for both URLs, besides the system's")

	durationVar(f, &o.PollMin, "poll-min",
		"shortest adaptive `interval` between two polls of a job, from 1s")
	durationVar(f, &o.PollMax, "poll-max",
		"longest adaptive `interval` between two polls of a job, to 24h")
	durationVar(f, &o.RequestTimeout, "request-timeout",
		"`time` that one call to the Vectara API may take when spec.requestTimeout is absent, from 1s to 5m")

	numberVar(f, &o.RequestsPerSecond, "requests-per-second",
		"request `budget` of each set of credentials, shared by all its jobs")
	countVar(f, &o.Burst, "burst",
		"`requests` that each set of credentials may make at once after a quiet time")
	countVar(f, &o.MaxConcurrentReconciles, "max-concurrent-reconciles",
		"`objects` that are reconciled at the same time")

	f.StringVar(&o.WatchNamespaces, "watch-namespaces", o.WatchNamespaces,
		"`names` of the namespaces to watch, with commas between them; empty means all")
	f.StringVar(&o.WatchLabelSelector, "watch-label-selector", o.WatchLabelSelector,
		"label `selector` of the VectaraJobs and VectaraJobDiscoveries to watch, such as shard=a; empty means all")

	f.BoolVar(&o.LeaderElect, "leader-elect", o.LeaderElect,
		"let only one replica work at a time")
	f.StringVar(&o.LeaderElectionID, leaseFlag, o.LeaderElectionID,
		"`name` of the Lease that the replicas share; if unset, --watch-namespaces and --watch-label-selector add a hash of theirs, so that each shard has its own")
	f.StringVar(&o.LeaderElectionNamespace, "leader-election-namespace", o.LeaderElectionNamespace,
		"`namespace` of that Lease; empty means the one that the manager runs in")

	f.StringVar(&o.MetricsBindAddress, "metrics-bind-address", o.MetricsBindAddress,
		"`address` of the metrics endpoint; 0 switches it off")
	f.BoolVar(&o.MetricsSecure, "metrics-secure", o.MetricsSecure,
		"serve metrics with TLS, to those whom the API server authenticates and authorises")
	f.StringVar(&o.MetricsCertPath, "metrics-cert-path", o.MetricsCertPath,
		"`folder` with tls.crt and tls.key to serve metrics with, read again when they change; empty means a certificate that nobody signed")
	f.StringVar(&o.HealthProbeBindAddress, "health-probe-bind-address", o.HealthProbeBindAddress,
		"`address` of /healthz and /readyz; 0 switches them off")
	f.StringVar(&o.PprofBindAddress, "pprof-bind-address", o.PprofBindAddress,
		"`address` of Go's profiles under /debug/pprof/, for whoever reaches it: bind it to loopback; 0 switches it off")

	f.BoolVar(&o.version, versionFlag, o.version,
		"print the version, and end; no environment variable stands in for this flag")

	o.Zap.TimeEncoder = zapcore.RFC3339NanoTimeEncoder
	o.Zap.BindFlags(f)
	config.RegisterFlags(f)
	return f
}

// setFromEnv sets the flags that the command line did not.
func setFromEnv(flags *flag.FlagSet, env func(string) (string, bool)) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var wrong []error
	flags.VisitAll(func(f *flag.Flag) {
		value, ok := env(envName(f.Name))
		if !ok || given[f.Name] || f.Name == versionFlag {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: invalid value %q for --%s: %w", envName(f.Name), value, f.Name, err))
		}
	})
	return errors.Join(wrong...)
}

func envName(flagName string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

func writeHelp(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, "manager mirrors Vectara jobs into VectaraJob resources.\n\n"+
		"Each flag can also be set in the environment: --poll-min as %s.\n\nFlags:\n", envName("poll-min"))
	flags.SetOutput(w)
	flags.PrintDefaults()
}
