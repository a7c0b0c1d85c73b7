// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// authority issues certificates.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	a := &authority{t: t, key: newKey(t)}
	a.certificate = sign(t, template, template, a.key, a.key)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// issue makes the configuration of a server with a certificate for loopback, after a change to it.
func (a *authority) issue(change func(*x509.Certificate)) *tls.Config {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	change(template)
	key := newKey(a.t)
	certificate := sign(a.t, template, a.certificate, key, a.key)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// file writes the authority's certificate for --ca-file.
func (a *authority) file() string {
	a.t.Helper()
	name := filepath.Join(a.t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return name
}

// TestTLSFaultsComeAndGo has a job that was seen running meet a Vectara whose TLS is wrong, in each way, and right again.
func TestTLSFaultsComeAndGo(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	unchanged := func(*x509.Certificate) {}
	right := ca.issue(unchanged)
	old := ca.issue(unchanged)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	var present atomic.Pointer[tls.Config]
	present.Store(right)

	s := emptyScene(t, simulator.Options{}, "--ca-file="+ca.file())
	target, err := url.Parse(s.vectara.URL())
	s.must(err)
	front := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(target))
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return present.Load(), nil }} // One is for TLS that is too old.
	front.StartTLS()
	t.Cleanup(front.Close)
	s.flags = append(s.flags, "--endpoint="+front.URL)
	s.vectara.AddAPIKey(apiKey, simulator.Access{})
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.startManager()
	s.job("job_a", "started")
	s.create("a", "job_a")
	before := s.awaitReason("a", v1alpha1.ConditionReady, "JobStarted")

	for _, wrong := range []struct {
		name, words string
		config      *tls.Config
	}{
		{"expired", "expired", ca.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })},
		{"not valid yet", "not yet valid", ca.issue(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })},
		{"of another host", "host name", ca.issue(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} })},
		{"of an unknown authority", "unknown authority", stranger.issue(unchanged)},
		{"of an old version of TLS", "TLS version", old},
	} {
		present.Store(wrong.config)
		front.CloseClientConnections()
		object := s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable")
		if c := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionSynced); !strings.Contains(c.Message, wrong.words) && !strings.Contains(c.Message, "connection") {
			t.Errorf("%s: the message is %q", wrong.name, c.Message)
		}
		if got := reasonOf(object, v1alpha1.ConditionReady); got != "JobStarted" || object.Status.State != before.Status.State {
			t.Errorf("%s: Ready is %s and the state %s, want both as they were", wrong.name, got, object.Status.State)
		}
		present.Store(right)
		s.awaitReason("a", v1alpha1.ConditionSynced, "Synced")
	}
	s.vectara.SetState("job_a", "completed", "")
	s.awaitReason("a", v1alpha1.ConditionReady, "JobCompleted")
}

func TestHostThatCannotBeLookedUp(t *testing.T) {
	s := emptyScene(t, simulator.Options{}, "--endpoint=https://vectara.invalid", "--request-timeout=2s")
	s.secret(v1alpha1.DefaultCredentialsSecretName, map[string]string{v1alpha1.APIKeyKey: apiKey})
	s.startManager()
	s.create("a", "job_a")
	transient("DNS", "APIUnavailable", "", nil).check(t, s.awaitReason("a", v1alpha1.ConditionSynced, "APIUnavailable"))
}
