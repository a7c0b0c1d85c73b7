// SPDX-License-Identifier: Apache-2.0

// Command vectara-simulator runs a stand-in for the Vectara API on a loopback port, so that the
// operator can be tried without an account.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings are what the flags say.
type settings struct {
	address  string
	scenario string
	tlsDir   string
	latency  time.Duration
}

// run serves until the context ends. It returns the exit code: 0 after a stop or help, 1 if
// starting failed, 2 if the flags are wrong.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	set, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	if err := simulate(ctx, set, out, errOut); err != nil {
		fmt.Fprintln(errOut, "vectara-simulator:", err)
		return 1
	}
	return 0
}

func parse(args []string, errOut io.Writer) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("vectara-simulator", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&set.address, "address", "127.0.0.1:8700", "loopback `host:port` to listen on; port 0 takes a free one")
	flags.StringVar(&set.scenario, "scenario", "", "YAML `file` with API keys, clients, jobs and faults (default: a built-in demo)")
	flags.StringVar(&set.tlsDir, "tls-dir", "", "serve https, and write the certificate authority to ca.crt in this `directory`")
	flags.DurationVar(&set.latency, "latency", 0, "how long each response is held back")
	flags.Usage = func() {
		fmt.Fprintln(errOut, "Usage: vectara-simulator [flags]\n\nA stand-in for the Vectara API on loopback, with scripted jobs.\n\nFlags:")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q", flags.Arg(0))
		fmt.Fprintln(errOut, err)
		flags.Usage()
		return set, err
	}
	return set, nil
}

func simulate(ctx context.Context, set settings, out, errOut io.Writer) error {
	scenario := simulator.DemoScenario()
	if set.scenario != "" {
		data, err := os.ReadFile(set.scenario)
		if err != nil {
			return err
		}
		if scenario, err = simulator.LoadScenario(data); err != nil {
			return fmt.Errorf("%s: %w", set.scenario, err)
		}
	}
	server, err := simulator.Start(simulator.Options{
		Address: set.address,
		TLS:     set.tlsDir != "",
		Latency: set.latency,
		Logger:  slog.New(slog.NewTextHandler(errOut, nil)),
	})
	if err != nil {
		return err
	}
	defer server.Close()
	server.Apply(scenario)
	fmt.Fprintf(out, "endpoint   %s\ntoken URL  %s\n", server.URL(), server.TokenURL())
	if set.tlsDir != "" {
		path, err := writeCA(set.tlsDir, server.CAPEM())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "CA file    %s\n", path)
	}
	describe(out, scenario, set.scenario == "")
	<-ctx.Done()
	return nil
}

// writeCA stores the certificate where curl --cacert and the operator's --ca-file can read it.
func writeCA(dir string, pem []byte) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "ca.crt")
	return path, os.WriteFile(path, pem, 0o644)
}

// describe shows what there is to try. Only the built-in credentials are shown: those of a file may be real.
func describe(out io.Writer, scenario simulator.Scenario, builtIn bool) {
	if builtIn {
		for _, key := range scenario.APIKeys {
			fmt.Fprintf(out, "API key    %s\n", key.Key)
		}
		for _, client := range scenario.Clients {
			fmt.Fprintf(out, "client     %s, secret %s\n", client.ID, client.Secret)
		}
	}
	for _, job := range scenario.Jobs {
		fmt.Fprintf(out, "job        %s\n", job.ID)
	}
}
