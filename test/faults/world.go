// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// World is what all lives share: an API server, and a manager binary.
type World struct {
	cluster     *harness.ControlPlane
	admin       client.WithWatch
	manager     string
	folder      string
	certificate tls.Certificate
	operator    *clientcmdapi.Config
	apiRoots    *x509.CertPool
	lives       atomic.Int64
}

// NewWorld starts a control plane with the operator's CRDs and permissions.
func NewWorld(ctx context.Context, manager string) (*World, error) {
	if _, err := os.Stat(manager); err != nil {
		return nil, fmt.Errorf("there is no manager to test: run 'make build', or set --manager: %w", err)
	}
	w := &World{manager: manager}
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(err, w.Stop())
	}
	return w, nil
}

func (w *World) start(ctx context.Context) error {
	var err error
	if w.folder, err = os.MkdirTemp("", "faults-"); err != nil {
		return err
	}
	if w.certificate, err = selfSigned(); err != nil {
		return err
	}
	if w.cluster, err = harness.StartControlPlane(""); err != nil {
		return err
	}
	if err := w.cluster.Install(ctx); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	if w.admin, err = client.NewWithWatch(w.cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	w.apiRoots = x509.NewCertPool()
	w.apiRoots.AppendCertsFromPEM(w.cluster.Config.CAData)
	kubeconfig, err := w.cluster.OperatorKubeconfig(ctx)
	if err != nil {
		return err
	}
	w.operator, err = clientcmd.LoadFromFile(kubeconfig)
	return err
}

// Stop ends what NewWorld started.
func (w *World) Stop() error {
	var err error
	if w.cluster != nil {
		err = w.cluster.Stop()
	}
	return errors.Join(err, os.RemoveAll(w.folder))
}

// apiProxy is a proxy to the API server that is not started yet.
func (w *World) apiProxy(record *Record, plan Plan) (*proxy, error) {
	peer, err := url.Parse(w.cluster.Config.Host)
	if err != nil {
		return nil, err
	}
	return &proxy{
		side: API, peer: peer, record: record, plan: plan,
		to: &http.Transport{
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: w.apiRoots}, ForceAttemptHTTP2: true, DisableCompression: true,
		},
	}, nil
}

// kubeconfig writes a kubeconfig of the operator's service account that leads to a proxy.
func (w *World) kubeconfig(name, server string) (string, error) {
	config := w.operator.DeepCopy()
	for _, cluster := range config.Clusters {
		cluster.Server = server
		cluster.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.certificate.Certificate[0]})
	}
	path := filepath.Join(w.folder, name+".kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// selfSigned makes the certificate of the proxies before the API server.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "fault proxy"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(7 * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
