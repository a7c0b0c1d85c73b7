// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/vectara-job-operator/vectara-job-operator/internal/plaintext"
	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// checkTimeout is how long Vectara may take to respond.
const checkTimeout = 15 * time.Second

// checkOptions say whether the credentials are tried first, and where.
type checkOptions struct {
	enabled       bool
	endpoint      string
	tokenURL      string
	allowInsecure bool
	caFile        string

	client *vectara.Client // made by validate
}

func (o *checkOptions) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.enabled, "check", false, "Try the credentials first, and store nothing that Vectara refuses.")
	flags.StringVar(&o.endpoint, "endpoint", vectara.DefaultEndpoint, "With --check: base URL of the Vectara API.")
	flags.StringVar(&o.tokenURL, "token-url", vectara.DefaultTokenURL, "With --check: URL that gives access tokens to OAuth 2.0 clients.")
	flags.BoolVar(&o.allowInsecure, "allow-insecure-endpoints", false, "With --check: admit http:// for both URLs. The credentials are sent in the clear.")
	flags.StringVar(&o.caFile, "ca-file", "", "With --check: PEM file of certificate authorities to trust besides the system's.")
}

// validate makes the client, so that a wrong URL is known before a key is typed.
func (o *checkOptions) validate() error {
	if !o.enabled {
		return nil
	}
	if !o.allowInsecure && (strings.HasPrefix(o.endpoint, "http://") || strings.HasPrefix(o.tokenURL, "http://")) {
		return errors.New("--endpoint, --token-url: http:// needs --allow-insecure-endpoints")
	}
	roots, err := o.roots()
	if err != nil {
		return err
	}
	o.client, err = vectara.NewClient(vectara.Options{
		Endpoint: o.endpoint, TokenURL: o.tokenURL, AllowInsecure: o.allowInsecure, RootCAs: roots, UserAgent: userAgent(),
	})
	if err != nil {
		return fmt.Errorf("--endpoint, --token-url: %w", err)
	}
	return nil
}

func (o *checkOptions) roots() (*x509.CertPool, error) {
	if o.caFile == "" {
		return nil, nil // The system's.
	}
	pem, err := os.ReadFile(o.caFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, flagError("ca-file", "certificates in PEM form")
	}
	return pool, nil
}

// run lists one job, of any kind.
func (o *checkOptions) run(ctx context.Context, credentials vectara.Credentials) error {
	if !o.enabled {
		return nil
	}
	defer o.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	_, err := o.client.NewSession(credentials, nil).ListJobs(ctx, vectara.ListQuery{Limit: 1})
	if err == nil {
		return nil
	}
	return fmt.Errorf("--check: %s, so nothing was stored: %s", meaning(err), plaintext.OneLine(withoutSecrets(err, credentials).Error()))
}

// meaning says what an error means for the credentials.
func meaning(err error) string {
	var refused *vectara.APIError
	var noToken *vectara.AuthError
	switch {
	case errors.As(err, &noToken):
		return "Vectara refused the client"
	case errors.As(err, &refused) && refused.StatusCode == http.StatusUnauthorized:
		return "Vectara refused the credentials"
	case errors.As(err, &refused) && refused.StatusCode == http.StatusForbidden:
		return "Vectara does not let these credentials list jobs"
	default:
		return "could not find out whether the credentials are good"
	}
}
