// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/vectara-job-operator/vectara-job-operator/internal/vectara"
)

// maxInput bounds what is read of a key or secret, in bytes: more than the longest that there can be.
const maxInput = 16 << 10

// secretSource is where the credentials come from.
type secretSource struct {
	apiKeyStdin       bool
	clientID          string
	clientSecretStdin bool
}

func (o *secretSource) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.apiKeyStdin, "api-key-stdin", false, "Read the API key from standard input.")
	flags.StringVar(&o.clientID, "client-id", "", "ID of an OAuth 2.0 client, whose secret is read instead of an API key.")
	flags.BoolVar(&o.clientSecretStdin, "client-secret-stdin", false, "Read the client's secret from standard input.")
}

func (o *secretSource) validate() error {
	switch {
	case o.apiKeyStdin && (o.clientID != "" || o.clientSecretStdin):
		return errors.New("--api-key-stdin: expected an API key or a client, not both")
	case o.clientSecretStdin && o.clientID == "":
		return errors.New("--client-secret-stdin: expected --client-id too")
	}
	return nil
}

// read reads the key or the secret, and checks what it can without a request.
func (o *secretSource) read(ctx context.Context, s *session) (vectara.Credentials, error) {
	var credentials vectara.Credentials
	what, flag, target := "Vectara API key", "api-key-stdin", &credentials.APIKey
	if o.clientID != "" {
		credentials.ClientID = o.clientID
		what, flag, target = "Client secret", "client-secret-stdin", &credentials.ClientSecret
	}
	text, err := o.readText(ctx, s, what, flag)
	if err != nil {
		return vectara.Credentials{}, err
	}
	*target = string(bytes.TrimSpace(text))
	if *target == "" {
		return vectara.Credentials{}, errors.New("nothing was typed or read")
	}
	return credentials, credentials.Validate()
}

func (o *secretSource) readText(ctx context.Context, s *session, what, flag string) ([]byte, error) {
	if o.apiKeyStdin || o.clientSecretStdin {
		text, err := io.ReadAll(io.LimitReader(s.Streams.In, maxInput+1))
		if err == nil && len(text) > maxInput {
			err = fmt.Errorf("--%s: expected at most %d bytes", flag, maxInput)
		}
		return text, err
	}
	if !s.Terminal.IsTerminal(s.Streams.In) {
		return nil, fmt.Errorf("standard input is not a terminal: expected --%s", flag)
	}
	text, err := s.Terminal.ReadSecret(ctx, s.Streams.In, func() { fmt.Fprintf(s.Streams.ErrOut, "%s (not shown): ", what) })
	fmt.Fprintln(s.Streams.ErrOut)
	return text, err
}
